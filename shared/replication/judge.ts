import type { Paced, Proof, ReplicaRecord } from '../store/records.ts'
import type { Comparison } from './prove.ts'
import { isSettled } from './refused.ts'

/** What a look at both sides found. `skipped`: its server had just failed for others, and was not asked. */
export type Look = Comparison | { readonly kind: 'unread'; readonly code: string; readonly skipped: boolean }

/** What the sweep makes of it. `ask`: work for replicate; `pace`: to be remembered about that. */
export type Sight = { readonly pace?: Paced } & (
  | { readonly kind: 'equal'; readonly ask: boolean; readonly news?: Proof }
  /** `suspect`: its event may be on its way, so ask and tell only after a while */
  | { readonly kind: 'different'; readonly ask: boolean; readonly suspect: boolean; readonly refs: number }
  | { readonly kind: 'source-missing' }
  | { readonly kind: 'unread'; readonly ask: boolean; readonly code: string; readonly skipped: boolean }
)

export interface Known {
  readonly record: ReplicaRecord | undefined
  /** somebody works on it */
  readonly held: boolean
  /** relay.yml says to leave refs that somebody else moved */
  readonly keeps: boolean
  /** milliseconds since the epoch */
  readonly now: number
}

/** As long as replicate's own tries take before they end in the dead-letter queue: five, six minutes apart. */
export const FIRST_PAUSE_MS = 30 * 60_000
export const LONGEST_PAUSE_MS = 24 * 3600_000

/** The sweep's decision about one replica. */
export const judge = (look: Look, known: Known): Sight => {
  if (look.kind === 'source-missing') return look
  if (look.kind === 'unread') return judgeUnread(look, known)
  const { record, held, keeps } = known
  if (look.kind === 'different') {
    const refs = look.updates.length
    const isKnown = isSettled(record, look.updates)
    // a person has been asked about this very plan, or relay.yml says to leave it
    if (isKnown && (record?.status !== 'kept' || keeps))
      return { kind: 'different', ask: false, suspect: false, refs }
    // while somebody is at it, a request makes sure of one more look at the end
    if (held) return { kind: 'different', ask: true, suspect: false, refs }
    // relay.yml does not say to leave it any more: no event was missed
    const suspect = !isKnown && record?.behind === undefined
    if (!record?.failure) return { kind: 'different', ask: true, suspect, refs }
    return { kind: 'different', suspect, refs, ...paced('different', known) }
  }
  if (held) return { kind: 'equal', ask: false }
  // a stale claim must be taken over, and a mirror's success told: replicate does both
  if (record?.claim || record?.pending) return { kind: 'equal', ask: true }
  return isNews(record, look.proof)
    ? { kind: 'equal', ask: false, news: look.proof }
    : { kind: 'equal', ask: false }
}

/**
 * A side that cannot be read is asked for too, with growing pauses: replicate's retries, dead-letter queue and `Mirror Failed` take it
 * further. One refusal for throttling is left to the next sweep.
 */
const judgeUnread = (look: Extract<Look, { kind: 'unread' }>, known: Known): Sight => {
  if (look.skipped) return { ...look, ask: false }
  if (look.code === 'REMOTE_THROTTLED' && !known.record?.paced) {
    return { ...look, ask: false, pace: { asks: 0, until: known.now, over: 'unread' } }
  }
  return { ...look, ...paced('unread', known) }
}

/** Asks now, or not before the pause is over. What could not be read and now can is asked for at once. */
const paced = (over: Paced['over'], { record, now }: Known): { ask: boolean; pace?: Paced } => {
  const before = record?.paced
  const readable = before?.over === 'unread' && over === 'different'
  if (before && now < before.until && !readable) return { ask: false }
  const asks = (before?.asks ?? 0) + 1
  return { ask: true, pace: { asks, until: now + pauseAfter(asks), over } }
}

/** Milliseconds until the next request, after so many in vain. */
const pauseAfter = (asks: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (asks - 1))

const isNews = (record: ReplicaRecord | undefined, proof: Proof): boolean =>
  record?.status !== 'equal' ||
  record.proof?.digest !== proof.digest ||
  record.waitingSince !== undefined ||
  // written by a version that did not keep it
  record.equalSince === undefined ||
  record.paced !== undefined
