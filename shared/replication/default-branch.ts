import { addressText, type ReachableRepository, type RepositoryAddress } from '../codecommit/address.ts'
import type { RefMap } from '../git/refs.ts'
import { codeOf } from '../runtime/errors.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import type { RefUpdate } from './plan.ts'
import type { RefReader } from './prove.ts'
import type { DefaultBranchKeeper } from './relay/types.ts'

export interface DefaultBranchParts {
  readonly reader: RefReader
  readonly access: {
    describe(repository: ReachableRepository): Promise<{ readonly defaultBranch?: string } | undefined>
    /** false: the repository has no such branch */
    setDefaultBranch(repository: ReachableRepository, branch: string): Promise<boolean>
  }
  readonly log: Log
}

const HEADS = 'refs/heads/'
const full = (branch: string) => `${HEADS}${branch}`

/**
 * CodeCommit does not delete a repository's default branch (API Reference, DeleteBranch; of a push it is inferred), and a branch
 * must exist before it can be the default. Calls of the API are made only when heads are created or deleted. Who may not set the
 * default branch is told in the log, and the push goes on: the server's word decides over the one ref.
 */
export const keepDefaultBranch = (
  { reader, access, log }: DefaultBranchParts,
  { repository, replica }: { readonly repository: RepositoryAddress; readonly replica: ReachableRepository },
): DefaultBranchKeeper => {
  let settled = false

  const set = async (branch: string): Promise<boolean> => {
    try {
      return await access.setDefaultBranch(replica, branch)
    } catch (error) {
      if (codeOf(error) !== 'REMOTE_DENIED') throw error
      log.warn('default branch not set', {
        replica: addressText(replica),
        branch,
        allow: 'codecommit:UpdateDefaultBranch',
        ...describeFailure(error),
      })
      return false
    }
  }

  return {
    async beforeDeletion(refs) {
      if (!refs.some((ref) => ref.startsWith(HEADS))) return
      const current = (await access.describe(replica))?.defaultBranch
      if (current === undefined || !refs.includes(full(current))) return
      const wanted = (await access.describe(repository))?.defaultBranch
      const present = (await reader.readRefs(replica, 'replica')) ?? new Map<string, string>()
      const next = nextDefault(wanted, present, refs)
      settled = false
      if (next !== undefined) settled = (await set(next)) && next === wanted
    },
    async afterCreation() {
      if (settled) return
      const wanted = (await access.describe(repository))?.defaultBranch
      if (wanted === undefined) return
      const current = (await access.describe(replica))?.defaultBranch
      settled = current === wanted || (await set(wanted))
    },
  }
}

/**
 * Short name of the branch that becomes the default before these refs are deleted: the source's default where the replica has
 * it, else the first that stays. Undefined when none stays.
 */
export const nextDefault = (
  wanted: string | undefined,
  present: RefMap,
  going: readonly string[],
): string | undefined => {
  const stays = (ref: string) => present.has(ref) && !going.includes(ref)
  if (wanted !== undefined && stays(full(wanted))) return wanted
  const first = [...present.keys()].filter((ref) => ref.startsWith(HEADS) && stays(ref)).sort()[0]
  return first?.slice(HEADS.length)
}

/**
 * A push in parts: deletions of heads after everything else, where heads are created too. A renamed default branch must be there
 * under its new name before it can be the default, and only then may its old name go.
 */
export const deletionsApart = (batch: readonly RefUpdate[]): readonly (readonly RefUpdate[])[] => {
  const isHead = ({ ref }: RefUpdate) => ref.startsWith(HEADS)
  const last = batch.filter((update) => update.kind === 'delete' && isHead(update))
  if (last.length === 0 || !batch.some((update) => update.kind === 'create' && isHead(update))) return [batch]
  return [batch.filter((update) => !last.includes(update)), last]
}
