import { addressText } from '../codecommit/address.ts'
import { codeOf, RelayError } from '../runtime/errors.ts'
import type { Lease } from '../runtime/lease.ts'
import type { LastWay, Launch, Pending, Proof, RefCounts, ReplicaRecord } from '../store/records.ts'
import type { Left } from '../store/replicas.ts'
import type { Work } from './follow.ts'
import type { Replay } from './moves.ts'
import type { Parts, Start, Streams } from './ports.ts'
import { addCounts, type Comparison, compare, countsOf, NONE } from './prove.ts'
import { keptOf } from './refused.ts'
import { lastWayOf, measureLag, tellPending, tellRefused, tellSourceMissing, tellUpdated } from './report.ts'
import { type Streamed, type StreamedWay, stream } from './stream.ts'

/** How long a mirror may run before its claim can be taken over, should its end never be reported. */
export const MIRROR_LEASE_MS = 2 * 3600_000

/** `claimed-elsewhere`: its holder will look again. `given-up`: a retry of work that has failed for good meanwhile. */
export type Followed =
  | 'equal'
  | 'kept'
  | 'started'
  | 'claimed-elsewhere'
  | 'source-missing'
  | 'refused'
  | 'given-up'
  | 'lost'

export interface LookParts extends Parts, Streams {
  readonly start: Start
}

/** A claim at work. */
export interface Held {
  readonly claim: string
  readonly attempt: number
  readonly lease: Lease
  /** a write under it found it lost */
  lost: boolean
}

/** What earlier looks under the same claim did. */
export interface SoFar {
  /** what the record holds as pending was told */
  told: boolean
  /** what moved refs */
  lastWay?: LastWay | undefined
  /** milliseconds since the epoch: what was announced before is covered */
  provenAt?: number
}

export interface Look {
  readonly work: Work
  readonly held: Held
  /** read under the claim */
  readonly record: ReplicaRecord
  readonly sofar: SoFar
  readonly replay: Replay | undefined
}

export interface Ended {
  readonly as: Followed
  /** of the claim; `dirty`: look again */
  readonly left: Left
}

/** One look at a replica under a claim, and what follows from it. */
export const look = async (parts: LookParts, at: Look): Promise<Ended> => {
  const { work, record } = at
  // somebody who died was about to start a mirror, or did
  if (record.claim?.launch) return handOver(parts, at, 'taken over from a worker that ended early', NONE)
  if (work.way === 'mirror') return byMirror(parts, at, 'relay.yml says way: mirror')
  if (record.mirrorAsked) return byMirror(parts, at, 'the mirror was asked for')
  return conclude(parts, at, await streamUnder(parts, at))
}

const streamUnder = (parts: LookParts, at: Look): Promise<Streamed> => {
  const { work, held, record, replay } = at
  let planned = untold(at)
  return stream(parts, {
    target: work.target,
    budget: work.budget,
    force: record.forced ?? false,
    replay,
    signal: held.lease.signal,
    announce: async (updates, how: StreamedWay) => {
      planned = addCounts(planned, countsOf(updates))
      if (await parts.store.planClaim(work.target, held.claim, { ...planned, ...how })) return
      held.lost = true
      throw new RelayError('CLAIM_LOST', { replica: addressText(work.target.replica) })
    },
  })
}

const conclude = async (parts: LookParts, at: Look, end: Streamed): Promise<Ended> => {
  const { work, held, record } = at
  const { target } = work
  switch (end.kind) {
    case 'equal':
      return proven(parts, at, end.proof, end.moved, end)
    case 'source-missing':
      return sourceMissing(parts, at)
    case 'kept': {
      const kept = keptOf(end.kept, parts.now())
      const left = await parts.store.settleClaim(target, held.claim, { status: 'kept', kept })
      return { as: 'kept', left }
    }
    case 'refused': {
      const refusal = await tellRefused(parts, target, record.refusal, end)
      const left = await parts.store.settleClaim(target, held.claim, { status: 'refused', refusal })
      return { as: 'refused', left }
    }
    case 'hand-over':
      return handOver(parts, at, `handed over to the mirror: ${end.reason}`, end.moved)
  }
}

/** Both sides are equal: told where something moved, measured where somebody waited, noted. */
const proven = async (
  parts: LookParts,
  { work, held, record, sofar }: Look,
  proof: Proof,
  moved: RefCounts,
  how: StreamedWay,
): Promise<Ended> => {
  const { target, reason } = work
  const since = waitedSince(record, sofar)
  const counts = addCounts(moved, untold({ record, sofar }))
  if (isSome(moved)) await tellUpdated(parts, target, { proof, counts, reason, since, ...how })
  // what a worker did that died before it told, or a mirror whose end was never reported
  else if (!sofar.told) await tellPending(parts, record, proof, reason)
  sofar.told = true
  // a claim that does not close yet is closed by a later look, which finds nothing to move
  sofar.lastWay = isSome(moved)
    ? { way: how.way, reason: how.wayReason }
    : (sofar.lastWay ?? lastWayOf(record, reason))
  const left = await parts.store.closeClaim(target, held.claim, proof, sofar.lastWay)
  measureLag(parts, target, proof, since)
  sofar.provenAt = Date.parse(proof.at)
  return { as: 'equal', left }
}

const sourceMissing = async (parts: LookParts, { work, held, record }: Look): Promise<Ended> => {
  const missingSince = await tellSourceMissing(parts, work.target, record.missingSince)
  const end = { status: 'source-missing', missingSince } as const
  return { as: 'source-missing', left: await parts.store.settleClaim(work.target, held.claim, end) }
}

/** The mirror is wanted: only where there is something for it to do. */
const byMirror = async (parts: LookParts, at: Look, why: string): Promise<Ended> => {
  const found = await compare(parts.reader, at.work.target, parts.now)
  if (found.kind === 'source-missing') return sourceMissing(parts, at)
  if (found.kind === 'equal') {
    return proven(parts, at, found.proof, NONE, { way: 'relay', wayReason: 'nothing differed' })
  }
  return start(parts, at, why, countsOf(found.updates))
}

/** The relay could not: a mirror does what is left. It keeps the claim. */
const handOver = async (parts: LookParts, at: Look, why: string, moved: RefCounts): Promise<Ended> => {
  const rest = await remaining(parts, at)
  if (rest?.kind === 'source-missing') return sourceMissing(parts, at)
  // not while another's task may be running: that one's end is what closes the claim
  if (rest?.kind === 'equal' && !at.record.claim?.launch) {
    return proven(parts, at, rest.proof, moved, { way: 'relay', wayReason: why })
  }
  const left = rest?.kind === 'different' ? countsOf(rest.updates) : NONE
  return start(parts, at, why, addCounts(left, moved))
}

/** What a mirror has to do; undefined where the servers cannot be understood, which may be why there is a mirror. */
const remaining = async (parts: LookParts, { work }: Look): Promise<Comparison | undefined> => {
  try {
    return await compare(parts.reader, work.target, parts.now)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'GIT_PROTOCOL' || code === 'GIT_LIMIT') return undefined
    throw error
  }
}

const start = async (parts: LookParts, at: Look, why: string, counts: RefCounts): Promise<Ended> => {
  const { store, now, log } = parts
  const { work, held, record } = at
  const { target } = work
  // a beat in between would shorten the claim again
  await held.lease.stop()
  const launch: Launch = record.claim?.launch ?? {
    token: held.claim,
    attempt: held.attempt,
    reason: work.reason,
    force: record.forced ?? false,
  }
  const pending: Pending = { ...addCounts(counts, untold(at)), way: 'mirror', wayReason: why }
  // before the start: a short mirror may have ended before the next line is done
  if (!(await store.planClaim(target, held.claim, pending, launch))) return LOST
  const task = await parts.start(target, launch)
  log.info('mirror started', { replica: addressText(target.replica), claim: launch.token, task, ...pending })
  const kept = await store.keepClaim(target, held.claim, { until: now() + MIRROR_LEASE_MS, task })
  return kept ? { as: 'started', left: 'done' } : LOST
}

const LOST: Ended = { as: 'lost', left: 'lost' }

/** What a mirror before this work changed and nobody told yet. */
const untold = ({ record, sofar }: Pick<Look, 'record' | 'sofar'>): RefCounts =>
  sofar.told ? NONE : (record.carried ?? NONE)

/** What an earlier look under this claim proved need not be waited for, though the record still says so. */
const waitedSince = ({ waitingSince }: ReplicaRecord, { provenAt }: SoFar): number | undefined =>
  waitingSince === undefined || provenAt === undefined ? waitingSince : Math.max(waitingSince, provenAt)

const isSome = ({ created, updated, deleted }: RefCounts): boolean => created + updated + deleted > 0
