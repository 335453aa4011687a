import type { Bare } from '../bare.ts'
import type { Context } from '../context.ts'
import type { Change } from '../events.ts'
import { parseRef } from '../refs.ts'
import type { Taken } from './feed-push.ts'
import type { Verdict } from './judge-push.ts'
import { type Command, ZERO_OID } from './push-commands.ts'
import type { Visit } from './visit.ts'

/** Names of the branches that updates bring into being or move. */
export const createdBranches = (updates: readonly { ref: string; target: string | undefined }[]): string[] =>
  updates.flatMap(({ ref, target }) => {
    const name = parseRef(ref)
    return name?.type === 'branch' && target !== undefined && target !== ZERO_OID ? [name.short] : []
  })

/** What git said of a command: undefined is ok. */
export const outcome = ({ report }: Taken, command: Command): string | undefined => {
  if (report === undefined || !report.refs.has(command.bytes)) return 'git did not report on this ref'
  return report.refs.get(command.bytes)
}

/** What really moved: reported ok, different from before, and for a deletion: it was there. */
export const changesOf = ({ accepted }: Verdict, taken: Taken, refs: ReadonlyMap<string, string>): Change[] =>
  accepted.flatMap((command) => {
    const { ref } = command
    if (ref === undefined || outcome(taken, command) !== undefined) return []
    if (command.old === command.new || (command.new === ZERO_OID && !refs.has(ref))) return []
    return [
      {
        ref,
        ...(command.old !== ZERO_OID && { old: command.old }),
        ...(command.new !== ZERO_OID && { new: command.new }),
      },
    ]
  })

/** Default branch of a first push, date of change, events, triggers, housekeeping. */
export const conclude = async (
  context: Context,
  bare: Bare,
  { repository, caller }: Visit,
  changes: readonly Change[],
): Promise<void> => {
  if (changes.length === 0) return
  const [branch] = createdBranches(changes.map(({ ref, new: target }) => ({ ref, target })))
  if (branch !== undefined && (await bare.defaultBranch()) === undefined) await bare.setHead(branch)
  const now = context.repositories.update(repository, { modifiedAt: context.parts.now() })
  if (now !== undefined) await context.announce(now, caller, changes)
  context.maintenance.pushed(bare.directory, changes.length)
}
