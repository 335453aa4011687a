import { createHash } from 'node:crypto'
import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import { type Own, replicasOf, ruleTags } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import type { GitClient } from '../../shared/git/types.ts'
import { expireParked } from '../../shared/replication/guard/expire.ts'
import type { Emit } from '../../shared/replication/ports.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { syncReplicas } from '../../shared/replication/repository-settings.ts'
import { describeFailure, type Log } from '../../shared/runtime/log.ts'
import { openParked } from '../../shared/store/parked.ts'
import { openSettings } from '../../shared/store/settings.ts'
import type { Table } from '../../shared/store/table.ts'
import type { RepositoryTargets } from './sweep.ts'

/** What the sweep looks after besides refs, a little each time. */
export interface Upkeep {
  /** brings in step what of these replicas is no ref: default branch, description, tags, templates */
  readonly syncSettings?: (
    repository: RepositoryAddress,
    targets: readonly Target[],
    log: Log,
  ) => Promise<unknown>
  /** removes parked tips whose time is over; one bounded piece of work */
  readonly expireParked?: (hasTime: () => boolean, log: Log) => Promise<unknown>
}

export interface UpkeepParts {
  readonly config: Config
  readonly own: Own
  readonly codecommit: CodeCommitAccess
  readonly git: GitClient
  readonly table: Table
  readonly emit: Emit
  readonly now: () => number
}

export const upkeepWith = ({ config, own, codecommit, git, table, emit, now }: UpkeepParts): Upkeep => ({
  syncSettings: (repository, targets, log) => {
    const settings = openSettings(table)
    const parts = { access: codecommit, settings, emit, ruleTags: ruleTags(config), log }
    return syncReplicas(parts, repository, targets)
  },
  expireParked: (hasTime, log) =>
    expireParked(
      {
        git,
        hasTime,
        log,
        remote: (repository) => codecommit.gitRemote(repository),
        repositories: codecommit,
        parked: openParked(table),
        reach: (repository, replica) =>
          replicasOf(config, repository, own, 'any').find((one) => sameAddress(one.replica, replica))
            ?.replica,
      },
      now(),
    ),
})

/** Replicas whose settings are looked at in one slice, by and large: each costs several calls. */
const SETTINGS_PER_SLICE = 10

/**
 * The repositories of a slice whose turn it is. By the number of the sweep, without anything to remember: each has its turn once in
 * as many sweeps as it takes to get round; a turn that was missed comes again.
 * @param round number of the sweep
 */
export const turnOf = (
  repositories: readonly RepositoryTargets[],
  round: number,
  perSlice: number = SETTINGS_PER_SLICE,
): readonly RepositoryTargets[] => {
  const replicas = repositories.reduce((sum, { targets }) => sum + targets.length, 0)
  const rounds = Math.max(1, Math.ceil(replicas / perSlice))
  return repositories.filter(
    ({ repository }) => numberOf(addressText(repository)) % rounds === round % rounds,
  )
}

const numberOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE()

/** Failures are logged: no ref waits for settings. */
export const afterSlice = async (
  { syncSettings }: Upkeep,
  looked: readonly RepositoryTargets[],
  { round, hasTime, log }: { readonly round: number; readonly hasTime: () => boolean; readonly log: Log },
): Promise<void> => {
  if (!syncSettings) return
  for (const { repository, targets } of turnOf(looked, round)) {
    const [first] = targets
    if (!hasTime() || !first) return
    try {
      // the source as it is now: not the one that is listed, after a failover
      await syncSettings(first.repository, targets, log)
    } catch (error) {
      log.error('settings not synced', { repository: addressText(repository), ...describeFailure(error) })
    }
  }
}

/** Once with every sweep. */
export const afterBegin = async (
  upkeep: Upkeep,
  { hasTime, log }: { readonly hasTime: () => boolean; readonly log: Log },
): Promise<void> => {
  try {
    await upkeep.expireParked?.(hasTime, log)
  } catch (error) {
    log.error('parked tips not expired', describeFailure(error))
  }
}
