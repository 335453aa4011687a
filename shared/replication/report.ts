import { addressText, plainAddress } from '../codecommit/address.ts'
import type { Way } from '../events/types.ts'
import type { Code } from '../runtime/errors.ts'
import type { LastWay, Pair, Proof, RefCounts, Refusal, ReplicaRecord } from '../store/records.ts'
import { type Left, replicaKey } from '../store/replicas.ts'
import type { Parts } from './ports.ts'
import { lossDigest, planDigest } from './refused.ts'
import type { Draft, Verdict } from './relay/types.ts'
import { hasOwnStep, nextStepOf } from './retry.ts'

/** How long a failure that was told is remembered: as long as SQS may keep a message that failed with it. */
const TOLD_SECONDS = 14 * 24 * 3600
const TELL_LEASE_SECONDS = 60

export interface Told {
  readonly proof: Proof
  readonly counts: RefCounts
  readonly way: Way
  readonly wayReason: string
  /** why the work was begun */
  readonly reason: string
  /** milliseconds since the epoch: the oldest event that this proof is the first to cover; absent when none announced it */
  readonly since?: number | undefined
}

/**
 * Tells the bus that work was proven. Call before the claim is closed: killed in between, it is told twice rather than never.
 */
export const tellUpdated = async (
  { emit, meter }: Pick<Parts, 'emit' | 'meter'>,
  { repository, replica }: Pair,
  { proof, counts, way, wayReason, reason, since }: Told,
): Promise<void> => {
  const lag = since === undefined ? undefined : Math.max(0, Date.parse(proof.at) - since)
  await emit('Replica Updated', {
    repository: plainAddress(repository),
    replica: plainAddress(replica),
    refs: proof.refs,
    created: counts.created,
    updated: counts.updated,
    deleted: counts.deleted,
    digest: proof.digest,
    ...(lag === undefined ? {} : { replicaLagMs: lag }),
    way,
    wayReason,
    reason,
    provenAt: proof.at,
  })
  meter.put('ReplicasUpdated', 1, 'Count', { Way: way })
}

/** From the oldest event that nothing covered until now to the proof: work or no work, that is how far the replica was behind. */
export const measureLag = (
  { meter }: Pick<Parts, 'meter'>,
  { replica }: Pair,
  proof: Proof,
  since: number | undefined,
): void => {
  if (since === undefined) return
  meter.put('ReplicaLag', Math.max(0, Date.parse(proof.at) - since), 'Milliseconds', {
    ReplicaRegion: replica.region,
  })
}

/** Tells the bus of what earlier work changed and nobody told, with the proof that covers it. */
export const tellPending = async (
  parts: Pick<Parts, 'emit' | 'meter'>,
  record: ReplicaRecord | undefined,
  proof: Proof,
  reason: string,
): Promise<boolean> => {
  if (!record?.pending) return false
  const { pending, waitingSince } = record
  const { way = 'mirror', wayReason = reason } = pending
  await tellUpdated(parts, record, { proof, counts: pending, way, wayReason, reason, since: waitingSince })
  return true
}

/** What the record says made the sides equal; undefined: nothing was changed since the last proof. */
export const lastWayOf = (
  record: Pick<ReplicaRecord, 'pending'> | undefined,
  reason: string,
): LastWay | undefined =>
  record?.pending && {
    way: record.pending.way ?? 'mirror',
    reason: record.pending.wayReason ?? reason,
  }

/**
 * Tells the bus, once for each loss, that a plan was refused. Call before it is noted: killed in between, it is told twice rather
 * than never.
 */
export const tellRefused = async (
  { emit, now }: Pick<Parts, 'emit' | 'now'>,
  pair: Pair,
  known: Refusal | undefined,
  refused: { readonly draft: Draft; readonly verdict: Extract<Verdict, { kind: 'refuse' }> },
): Promise<Refusal> => {
  const { draft, verdict } = refused
  const { deletions, rewinds, reason } = verdict
  const loss = lossDigest(draft.losing)
  if (known?.loss !== loss) {
    await emit('Plan Refused', {
      repository: plainAddress(pair.repository),
      replica: plainAddress(pair.replica),
      deletions,
      rewinds,
      refs: draft.replica.size,
      reason,
      nextStep: nextStepOf('PLAN_REFUSED', pair.repository.name),
    })
  }
  const at = known?.loss === loss ? known.at : new Date(now()).toISOString()
  return { plan: planDigest(draft.updates), loss, deletions, rewinds, reason, at }
}

/**
 * Tells the bus, once for each loss, that the source is gone.
 * @returns since when it is, ISO 8601
 */
export const tellSourceMissing = async (
  { emit, now }: Pick<Parts, 'emit' | 'now'>,
  pair: Pair,
  missingSince: string | undefined,
): Promise<string> => {
  if (missingSince !== undefined) return missingSince
  await emit('Source Missing', {
    repository: plainAddress(pair.repository),
    replica: plainAddress(pair.replica),
    nextStep: nextStepOf('SOURCE_MISSING', pair.repository.name),
  })
  return new Date(now()).toISOString()
}

export interface GivingUp {
  readonly code: Code
  readonly reason: string
  /** mirror runs, or tries of the message, in all */
  readonly attempts: number
  /** closed with it; `evenDirty`: whoever marked it is served by a request that will be seen after this */
  readonly claim?: { readonly id: string; readonly evenDirty: boolean }
}

/** Reason of the work that the sweep asks for; it comes again with every sweep. */
export const SWEEP_REASON = 'sweep'

/**
 * Tells the bus that Relay gave up, and notes it. One cause makes several messages, the mirror and each sweep fail: people are told
 * once, until the replica was proven equal again or ended in another way, and once more where there is something else to do.
 */
export const giveUp = async (parts: Parts, pair: Pair, failure: GivingUp): Promise<Left> => {
  const { code, reason, attempts, claim } = failure
  const record = await parts.store.get(pair)
  const told = isToldBy(record?.failure, code)
    ? 'already'
    : await parts.once(failureKey(pair, record, code), TELL_LEASE_SECONDS, TOLD_SECONDS, () =>
        parts.emit('Mirror Failed', {
          repository: plainAddress(pair.repository),
          replica: plainAddress(pair.replica),
          attempts,
          code,
          reason,
          nextStep: nextStepOf(code, pair.repository.name),
        }),
      )
  if (told === 'already')
    parts.log.warn('still failing', { replica: addressText(pair.replica), code, reason, attempts })
  const at = new Date(parts.now()).toISOString()
  return parts.store.markFailed(pair, { code, reason, attempts, at }, claim)
}

/** Codes for which there is nothing particular to do say nothing new of a replica that is known to fail. */
const isToldBy = (known: ReplicaRecord['failure'], code: Code): boolean =>
  known !== undefined && (!hasOwnStep(code) || known.code === code)

/** Of two workers that give up at the same time one tells. What ended a failure before is in the name of the next one. */
const failureKey = (pair: Pair, record: ReplicaRecord | undefined, code: Code): string => {
  const { proof, refusal, kept, missingSince } = record ?? {}
  const since = [proof?.at, refusal?.at, kept?.at, missingSince].map((at) => at ?? '-').join(' ')
  return `mirror-failed/${replicaKey(pair)}/${hasOwnStep(code) ? code : 'any'}/${since}`
}
