import { addressText, type ReachableRepository, type RepositoryAddress } from '../codecommit/address.ts'
import type { RefMap } from '../git/refs.ts'
import type { GitClient, GitRemote } from '../git/types.ts'
import { codeOf } from '../runtime/errors.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import type { RefUpdate } from './plan.ts'
import type { DefaultBranchKeeper } from './relay/types.ts'
import { commandFor, isTemporaryDefault, temporaryDefault } from './temporary-default.ts'

export interface DefaultBranchParts {
  readonly git: Pick<GitClient, 'advertise' | 'push'>
  readonly access: {
    describe(repository: ReachableRepository): Promise<{ readonly defaultBranch?: string } | undefined>
    /** false: the repository has no such branch */
    setDefaultBranch(repository: ReachableRepository, branch: string): Promise<boolean>
    gitRemote(repository: ReachableRepository): GitRemote
  }
  readonly log: Log
}

const HEADS = 'refs/heads/'
const full = (branch: string) => `${HEADS}${branch}`
/** For one look at the replica, or one push of one ref. */
const PATIENCE_MS = 30_000
const patience = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) })

/**
 * CodeCommit does not delete a repository's default branch (API Reference, DeleteBranch; of a push it is inferred), and a branch
 * must exist before it can be the default. Where none stays, a temporary one takes its place until the wanted one is there. Calls
 * of the API are made only when heads are created or deleted. Who may not set the default branch is told in the log, and the push
 * goes on: the server's word decides over the one ref.
 */
export const keepDefaultBranch = (
  { git, access, log }: DefaultBranchParts,
  { repository, replica }: { readonly repository: RepositoryAddress; readonly replica: ReachableRepository },
): DefaultBranchKeeper => {
  let settled = false
  /** what a temporary default holds, and what the replica's server can do */
  let held: { readonly oid: string; readonly offered: readonly string[] } | undefined

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

  /** A push of one ref: it needs no right that the push of the others does not need. */
  const push = async (what: 'make' | 'remove', { oid, offered }: NonNullable<typeof held>): Promise<void> => {
    const command = commandFor(what, oid)
    const report = await git.push(access.gitRemote(replica), { commands: [command], offered }, patience())
    const result = report?.refs.get(command.ref)
    const facts = { replica: addressText(replica), what, ref: command.ref }
    if (result?.kind === 'refused') log.warn('temporary default branch refused', { ...facts, ...result })
    else log.info('temporary default branch', facts)
  }

  const holdPlace = async (oid: string, offered: readonly string[]): Promise<void> => {
    held = { oid, offered }
    await push('make', held)
    if (await set(temporaryDefault(oid))) return
    await push('remove', held)
    held = undefined
  }

  return {
    async beforeDeletion(refs) {
      if (!refs.some((ref) => ref.startsWith(HEADS))) return
      const current = (await access.describe(replica))?.defaultBranch
      if (current === undefined || !refs.includes(full(current))) return
      const wanted = (await access.describe(repository))?.defaultBranch
      const there = await git.advertise(access.gitRemote(replica), 'git-receive-pack', patience())
      const present: RefMap = there?.refs ?? new Map<string, string>()
      const next = nextDefault(wanted, present, refs)
      settled = false
      if (next !== undefined) settled = (await set(next)) && next === wanted
      else {
        const tip = present.get(full(current))
        // one that already holds the place has nothing to wait for: what was to come was refused
        if (tip === undefined || isTemporaryDefault(full(current), tip)) return
        await holdPlace(tip, there?.capabilities ?? [])
      }
    },
    async afterCreation() {
      if (!settled) {
        const wanted = (await access.describe(repository))?.defaultBranch
        if (wanted === undefined) return
        const current = (await access.describe(replica))?.defaultBranch
        settled = current === wanted || (await set(wanted))
      }
      if (!settled || held === undefined) return
      await push('remove', held)
      held = undefined
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
