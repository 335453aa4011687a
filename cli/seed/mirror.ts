import { plainAddress } from '../../shared/codecommit/address.ts'
import type { ReplicationRequest } from '../../shared/events/types.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { isLive } from '../../shared/store/records.ts'
import type { ReplicaStore } from '../../shared/store/replicas.ts'
import { holdText } from '../failover/hold.ts'
import { HOLD_PATIENCE_MS, type Progress } from './replica.ts'
import type { SeedRow } from './row.ts'

const LOOK_AGAIN_MS = 2_000
/** A request that nobody takes up for so long has come to nothing: a broken queue, a function that fails. */
const TAKEN_WITHIN_MS = 10 * 60_000

export interface MirrorParts {
  readonly store: Pick<ReplicaStore, 'get' | 'noteWish'>
  /** a plan that loses much is meant */
  readonly force: boolean
  /** puts it into the replicate queue */
  readonly ask: (
    request: Pick<ReplicationRequest, 'repository' | 'replica' | 'reason' | 'attempt' | 'by'>,
  ) => Promise<void>
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly signal: AbortSignal
}

/**
 * Asks the stack for a mirror of one replica, and watches the table until it is proven or given up. Ctrl-C ends the watching alone.
 * @throws RelayError of the queue or the table
 */
export const mirrorReplica = async (
  parts: MirrorParts,
  target: Target,
  reason: string,
  progress: Progress,
): Promise<SeedRow> => {
  const { store, now } = parts
  const begun = now()
  const [repository, replica] = [plainAddress(target.repository), plainAddress(target.replica)]
  const row = (rest: Pick<SeedRow, 'result'> & Partial<SeedRow>): SeedRow => ({
    repository,
    replica,
    way: 'mirror',
    bytes: 0,
    milliseconds: now() - begun,
    ...rest,
  })
  const before = await store.get(target)
  if (parts.force) await store.noteWish(target, 'force')
  await parts.ask({ repository, replica, reason, attempt: 0, by: 'mirror' })
  let takenUp = begun
  let freeSince = begun
  for (;;) {
    if (parts.signal.aborted) return row({ result: 'stopped', reason: 'the mirror goes on by itself' })
    const record = await store.get(target)
    if (record?.proof && record.proof.at !== before?.proof?.at)
      return row({ result: 'seeded', refs: record.proof.refs })
    if (record?.failure && record.failure.at !== before?.failure?.at) {
      const { code, reason: why, attempts } = record.failure
      return row({ result: 'failed', reason: `${code} after ${attempts} runs: ${why}` })
    }
    if (record?.refusal && record.refusal.at !== before?.refusal?.at)
      return row({
        result: 'refused',
        reason: `${record.refusal.reason}; if that is meant: relay seed ${repository.name} --force --mirror`,
      })
    if (record?.kept && record.kept.at !== before?.kept?.at)
      return row({ result: 'kept', reason: `${record.kept.refs} refs are left as they are` })
    if (record?.missingSince && record.missingSince !== before?.missingSince)
      return row({ result: 'failed', reason: 'the source repository does not exist any more' })
    const claim = record?.claim
    const live = isLive(claim, now())
    const held = live ? holdText(claim, repository.name) : undefined
    if (held === undefined) freeSince = now()
    if (held !== undefined && now() - freeSince > HOLD_PATIENCE_MS)
      return row({ result: 'failed', reason: held })
    if (live || (record?.failures ?? 0) > 0) takenUp = now()
    if (now() - takenUp > TAKEN_WITHIN_MS)
      return row({ result: 'failed', reason: 'no function took the request up: look at the replicate queue' })
    progress.phase(
      held ?? (live ? (claim?.task === undefined ? 'mirror starts' : 'mirror runs') : 'asked for a mirror'),
    )
    // Ctrl-C ends the pause; the loop says so
    await parts.pause(LOOK_AGAIN_MS).catch(() => undefined)
  }
}
