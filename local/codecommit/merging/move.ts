import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import type { MergeFacts } from '../events.ts'
import { moved } from '../moved.ts'
import { reject } from '../reject.ts'
import type { Repository } from '../repositories.ts'

/**
 * Moves a branch by compare and swap, then tells of it: event, triggers, date of change. The first branch of an empty repository becomes
 * its default.
 * @param move.from the tip that it must have; absent: it must not exist
 * @param move.merge what the event says of a merge
 * @throws ConcurrentReferenceUpdate when the branch is not where it should be; nothing has changed then
 */
export const moveBranch = async (
  context: Context,
  repository: Repository,
  call: Call,
  move: { branch: string; from?: string | undefined; to: string; merge?: MergeFacts },
): Promise<void> => {
  const { branch, from, to, merge } = move
  if (from === to) return
  const bare = bareOf(context, repository)
  const ref = `refs/heads/${branch}`
  if (from === undefined && (await bare.defaultBranch()) === undefined && (await bare.head()) !== branch) {
    // before the branch stands, so that no moment exists in which branches stand without a default
    await bare.setHead(branch)
  }
  try {
    await bare.moveRef(ref, from, to)
  } catch (cause) {
    if ((await bare.tip(ref)) === from) throw cause
    reject('ConcurrentReferenceUpdate', `The branch ${branch} has been changed meanwhile. Try again.`)
  }
  await moved(context, repository, call, {
    ref,
    ...(from && { old: from }),
    new: to,
    ...(merge && { merge }),
  })
}
