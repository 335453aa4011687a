import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import { createDiscover, type Discover } from '../../shared/config/discover.ts'
import { divergenceOf, replicasOf } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { replicationRequested } from '../../shared/events/request.ts'
import { directed } from '../../shared/replication/direction.ts'
import { createMemory } from '../../shared/replication/guard/memory.ts'
import { isGone } from '../../shared/replication/launch.ts'
import type { RefReader } from '../../shared/replication/prove.ts'
import type { Bus, Queues, Tasks } from '../../shared/runtime/aws-clients.ts'
import type { Handle, Run } from '../../shared/runtime/entry.ts'
import { type Lanes, openLanes } from '../../shared/runtime/lanes.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import type { Meter } from '../../shared/runtime/metrics.ts'
import { createQueue } from '../../shared/runtime/queue.ts'
import { type BatchResponse, batchResponse, recordsOf } from '../../shared/runtime/sqs-batch.ts'
import { openDirections } from '../../shared/store/directions.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { openSweepMarkers } from '../../shared/store/marker.ts'
import type { ReplicaRecord } from '../../shared/store/records.ts'
import { openReplicas, type ReplicaStore } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'
import { readCall } from './calls.ts'
import { createCourse, inOrder, type Look } from './course.ts'
import { listTargets } from './listing.ts'
import type { Range, SweepBudget } from './plan.ts'
import { type RepositoryTargets, sweep } from './sweep.ts'
import { afterBegin, afterSlice, type Upkeep } from './upkeep.ts'

export interface SweepHandlerParts {
  readonly config: Config
  readonly own: { readonly account: string; readonly region: string }
  readonly bus: string
  readonly replicateQueue: string
  /** the sweep's own: what one invocation does not do is another's */
  readonly sweepQueue: string
  readonly reader: RefReader & {
    listRepositories(region: string): Promise<readonly string[]>
    tagsOf(repository: RepositoryAddress): Promise<Readonly<Record<string, string>> | undefined>
  }
  readonly table: Table
  readonly events: Bus
  readonly queues: Queues
  readonly tasks: Tasks
  readonly meter: Meter
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly id: () => string
  readonly upkeep?: Upkeep
  /** size of slices; absent: the usual one */
  readonly budget?: Omit<SweepBudget, 'spreadSeconds'>
}

/** Left to the last replicas, to the queue and to the marker before Lambda ends the invocation. */
const MARGIN_MS = 45_000

/** A wake-up call begins a sweep, or takes up one that died; the other messages are slices into which one was cut. */
export const createSweep = (parts: SweepHandlerParts): Handle<BatchResponse> => {
  const { config, own, now, table, upkeep = {} } = parts
  // kept while the function is warm: what a server bears is not learnt anew with every slice
  const lanes = openLanes((milliseconds) => parts.pause(milliseconds))
  const tagsOf = (repository: RepositoryAddress) => parts.reader.tagsOf(repository)
  const discover = createDiscover({ config, own, tagsOf, now })
  const work = { parts, lanes, discover, store: openReplicas(table) }

  return async (event, run) => {
    const failed: string[] = []
    const course = createCourse({
      markers: openSweepMarkers(table),
      queue: createQueue({ queues: parts.queues, url: parts.sweepQueue }),
      everyMinutes: config.sweep.everyMinutes,
      account: own.account,
      now,
      id: parts.id,
      look: lookOf(work, run),
      run,
      ...(parts.budget ? { budget: parts.budget } : {}),
    })
    for (const { messageId, body } of recordsOf(event)) {
      const call = readCall(body)
      if (call.kind === 'slice') {
        await course.goOn(call.work)
        continue
      }
      const how = await course.begin(call, async () => {
        const { listed, broken } = await listTargets({
          config,
          own,
          log: run.log,
          listRepositories: (region) => parts.reader.listRepositories(region),
          // at most: what tags say is read with the slice
          countReplicas: (repository) => replicasOf(config, repository, own, 'any').length,
        })
        // what was listed is swept all the same; the message is tried again for the rest, and rings when that goes on
        if (broken.length > 0) failed.push(messageId)
        run.note({ repositories: listed.length, unlisted: broken.length })
        return { listed, whole: broken.length === 0 }
      })
      if (how !== 'under-way') await afterBegin(upkeep, { hasTime: hasTimeIn(run), log: run.log })
    }
    return batchResponse(failed)
  }
}

interface Work {
  readonly parts: SweepHandlerParts
  readonly lanes: Lanes
  readonly discover: Discover
  readonly store: ReplicaStore
}

const hasTimeIn = (run: Run) => () => run.remainingMs() > MARGIN_MS

/** One slice: the replicas of these repositories, and then, for a few of them, what else is looked after. */
const lookOf = (work: Work, run: Run): Look => {
  const { parts, lanes, store } = work
  const { now, own } = parts
  const hasTime = hasTimeIn(run)
  const replicate = createQueue({ queues: parts.queues, url: parts.replicateQueue })
  const { emit } = createEmitter({ client: parts.events, bus: parts.bus })
  const left = openLeftRefs(parts.table)
  return async ({ repositories: addresses, range, onLooked }) => {
    const sorted = inOrder(addresses)
    const repositories = await targetsOf(work, sorted, run)
    const records = await recordsInTable(work, sorted, repositories, range)
    const orphans = range ? orphansOf(parts, records, sorted) : []
    lanes.reopen()
    const { rest, ...swept } = await sweep(
      {
        emit,
        now,
        store,
        hasTime,
        onLooked,
        log: run.log,
        pause: parts.pause,
        reader: {
          readRefs: (repository, side) => {
            if (!hasTime()) lanes.close()
            return lanes.run(laneOf(repository), () => parts.reader.readRefs(repository, side))
          },
        },
        isGone: (task) => isGone(parts.tasks, task, now()),
        divergenceOf: (target) => divergenceOf(parts.config, target),
        remember: (target, refs, at) => createMemory({ left, now }, target).remember(refs, at),
        ask: (requests) =>
          replicate.sendAll(
            requests.map((request) => replicationRequested(request, { id: parts.id(), now: now(), ...own })),
          ),
      },
      repositories,
      { records, orphans },
    )
    // no figure, no cost: a metric is billed for the hours in which it has one
    if (swept.missedEvents > 0) parts.meter.put('MissedEvents', swept.missedEvents, 'Count')
    run.note({ ...swept, throttled: lanes.throttled(), complete: rest.length === 0 })
    if (rest.length > 0) run.log.warn('slice ended early', { looked: swept.looked, rest: rest.length })
    const looked = repositories.filter((one) => !rest.includes(one))
    const round = Math.floor(now() / (parts.config.sweep.everyMinutes * 60_000))
    await afterSlice(parts.upkeep ?? {}, looked, { round, hasTime, log: run.log })
    return rest.map(({ repository }) => repository)
  }
}

/** CodeCommit throttles by account and region. */
const laneOf = ({ account, region }: RepositoryAddress): string => `${account}/${region}`

/** The replicas of each repository: by relay.yml, by its tags, and turned round where it was failed over. */
const targetsOf = async (
  { parts, discover }: Work,
  sorted: readonly RepositoryAddress[],
  run: Run,
): Promise<readonly RepositoryTargets[]> => {
  const directions = await openDirections(parts.table).list()
  const found: RepositoryTargets[] = []
  for (const repository of sorted) {
    try {
      const replicas = await discover(repository, run.log)
      const targets = replicas.map((replica) => directed({ ...replica, repository }, directions))
      if (targets.length > 0) found.push({ repository, targets })
    } catch (error) {
      // its turn comes with the next sweep
      run.log.error('tags not read', { repository: addressText(repository), ...describeFailure(error) })
    }
  }
  return found
}

/**
 * What the table knows of the replicas: those of the listed repositories are neighbours there (`~` sorts after every name), those of
 * repositories that were failed over lie elsewhere.
 */
const recordsInTable = async (
  { store, parts }: Work,
  sorted: readonly RepositoryAddress[],
  repositories: readonly RepositoryTargets[],
  range: Range | undefined,
): Promise<readonly ReplicaRecord[]> => {
  const [first] = sorted
  const last = sorted.at(-1)
  const account = `${parts.own.account}/`
  const neighbours = range
    ? await store.list({
        from: range.after === undefined ? account : `${range.after} ~`,
        to: range.upTo === undefined ? `${account}~` : `${range.upTo} ~`,
      })
    : first && last
      ? await store.list({ from: addressText(first), to: `${addressText(last)} ~` })
      : []
  const elsewhere = repositories.flatMap(({ repository, targets }) =>
    targets.filter((target) => !sameAddress(target.repository, repository)),
  )
  const others = await Promise.all(elsewhere.map((target) => store.get(target)))
  return [...neighbours, ...others.filter((record) => record !== undefined)]
}

/** Replicas that relay.yml still wants and whose source is not listed any more: replicate finds out, and tells it once. */
const orphansOf = (
  { config, own }: SweepHandlerParts,
  records: readonly ReplicaRecord[],
  sorted: readonly RepositoryAddress[],
): readonly ReplicaRecord[] => {
  const listed = new Set(sorted.map(addressText))
  return records.filter(
    ({ repository, replica, status }) =>
      status !== 'source-missing' &&
      !listed.has(addressText(repository)) &&
      replicasOf(config, repository, own, 'any').some((wanted) => sameAddress(wanted.replica, replica)),
  )
}
