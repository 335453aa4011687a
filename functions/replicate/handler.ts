import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { createDiscover, type Discover } from '../../shared/config/discover.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { type Budget, budgetOf } from '../../shared/replication/budget.ts'
import { targetsAbout } from '../../shared/replication/direction.ts'
import { type FollowParts, follow, type Work } from '../../shared/replication/follow.ts'
import { launchOf, startMirror } from '../../shared/replication/launch.ts'
import type { Followed } from '../../shared/replication/look.ts'
import type { Streams } from '../../shared/replication/ports.ts'
import type { RefReader } from '../../shared/replication/prove.ts'
import { giveUp } from '../../shared/replication/report.ts'
import type { Bus, OwnQueue, Tasks } from '../../shared/runtime/aws-clients.ts'
import { comeBackSooner } from '../../shared/runtime/come-back.ts'
import type { Handle, Run } from '../../shared/runtime/entry.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import type { Meter } from '../../shared/runtime/metrics.ts'
import type { TaskPlace } from '../../shared/runtime/run-task.ts'
import {
  type BatchResponse,
  createFailures,
  failAloud,
  type QueueRecord,
  recordsOf,
} from '../../shared/runtime/sqs-batch.ts'
import { type Direction, openDirections } from '../../shared/store/directions.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'
import { type Group, groupsOf, type ReadRecord, type TargetsAbout } from './groups.ts'
import type { Outfit, OutfitTools } from './outfit.ts'

export interface ReplicateParts extends Omit<Streams, keyof Outfit> {
  readonly outfit: (tools: OutfitTools) => Outfit
  readonly config: Config
  /** account and region Relay is deployed in */
  readonly own: { readonly account: string; readonly region: string }
  readonly place: TaskPlace
  readonly bus: string
  /** URL of the replicate queue, and its maxReceiveCount */
  readonly replicateQueue: string
  readonly maxReceives: number
  /** MiB of this function */
  readonly memory: number
  readonly reader: RefReader & {
    tagsOf(repository: RepositoryAddress): Promise<Readonly<Record<string, string>> | undefined>
  }
  readonly table: Table
  readonly events: Bus
  readonly queues: OwnQueue
  readonly tasks: Tasks
  readonly meter: Meter
  readonly now: () => number
  /** 0 ≤ x < 1 */
  readonly random: () => number
  readonly id: () => string
}

/**
 * Brings each replica that a batch of events and requests speaks of up to date. A replica that fails reports exactly the
 * records that spoke of it, and these come back with growing pauses.
 */
export const createReplicate = (parts: ReplicateParts): Handle<BatchResponse> => {
  const base: Omit<FollowParts, 'log' | keyof Outfit> = {
    ...parts,
    store: openReplicas(parts.table),
    once: openOnce(parts).once,
    emit: createEmitter({ client: parts.events, bus: parts.bus }).emit,
    start: (target, launch) => startMirror(parts.tasks, launchOf(parts.place, target, launch)),
  }
  // kept while the function is warm
  const tagsOf = (repository: RepositoryAddress) => parts.reader.tagsOf(repository)
  const discover = createDiscover({ ...parts, tagsOf })
  return async (event, run) => {
    const failures = createFailures(run.log)
    const { fail } = failures
    const records = recordsOf(event)
    const groups = await readGroups(parts, discover, records, run, fail)
    const work = { ...base, ...parts.outfit({ ...base, log: run.log }), log: run.log }
    const budget = budgetOf(parts.now(), run.remainingMs(), parts.memory, groups.length)
    const outcomes = await Promise.all(
      groups.map((group) => followGroup(work, group, budget, parts.maxReceives, fail)),
    )
    const { queues, replicateQueue: url, maxReceives, random } = parts
    await comeBackSooner({ queue: queues, url, maxReceives, random, log: run.log }, failures.records())
    run.note({
      records: records.length,
      replicas: groups.length,
      failed: failures.records().length,
      outcomes: tally(outcomes),
    })
    return failures.response()
  }
}

const readGroups = async (
  parts: ReplicateParts,
  discover: Discover,
  records: readonly QueueRecord[],
  run: Run,
  fail: (record: QueueRecord, error: unknown) => void,
): Promise<readonly Group[]> => {
  const read = records.flatMap((record): ReadRecord[] => {
    try {
      return [{ record, inputs: decodeBody(record.body) }]
    } catch (error) {
      fail(record, error)
      return []
    }
  })
  const directions = await directionsOf(parts)
  const about: TargetsAbout = (repository, asOf) =>
    targetsAbout(repository, (address) => discover(address, run.log, asOf), directions)
  return groupsOf(read, about, run.log, fail)
}

/** Without `failover` in relay.yml nothing changes places, and nothing is asked. */
const directionsOf = async ({ config, table }: ReplicateParts): Promise<readonly Direction[]> =>
  config.failover ? openDirections(table).list() : []

const followGroup = async (
  parts: FollowParts,
  group: Group,
  budget: Budget,
  maxReceives: number,
  fail: (record: QueueRecord, error: unknown) => void,
): Promise<Followed | 'failed'> => {
  const work = workOf(group, budget)
  const names = {
    repository: addressText(group.target.repository),
    replica: addressText(group.target.replica),
  }
  try {
    const outcome = await follow(parts, work)
    parts.log.info('replica followed', { ...names, outcome, reason: work.reason })
    return outcome
  } catch (error) {
    const { records } = group
    const failed = { records, error, maxReceives, facts: { replica: names.replica } }
    await failAloud({ fail, log: parts.log }, failed, ({ receives }) =>
      giveUp(parts, work.target, { ...failureOf(error), attempts: receives }),
    )
    return 'failed'
  }
}

const workOf = ({ target, way, records, events, requests }: Group, budget: Budget): Work => ({
  target,
  way,
  budget,
  messages: [...records].map(({ messageId }) => messageId),
  reason: events.length > 0 ? 'push' : (requests[0]?.reason ?? 'request'),
  attempt: Math.max(0, ...requests.map(({ attempt }) => attempt)),
  wishes: [...new Set(requests.flatMap(({ by }) => by ?? []))],
  events: requests.length === 0 ? events : undefined,
  ...(events.length > 0
    ? { hint: { ids: events.map(({ id }) => id), at: Math.min(...events.map(({ at }) => Date.parse(at))) } }
    : {}),
})

/** What people are told of it: the words of AWS where there are some. */
const failureOf = (error: unknown) => {
  const { code: aws, reason, errorClass } = describeFailure(error)
  return {
    code: codeOf(error) ?? ('REMOTE_FAILED' as const),
    reason: aws === undefined ? String(errorClass) : String(reason),
  }
}

const tally = (outcomes: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(outcomes, (outcome) => outcome)].map(([name, all]) => [name, all.length]),
  )
