import { addressText } from '../codecommit/address.ts'
import { type Lease, openLease, type LeaseParts as RuntimeParts } from '../runtime/lease.ts'
import type { Pair } from '../store/records.ts'
import type { ReplicaStore } from '../store/replicas.ts'

/** A worker that dies keeps others from its replica for so long at most. */
export const LEASE_MS = 60_000
/** Three tries for one lease. */
export const BEAT_MS = 15_000

export interface LeaseParts extends Omit<RuntimeParts, 'extend'> {
  readonly store: Pick<ReplicaStore, 'renewClaim'>
}

/**
 * Extends the claim of a replica until stopped.
 * @param until milliseconds since the epoch: to when the claim holds now
 */
export const holdLease = ({ store, ...parts }: LeaseParts, pair: Pair, claim: string, until: number): Lease =>
  openLease(
    { ...parts, extend: (next) => store.renewClaim(pair, claim, next) },
    { leaseMs: LEASE_MS, beatMs: BEAT_MS, until, facts: { replica: addressText(pair.replica), claim } },
  )
