import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { Target } from '../../shared/replication/prove.ts'
import type { Claim } from '../../shared/store/records.ts'
import type { ReplicaStore } from '../../shared/store/replicas.ts'

/** The end of the year 9999: until it is given back. */
const FOR_GOOD = 253_402_300_799_000
/** A worker that has read which way round a repository goes lives no longer: 15 minutes is Lambda's limit. */
const STALE_MS = 20 * 60_000
const LOOK_AGAIN_MS = 1_000

export interface HoldParts {
  readonly store: Pick<ReplicaStore, 'claim' | 'get' | 'renewClaim' | 'releaseClaim' | 'expireClaim'>
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly id: () => string
  readonly signal: AbortSignal
}

/**
 * Holds of a repository that changes places are claims without an end. Workers that still believe in the old direction find it taken
 * and leave it alone, so that none of them overwrites the new source with the old one. They are known by their message, by which
 * a later call takes them over.
 */
export const holdMessage = (origin: RepositoryAddress): string => `${HOLD}${addressText(origin)}`

const HOLD = 'direction of '

/**
 * What is to be said of a claim that a failover or failback holds; nobody else's ends by waiting alone, for who holds it may have been
 * killed.
 * @param name of the repository
 * @returns undefined for any other claim
 */
export const holdText = (claim: Claim | undefined, name: string): string | undefined => {
  if (!claim?.messages.some((message) => message.startsWith(HOLD))) return undefined
  if (claim.until < FOR_GOOD)
    return `held after a ${claim.reason} until ${new Date(claim.until).toISOString()}, and then free by itself`
  const [on, back] = [`relay failover ${name} --to REGION`, `relay failback ${name}`]
  const [resume, giveUp] = claim.reason.startsWith('failback') ? [back, on] : [on, back]
  return `held by ${claim.reason}; if that was killed, ${resume} --resume goes on with it and ${giveUp} takes it back`
}

const isHold = (claim: Claim | undefined, origin: RepositoryAddress): claim is Claim =>
  claim?.messages.includes(holdMessage(origin)) ?? false

/**
 * Holds one replica, after whoever is at it has finished.
 * @param wait called while somebody is; `take`: they are known to be gone
 * @returns id of the claim
 */
export const hold = async (
  { store, now, pause, id, signal }: HoldParts,
  target: Target,
  origin: RepositoryAddress,
  reason: string,
  wait: (claim: Claim | undefined) => 'wait' | 'take',
): Promise<string> => {
  const mine = id()
  for (;;) {
    signal.throwIfAborted()
    const at = now()
    const claim = { id: mine, until: FOR_GOOD, now: at, attempt: 0, reason, messages: [holdMessage(origin)] }
    if ((await store.claim(target, claim)) === 'claimed') return mine
    const holder = (await store.get(target))?.claim
    if (wait(holder) === 'take' && holder) await store.expireClaim(target, holder.id)
    else await pause(LOOK_AGAIN_MS)
  }
}

/** Gives it back at once, if it is held. */
export const release = async (
  { store }: Pick<HoldParts, 'store'>,
  target: Target,
  origin: RepositoryAddress,
): Promise<void> => {
  const claim = (await store.get(target))?.claim
  if (isHold(claim, origin)) await store.releaseClaim(target, claim.id)
}

/** Lets it end by itself, when nobody who believes in this direction can be at work any more. */
export const releaseLater = async (
  { store, now }: Pick<HoldParts, 'store' | 'now'>,
  target: Target,
  origin: RepositoryAddress,
): Promise<void> => {
  const claim = (await store.get(target))?.claim
  if (isHold(claim, origin)) await store.renewClaim(target, claim.id, now() + STALE_MS)
}
