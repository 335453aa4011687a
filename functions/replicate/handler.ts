import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { replicasOf } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { targetsAbout } from '../../shared/replication/direction.ts'
import { type Followed, type FollowParts, follow, type Work } from '../../shared/replication/follow.ts'
import { launchOf, type MirrorPlace, startMirror } from '../../shared/replication/launch.ts'
import type { RefReader } from '../../shared/replication/prove.ts'
import { giveUp } from '../../shared/replication/report.ts'
import type { Bus, Tasks } from '../../shared/runtime/aws-clients.ts'
import type { Handle } from '../../shared/runtime/entry.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import {
  type BatchResponse,
  batchResponse,
  isLastReceive,
  type QueueRecord,
  recordsOf,
} from '../../shared/runtime/sqs-batch.ts'
import { type Direction, openDirections } from '../../shared/store/directions.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'
import { type Group, groupsOf, type ReadRecord } from './groups.ts'

export interface ReplicateParts {
  readonly config: Config
  /** account and region Relay is deployed in */
  readonly own: { readonly account: string; readonly region: string }
  readonly place: MirrorPlace
  readonly bus: string
  /** maxReceiveCount of the replicate queue */
  readonly maxReceives: number
  readonly reader: RefReader
  readonly table: Table
  readonly events: Bus
  readonly tasks: Tasks
  readonly now: () => number
  readonly id: () => string
}

/** The claim outlives the invocation a little, and stays well below the queue's visibility timeout. */
const LEASE_MARGIN_MS = 5_000

/**
 * Looks at each replica that a batch of events and requests speaks of, and starts a mirror where it differs from its source.
 * A replica that fails reports exactly the records that spoke of it.
 */
export const createReplicate = (parts: ReplicateParts): Handle<BatchResponse> => {
  const store = openReplicas(parts.table)
  const { once } = openOnce(parts)
  const { emit } = createEmitter({ client: parts.events, bus: parts.bus })
  const base: Omit<FollowParts, 'log'> = {
    ...parts,
    store,
    once,
    emit,
    start: (target, run) => startMirror(parts.tasks, launchOf(parts.place, target, run)),
  }
  return async (event, run) => {
    const failed = new Set<string>()
    const fail = (record: QueueRecord, error: unknown) => {
      failed.add(record.messageId)
      run.log.error('record failed', {
        messageId: record.messageId,
        receives: record.receives,
        ...describeFailure(error),
      })
    }
    const records = recordsOf(event)
    const read = records.flatMap((record): ReadRecord[] => {
      try {
        return [{ record, inputs: decodeBody(record.body) }]
      } catch (error) {
        fail(record, error)
        return []
      }
    })
    const directions = await directionsOf(parts)
    const configured = (repository: RepositoryAddress) => replicasOf(parts.config, repository, parts.own)
    const groups = groupsOf(
      read,
      (repository) => targetsAbout(repository, configured, directions),
      run.log,
      fail,
    )
    const work = { ...base, log: run.log }
    const outcomes = await Promise.all(
      groups.map((group) =>
        followGroup(work, group, run.remainingMs() + LEASE_MARGIN_MS, parts.maxReceives, fail),
      ),
    )
    run.note({
      records: records.length,
      replicas: groups.length,
      failed: failed.size,
      outcomes: tally(outcomes),
    })
    return batchResponse(failed)
  }
}

/** Without `failover` in relay.yml nothing changes places, and nothing is asked. */
const directionsOf = async ({ config, table }: ReplicateParts): Promise<readonly Direction[]> =>
  config.failover ? openDirections(table).list() : []

const followGroup = async (
  parts: FollowParts,
  group: Group,
  leaseMs: number,
  maxReceives: number,
  fail: (record: QueueRecord, error: unknown) => void,
): Promise<Followed | 'failed'> => {
  const work = workOf(group, leaseMs)
  const names = {
    repository: addressText(group.target.repository),
    replica: addressText(group.target.replica),
  }
  try {
    const outcome = await follow(parts, work)
    parts.log.info('replica followed', { ...names, outcome, reason: work.reason })
    return outcome
  } catch (error) {
    for (const record of group.records) fail(record, error)
    const last = [...group.records].find((record) => isLastReceive(record, maxReceives))
    if (last) await ring(parts, work, last, error)
    return 'failed'
  }
}

const workOf = ({ target, records, events, requests }: Group, leaseMs: number): Work => ({
  target,
  leaseMs,
  messages: [...records].map(({ messageId }) => messageId),
  reason: events.length > 0 ? 'push' : (requests[0]?.reason ?? 'request'),
  attempt: Math.max(0, ...requests.map(({ attempt }) => attempt)),
  ...(events.length > 0
    ? { hint: { count: events.length, at: Math.min(...events.map(({ at }) => Date.parse(at))) } }
    : {}),
})

/** SQS is about to move the record to the dead-letter queue: people hear of it now. */
const ring = async (parts: FollowParts, work: Work, record: QueueRecord, error: unknown): Promise<void> => {
  const { code: aws, reason, errorClass } = describeFailure(error)
  try {
    await giveUp(parts, work.target, {
      key: `${record.messageId}/${addressText(work.target.replica)}`,
      code: codeOf(error) ?? 'REMOTE_FAILED',
      reason: aws === undefined ? String(errorClass) : String(reason),
      attempts: record.receives,
      cause: work.reason,
    })
  } catch (ringing) {
    // the record still goes to the dead-letter queue, whose alarm rings
    const replica = addressText(work.target.replica)
    parts.log.error('failure not announced', { replica, ...describeFailure(ringing) })
  }
}

const tally = (outcomes: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(outcomes, (outcome) => outcome)].map(([name, all]) => [name, all.length]),
  )
