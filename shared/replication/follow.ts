import { addressText } from '../codecommit/address.ts'
import type { RepositoryEvent } from '../events/types.ts'
import { RelayError } from '../runtime/errors.ts'
import { describeFailure } from '../runtime/log.ts'
import { isUnsure } from '../runtime/run-task.ts'
import type { ReplicaRecord } from '../store/records.ts'
import type { Hint } from '../store/replicas.ts'
import type { Budget } from './budget.ts'
import { holdLease, LEASE_MS } from './lease.ts'
import { type Followed, type Held, type LookParts, look, type SoFar } from './look.ts'
import { type Replay, replayOf } from './moves.ts'
import type { Target } from './prove.ts'

export interface Work {
  readonly target: Target
  /** absent for requests */
  readonly hint?: Hint
  /** present: nothing but these asked for it */
  readonly events?: readonly RepositoryEvent[] | undefined
  /** of relay.yml: whether the relay is tried at all */
  readonly way: 'auto' | 'mirror'
  /** what a request asked for besides a look */
  readonly wishes: readonly ('force' | 'mirror')[]
  readonly reason: string
  readonly attempt: number
  readonly budget: Budget
  /** ids of the queue messages that asked for it */
  readonly messages: readonly string[]
}

export interface FollowParts extends LookParts {
  readonly id: () => string
}

/**
 * Brings one replica up to date: claims it, streams what differs, and hands over to a mirror what cannot be streamed.
 * @throws what the relay, the comparison or the start threw, after the claim was given back
 */
export const follow = async (parts: FollowParts, work: Work): Promise<Followed> => {
  const { store, now } = parts
  const { target, hint, wishes, reason, messages } = work
  if (hint) await store.noteHint(target, hint)
  for (const wish of wishes) await store.noteWish(target, wish)
  const before = await store.get(target)
  if (before?.status === 'failed' && work.attempt > 0 && !hint) return 'given-up'
  const claim = parts.id()
  const at = now()
  const attempt = Math.max(work.attempt, before?.failures ?? 0)
  const until = at + LEASE_MS
  const mine = { id: claim, until, now: at, attempt, reason, messages }
  const taken = await store.claim(target, mine, before?.claim)
  if (taken === 'dirty-marked') return 'claimed-elsewhere'
  const lease = holdLease(parts, target, claim, until)
  const held: Held = { claim, attempt, lease, lost: false }
  try {
    const wasEqual = before?.status === 'equal' && !before.claim
    return await settle(parts, work, held, wasEqual)
  } catch (error) {
    if (held.lost || lease.taken()) {
      parts.log.warn('claim lost', { replica: addressText(target.replica), claim, ...describeFailure(error) })
      return 'lost'
    }
    await lease.stop()
    await giveBack(parts, target, claim, error)
    throw error
  } finally {
    await lease.stop()
  }
}

/** What is in a record while something is open; a proof takes it all away. */
const OPEN = [
  'pending',
  'carried',
  'forced',
  'mirrorAsked',
  'refusal',
  'kept',
  'missingSince',
  'failure',
  'behind',
] as const satisfies readonly (keyof ReplicaRecord)[]

/**
 * What may be replayed where the last thing known of a replica is that it was equal, and nothing is open.
 * @param record read under the claim: others may have worked, and proven, between a look before it and the claim
 */
const replayOn = (record: ReplicaRecord, { events, target }: Work): Replay | undefined => {
  if (!events || !record.proof || OPEN.some((open) => record[open])) return undefined
  return replayOf(events, Date.parse(record.proof.at), target)
}

/** Looks until nobody asked for another look meanwhile, or time is up: the messages then come back. */
const settle = async (parts: FollowParts, work: Work, held: Held, wasEqual: boolean): Promise<Followed> => {
  const { store, now } = parts
  const { target, budget } = work
  const sofar: SoFar = { told: false }
  for (let looks = 0; looks === 0 || now() < budget.until; looks += 1) {
    if (looks > 0 && !(await store.clearDirty(target, held.claim))) return 'lost'
    const record = await store.get(target)
    if (record?.claim?.id !== held.claim) return 'lost'
    const replay = looks === 0 && wasEqual ? replayOn(record, work) : undefined
    const end = await look(parts, { work, held, record, sofar, replay })
    if (end.left === 'done') return end.as
    if (end.left === 'lost') return 'lost'
  }
  throw new RelayError('CLAIM_LOST', {
    replica: addressText(target.replica),
    problem: 'asked for all the time',
  })
}

/**
 * The failure that led here is what the caller must hear; a claim that cannot be given back ends by its time. A mirror that may
 * have been started keeps its claim: whoever takes that over starts the same again, which starts nothing twice.
 */
const giveBack = async (parts: FollowParts, target: Target, claim: string, why: unknown): Promise<void> => {
  if (isUnsure(why)) return
  try {
    await parts.store.releaseClaim(target, claim)
  } catch (error) {
    parts.log.error('claim not given back', {
      replica: addressText(target.replica),
      ...describeFailure(error),
    })
  }
}
