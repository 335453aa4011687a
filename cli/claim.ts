import { addressText } from '../shared/codecommit/address.ts'
import { holdLease, LEASE_MS } from '../shared/replication/lease.ts'
import type { Target } from '../shared/replication/prove.ts'
import { RelayError } from '../shared/runtime/errors.ts'
import type { Claim } from '../shared/store/records.ts'
import type { ReplicaStore } from '../shared/store/replicas.ts'
import { underLease } from './lease.ts'

const LOOK_AGAIN_MS = 1_500

export interface ClaimParts {
  readonly store: Pick<ReplicaStore, 'claim' | 'get' | 'renewClaim' | 'releaseClaim'>
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly id: () => string
  /** ends the waiting and the work */
  readonly signal: AbortSignal
}

export interface ClaimWish {
  readonly target: Target
  /** told to whoever finds the claim */
  readonly reason: string
  /** milliseconds to wait for whoever holds it, by their claim */
  readonly patience: (claim: Claim | undefined) => number
  /** while somebody else holds it; called with their claim */
  readonly onWait?: (claim: Claim | undefined) => void
}

/**
 * Works on one replica while nobody else may: the functions of the stack keep off, and note that somebody wanted it. The claim is kept
 * for as long as the work takes, and given back at its end unless the work has closed it.
 * @param work gets the claim's id, and a signal that ends it when it is told to stop or the claim was lost
 * @throws RelayError CLAIM_LOST when somebody else holds it for longer than there is patience, or took it over; what `work` throws
 */
export const underClaim = async <T>(
  parts: ClaimParts,
  wish: ClaimWish,
  work: (id: string, signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const { store, now } = parts
  const { target } = wish
  const id = await take(parts, wish)
  return underLease(
    parts.signal,
    (keeping) => holdLease({ store, now, ...keeping }, target, id, now() + LEASE_MS),
    (signal) => work(id, signal),
    // nothing to give back when the work closed it
    () => store.releaseClaim(target, id),
  )
}

const take = async (parts: ClaimParts, { target, reason, patience, onWait }: ClaimWish): Promise<string> => {
  const { store, now, pause } = parts
  const id = parts.id()
  const begun = now()
  for (;;) {
    parts.signal.throwIfAborted()
    const at = now()
    const claim = { id, until: at + LEASE_MS, now: at, attempt: 0, reason, messages: [] }
    if ((await store.claim(target, claim)) === 'claimed') return id
    const holder = (await store.get(target))?.claim
    if (now() - begun > patience(holder)) {
      throw claimLost(target, holder?.reason ?? 'unknown', holder?.until)
    }
    onWait?.(holder)
    await pause(LOOK_AGAIN_MS)
  }
}

const claimLost = (target: Target, reason: string, until?: number): RelayError =>
  new RelayError('CLAIM_LOST', {
    replica: addressText(target.replica),
    reason,
    until: until === undefined ? undefined : new Date(until).toISOString(),
  })
