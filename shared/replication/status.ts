import { plainAddress, type RepositoryAddress } from '../codecommit/address.ts'
import { CODES, type Code } from '../runtime/errors.ts'
import { type Claim, isLive, type ReplicaRecord } from '../store/records.ts'
import type { Look } from './judge.ts'
import { countsOf, type Target } from './prove.ts'
import { nextStepOf } from './retry.ts'

/**
 * equal: both sides hold the same refs (with a look) or held them at the last proof (without). kept: but for refs that relay.yml says to
 * leave. behind: they differ, or an event waits. refused: a plan waits for a person. failed: Relay gave up. unread: a side could
 * not be read now. unknown: nobody has looked yet. ended: the source is there, and no tag of it asks for this replica any more.
 */
export type ReplicaState =
  | 'equal'
  | 'kept'
  | 'behind'
  | 'refused'
  | 'failed'
  | 'source-missing'
  | 'unread'
  | 'unknown'
  | 'ended'

/** What is known of one replica now. Times in ISO 8601, spans in milliseconds. */
export interface ReplicaStatus {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly state: ReplicaState
  /** whether both sides were read now; otherwise it is what the table knows */
  readonly live: boolean
  /** since the oldest event that no proof covers, or since it was seen behind; 0 when equal; absent: not known */
  readonly lagMs?: number
  /** since when every look has found it equal, and for how long */
  readonly equalSince?: string
  readonly caughtUpMs?: number
  /** refs that are to be created, updated, deleted */
  readonly behind?: { readonly created: number; readonly updated: number; readonly deleted: number }
  readonly proof?: { readonly at: string; readonly digest: string; readonly refs: number }
  /** the last work that changed something, and why that way was taken */
  readonly way?: { readonly way: string; readonly reason: string }
  readonly running?: {
    readonly since: string
    readonly by: string
    readonly reason: string
    readonly attempt: number
  }
  readonly trouble?: {
    readonly code: string
    readonly reason: string
    readonly nextStep: string
    readonly attempts?: number
    readonly at?: string
  }
  /** events that no proof covers */
  readonly waitingEvents: number
  /** differences that the sweep found and no event had announced, in all */
  readonly missedEvents: number
}

/**
 * Puts together what the table says and what a look found.
 * @param look absent: only what the table knows
 * @param ended nothing asks for the replica any more
 * @param now milliseconds since the epoch
 */
export const statusOf = (
  { repository, replica }: Pick<Target, 'repository' | 'replica'>,
  record: ReplicaRecord | undefined,
  look: Look | undefined,
  now: number,
  ended = false,
): ReplicaStatus => {
  const found = look ? seen(look, record) : remembered(record)
  // a source that is gone, or cannot be read, says more
  const state = ended && found !== 'source-missing' && found !== 'unread' ? 'ended' : found
  const isEqual = state === 'equal' || state === 'kept'
  const lag = isEqual ? 0 : state === 'ended' ? undefined : lagOf(record, now)
  const trouble = troubleOf(repository.name, state, record, look)
  const claim = isLive(record?.claim, now) ? record?.claim : undefined
  const { proof, lastWay, equalSince } = record ?? {}
  return {
    repository: plainAddress(repository),
    replica: plainAddress(replica),
    state,
    live: look !== undefined && (look.kind !== 'unread' || isEmptied(look)),
    ...(lag === undefined ? {} : { lagMs: lag }),
    ...(isEqual && equalSince !== undefined
      ? { equalSince, caughtUpMs: Math.max(0, now - Date.parse(equalSince)) }
      : {}),
    ...(look?.kind === 'different' && !isEqual ? { behind: countsOf(look.updates) } : {}),
    ...(proof ? { proof: { at: proof.at, digest: proof.digest, refs: proof.refs } } : {}),
    ...(lastWay ? { way: { way: lastWay.way, reason: lastWay.reason } } : {}),
    ...(claim
      ? {
          running: {
            since: new Date(claim.at).toISOString(),
            by: workerOf(claim),
            reason: claim.reason,
            attempt: claim.attempt,
          },
        }
      : {}),
    ...(trouble ? { trouble } : {}),
    waitingEvents: record?.hints ?? 0,
    missedEvents: record?.missed ?? 0,
  }
}

/** Both sides were read, and Relay does nothing about what was found. */
const isEmptied = (look: Look | undefined): boolean =>
  look?.kind === 'unread' && look.code === ('SOURCE_EMPTIED' satisfies Code)

const seen = (look: Look, record: ReplicaRecord | undefined): ReplicaState => {
  if (isEmptied(look)) return 'failed'
  if (look.kind !== 'different') return look.kind
  if (record?.status === 'failed' || record?.status === 'refused' || record?.status === 'kept')
    return record.status
  return 'behind'
}

const remembered = (record: ReplicaRecord | undefined): ReplicaState => {
  if (!record) return 'unknown'
  const { status, waitingSince, behind, proof } = record
  if (status === 'replicating' || status === 'unknown') {
    return waitingSince !== undefined || behind || !proof ? (proof || behind ? 'behind' : 'unknown') : 'equal'
  }
  return status === 'equal' && waitingSince !== undefined ? 'behind' : status
}

/** Undefined: nobody knows since when. */
const lagOf = (record: ReplicaRecord | undefined, now: number): number | undefined => {
  const since = [record?.waitingSince, record?.behind && Date.parse(record.behind.since)]
  const known = since.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : Math.max(0, now - Math.min(...known))
}

const troubleOf = (
  name: string,
  state: ReplicaState,
  record: ReplicaRecord | undefined,
  look: Look | undefined,
): ReplicaStatus['trouble'] => {
  if (state === 'equal' || state === 'kept' || state === 'ended') return undefined
  const told = (code: string, reason: string) => ({ code, reason, nextStep: nextStepOf(code as Code, name) })
  if (isEmptied(look) && record?.failure?.code !== 'SOURCE_EMPTIED') {
    return told('SOURCE_EMPTIED', says('SOURCE_EMPTIED'))
  }
  if (look?.kind === 'unread' && !isEmptied(look))
    return { code: look.code, reason: says(look.code), nextStep: READ_AGAIN }
  if (state === 'refused' && record?.refusal) {
    const { reason, at } = record.refusal
    return { ...told('PLAN_REFUSED', reason), at }
  }
  if (state === 'source-missing') {
    return {
      ...told('SOURCE_MISSING', says('SOURCE_MISSING')),
      ...(record?.missingSince === undefined ? {} : { at: record.missingSince }),
    }
  }
  if (!record?.failure) return undefined
  const { code, reason, attempts, at } = record.failure
  return { ...told(code, reason), attempts, at }
}

const READ_AGAIN =
  'It was asked from here, with your own credentials: docs/operate.md lists what they need. --recorded says what Relay itself knows.'

/** An operator's claim is told by its reason. */
const workerOf = ({ task, reason }: Claim): string => {
  if (task !== undefined) return `mirror task ${task.replace(/^.*\//, '')}`
  return /^(seed|failover|failback)\b/.test(reason) ? 'operator' : 'function'
}

const says = (code: string): string => (code in CODES ? CODES[code as Code].says : code)

export interface StatusSummary {
  readonly replicas: number
  readonly states: Readonly<Partial<Record<ReplicaState, number>>>
  /** of those that are not equal; absent: all are, or it is not known of any */
  readonly worstLagMs?: number
  /** every replica has been equal for at least this long; absent: not all are */
  readonly caughtUpMs?: number
  readonly missedEvents: number
}

export const summaryOf = (all: readonly ReplicaStatus[]): StatusSummary => {
  const states: Partial<Record<ReplicaState, number>> = {}
  for (const { state } of all) states[state] = (states[state] ?? 0) + 1
  const awaited = all.filter(({ state }) => state !== 'ended')
  const lags = all.flatMap(({ state, lagMs }) =>
    lagMs === undefined || state === 'equal' || state === 'kept' ? [] : [lagMs],
  )
  const spans = all.flatMap(({ caughtUpMs }) => (caughtUpMs === undefined ? [] : [caughtUpMs]))
  return {
    replicas: all.length,
    states,
    ...(lags.length > 0 ? { worstLagMs: Math.max(...lags) } : {}),
    ...(awaited.length > 0 && spans.length === awaited.length ? { caughtUpMs: Math.min(...spans) } : {}),
    missedEvents: all.reduce((sum, { missedEvents }) => sum + missedEvents, 0),
  }
}

/** Whether nothing is behind, failed, or unknown. */
export const allWell = (all: readonly ReplicaStatus[]): boolean =>
  all.every(({ state }) => state === 'equal' || state === 'kept' || state === 'ended')
