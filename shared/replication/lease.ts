import { addressText } from '../codecommit/address.ts'
import { RelayError } from '../runtime/errors.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import type { Pair } from '../store/records.ts'
import type { ReplicaStore } from '../store/replicas.ts'

/** A worker that dies keeps others from its replica for so long at most. */
export const LEASE_MS = 60_000
/** Three tries for one lease. */
export const BEAT_MS = 15_000

export interface LeaseParts {
  readonly store: Pick<ReplicaStore, 'renewClaim'>
  readonly now: () => number
  /** waits this many milliseconds, or until the signal */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
  readonly log: Log
}

export interface Lease {
  /** aborted when the claim is lost, with a RelayError CLAIM_LOST as its reason */
  readonly signal: AbortSignal
  /** whether another holds the claim now; false when it only could not be extended */
  taken(): boolean
  /** the claim is not extended any more; resolves when nothing is under way */
  stop(): Promise<void>
}

/**
 * Extends a claim until stopped. When it is another's, or could not be extended until too near its end, whoever works under it
 * is told to stop.
 * @param until milliseconds since the epoch: to when the claim holds now
 */
export const holdLease = (parts: LeaseParts, pair: Pair, claim: string, until: number): Lease => {
  const over = new AbortController()
  const lost = new AbortController()
  let taken = false
  const beat = async (): Promise<void> => {
    let holds = until
    while (!over.signal.aborted && !lost.signal.aborted) {
      // an abort is how the pause ends when all is done
      await parts.pause(BEAT_MS, over.signal).catch(() => undefined)
      if (over.signal.aborted) return
      const next = parts.now() + LEASE_MS
      try {
        if (await parts.store.renewClaim(pair, claim, next)) holds = next
        else {
          taken = true
          lost.abort(lostClaim(pair))
        }
      } catch (error) {
        const replica = addressText(pair.replica)
        parts.log.warn('claim not extended', { replica, claim, ...describeFailure(error) })
        if (parts.now() + BEAT_MS >= holds) lost.abort(lostClaim(pair))
      }
    }
  }
  const beating = beat()
  return {
    signal: lost.signal,
    taken: () => taken,
    stop: async () => {
      over.abort()
      await beating
    },
  }
}

const lostClaim = ({ replica }: Pair): RelayError =>
  new RelayError('CLAIM_LOST', { replica: addressText(replica) })
