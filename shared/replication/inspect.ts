import { addressText } from '../codecommit/address.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import { isLive, type Proof, type ReplicaRecord } from '../store/records.ts'
import type { ReplicaStore } from '../store/replicas.ts'
import type { Emit, Request } from './ports.ts'
import { type Comparison, compare, type RefReader, type Target } from './prove.ts'
import { SWEEP_REASON } from './report.ts'

export interface InspectParts {
  readonly reader: RefReader
  readonly store: ReplicaStore
  readonly emit: Emit
  /** whether a mirror task ended without anybody having heard of it */
  readonly isGone: (task: string) => Promise<boolean>
  readonly now: () => number
  /** waits this many milliseconds */
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly log: Log
}

export interface Inspected {
  readonly found: 'equal' | 'different' | 'source-missing' | 'unread'
  /** present: work for replicate */
  readonly request?: Request
}

/** A claim younger than this is not asked about: its mirror is still starting. */
const YOUNG_MS = 60_000
/** A push that was made just before the sweep looked is not behind: its event is given this long to be heard of. */
const EVENT_GRACE_MS = 3_000

/**
 * The sweep's look at one replica. It repairs nothing and takes nothing over; it finds out what is to be asked for. A side
 * that cannot be read is asked for too: replicate's retries, dead-letter queue and `Mirror Failed` then take it further.
 * @param record what the table knows of it
 */
export const inspect = async (
  parts: InspectParts,
  target: Target,
  record: ReplicaRecord | undefined,
): Promise<Inspected> => {
  const { now } = parts
  const claimed = await isHeld(parts, target, record)
  const found = await look(parts, target)
  if (found.kind === 'source-missing') return { found: 'source-missing' }
  if (found.kind === 'unread') return { found: 'unread', request: requestFor(target, found.code) }
  if (found.kind === 'different') {
    if (!claimed && !(await isHeardOf(parts, target, record)))
      await tellBehind(parts, target, record, found.updates.length)
    return { found: 'different', request: requestFor(target) }
  }
  if (claimed) return { found: 'equal' }
  // a stale claim must be taken over, and a mirror's success told: replicate does both
  if (record?.claim || record?.pending) return { found: 'equal', request: requestFor(target) }
  if (isNews(record, found.proof)) await parts.store.recordProof(target, found.proof, now())
  return { found: 'equal' }
}

const isHeld = async (
  { store, isGone, now, log }: InspectParts,
  target: Target,
  record: ReplicaRecord | undefined,
): Promise<boolean> => {
  const claim = record?.claim
  if (!claim) return false
  const facts = { replica: addressText(target.replica), claim: claim.id, task: claim.task, since: claim.at }
  if (!isLive(claim, now())) {
    log.warn('stale claim', facts)
    return false
  }
  if (claim.task === undefined || claim.at + YOUNG_MS > now()) return true
  try {
    if (!(await isGone(claim.task))) return true
  } catch (error) {
    // the claim ends by its time even if ECS cannot be asked
    log.error('mirror task not described', { ...facts, ...describeFailure(error) })
    return true
  }
  log.warn('mirror task gone, its end was never reported', facts)
  return !(await store.expireClaim(target, claim.id))
}

const look = async (
  { reader, now, log }: InspectParts,
  target: Target,
): Promise<Comparison | { readonly kind: 'unread'; readonly code: string }> => {
  try {
    return await compare(reader, target, now)
  } catch (error) {
    const failure = describeFailure(error)
    log.error('replica not compared', { replica: addressText(target.replica), ...failure })
    return { kind: 'unread', code: String(failure.code ?? failure.errorClass) }
  }
}

/** Whether an event about it came while we waited. What is known to be behind is not waited for again. */
const isHeardOf = async (
  { store, pause, now }: InspectParts,
  target: Target,
  record: ReplicaRecord | undefined,
): Promise<boolean> => {
  if (record?.behind) return false
  await pause(EVENT_GRACE_MS)
  const later = await store.get(target)
  if (later?.claim && isLive(later.claim, now())) return true
  // no hint, no claim: nobody but the sweep knows of the difference
  return later?.proof !== undefined && later.proof.at !== record?.proof?.at
}

/** Once for each time it falls behind, not with every sweep. */
const tellBehind = async (
  { store, emit, now }: InspectParts,
  target: Target,
  record: ReplicaRecord | undefined,
  refs: number,
): Promise<void> => {
  const since = new Date(record?.waitingSince ?? now()).toISOString()
  if (!record?.behind) {
    await emit('Replica Behind', {
      repository: plain(target.repository),
      replica: plain(target.replica),
      refsBehind: refs,
      since,
      reason: SWEEP_REASON,
    })
  }
  await store.markBehind(target, { refs, since }, now())
}

const isNews = (record: ReplicaRecord | undefined, proof: Proof): boolean =>
  record?.status !== 'equal' || record.proof?.digest !== proof.digest || record.waitingSince !== undefined

/** @param code of the failure that kept the sweep from looking */
export const requestFor = ({ repository, replica }: Target, code?: string): Request => ({
  repository: plain(repository),
  replica: plain(replica),
  reason: code === undefined ? SWEEP_REASON : `${SWEEP_REASON}: ${code}`,
  attempt: 0,
})

const plain = ({ account, region, name }: Target['repository']) => ({ account, region, name })
