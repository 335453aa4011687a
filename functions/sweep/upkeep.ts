import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { describeFailure, type Log } from '../../shared/runtime/log.ts'
import type { RepositoryTargets } from './sweep.ts'

/** What the sweep looks after besides refs, a little each time. */
export interface Upkeep {
  /** brings in step what of these replicas is no ref: default branch, description, tags, templates */
  readonly syncSettings?: (repository: RepositoryAddress, targets: readonly Target[]) => Promise<unknown>
  /** removes parked tips whose time is over; one bounded piece of work */
  readonly expireParked?: () => Promise<unknown>
}

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
    if (!hasTime()) return
    try {
      await syncSettings(repository, targets)
    } catch (error) {
      log.error('settings not synced', { repository: addressText(repository), ...describeFailure(error) })
    }
  }
}

/** Once with every sweep. */
export const afterBegin = async ({ expireParked }: Upkeep, log: Log): Promise<void> => {
  try {
    await expireParked?.()
  } catch (error) {
    log.error('parked tips not expired', describeFailure(error))
  }
}
