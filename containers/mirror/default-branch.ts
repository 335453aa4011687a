import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import type { ReachableRepository } from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'

/** The replica's default branch on its way to the source's. */
export interface DefaultBranch {
  /** makes the wanted branch the default, as soon as the replica has it */
  settle(): Promise<void>
  /** a batch in parts, so that the present default is deleted by itself, after what came in its batch */
  setApart(batch: readonly RefUpdate[]): readonly (readonly RefUpdate[])[]
  /** before a push that deletes the present default: another branch that stays becomes the default */
  leave(batch: readonly RefUpdate[], updates: readonly RefUpdate[]): Promise<void>
  /** these refs have moved */
  moved(updates: readonly RefUpdate[]): void
}

const full = (branch: string) => `refs/heads/${branch}`

/**
 * CodeCommit does not delete a repository's default branch (API Reference, DeleteBranch; of a push it is inferred), and a
 * branch must exist before it can be the default.
 * @param wanted short name of the source's default branch; undefined while the source has none
 */
export const defaultBranchOf = async (
  replica: ReachableRepository,
  wanted: string | undefined,
  replicaRefs: RefMap,
  access: Pick<CodeCommitAccess, 'describe' | 'setDefaultBranch'>,
): Promise<DefaultBranch> => {
  const present = new Set(replicaRefs.keys())
  let current = (await access.describe(replica))?.defaultBranch

  const set = async (branch: string) => {
    await access.setDefaultBranch(replica, branch)
    current = branch
  }
  const deletesDefault = ({ kind, ref }: RefUpdate) =>
    kind === 'delete' && current !== undefined && ref === full(current)

  return {
    async settle() {
      if (wanted !== undefined && wanted !== current && present.has(full(wanted))) await set(wanted)
    },
    setApart(batch) {
      const apart = batch.filter(deletesDefault)
      const rest = batch.filter((update) => !deletesDefault(update))
      return [rest, apart].filter((part) => part.length > 0)
    },
    async leave(batch, updates) {
      if (!batch.some(deletesDefault)) return
      const going = new Set(updates.filter(({ kind }) => kind === 'delete').map(({ ref }) => ref))
      const stays = [...present].filter((ref) => ref.startsWith('refs/heads/') && !going.has(ref)).sort()[0]
      // With none that stays, the push is tried as it is: the server's word decides.
      if (stays !== undefined) await set(stays.slice('refs/heads/'.length))
    },
    moved(updates) {
      for (const { kind, ref } of updates) {
        if (kind === 'delete') present.delete(ref)
        else present.add(ref)
      }
    },
  }
}
