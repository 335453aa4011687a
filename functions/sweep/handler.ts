import { replicasOf } from '../../shared/config/replicas.ts'
import type { Config } from '../../shared/config/types.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { replicationRequested } from '../../shared/events/request.ts'
import { isGone } from '../../shared/replication/launch.ts'
import type { RefReader, Target } from '../../shared/replication/prove.ts'
import type { Bus, Queues, Tasks } from '../../shared/runtime/aws-clients.ts'
import type { Handle, Run } from '../../shared/runtime/entry.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import { createQueue } from '../../shared/runtime/queue.ts'
import { type BatchResponse, batchResponse, recordsOf } from '../../shared/runtime/sqs-batch.ts'
import { openMarker } from '../../shared/store/marker.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'
import { sweep } from './sweep.ts'

export interface SweepHandlerParts {
  readonly config: Config
  readonly own: { readonly account: string; readonly region: string }
  readonly bus: string
  readonly replicateQueue: string
  readonly reader: RefReader & { listRepositories(region: string): Promise<readonly string[]> }
  readonly table: Table
  readonly events: Bus
  readonly queues: Queues
  readonly tasks: Tasks
  readonly now: () => number
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly id: () => string
}

/** Left to the last replicas, to the queue and to the marker before Lambda ends the invocation. */
const MARGIN_MS = 45_000

/** One sweep for a batch of wake-up calls: what they say does not matter. */
export const createSweep = (parts: SweepHandlerParts): Handle<BatchResponse> => {
  const { now, id, own, reader, table } = parts
  const queue = createQueue({ queues: parts.queues, url: parts.replicateQueue })
  const { emit } = createEmitter({ client: parts.events, bus: parts.bus })
  return async (event, run) => {
    const records = recordsOf(event)
    const { targets, broken } = await targetsOf(parts, run)
    const swept = await sweep(
      {
        reader,
        emit,
        now,
        pause: parts.pause,
        store: openReplicas(table),
        marker: openMarker(table, 'sweep'),
        log: run.log,
        isGone: (task) => isGone(parts.tasks, task, now()),
        ask: (requests) =>
          queue.sendAll(
            requests.map((request) => replicationRequested(request, { id: id(), now: now(), ...own })),
          ),
        hasTime: () => run.remainingMs() > MARGIN_MS,
      },
      targets,
    )
    run.note({ ...swept, unlisted: broken.length })
    if (!swept.complete) run.log.warn('sweep ended early', { looked: swept.looked, of: swept.replicas })
    // what was listed is swept all the same; the message is tried again for the rest, and rings when that goes on
    return batchResponse(broken.length > 0 ? records.map(({ messageId }) => messageId) : [])
  }
}

/** Every configured replica of every repository that there is, by region of the source. */
const targetsOf = async (
  { config, own, reader }: SweepHandlerParts,
  run: Run,
): Promise<{ targets: readonly Target[]; broken: readonly string[] }> => {
  const regions = [...new Set(config.replicate.map(({ from }) => from ?? own.region))]
  const targets: Target[] = []
  const broken: string[] = []
  for (const region of regions) {
    try {
      for (const name of await reader.listRepositories(region)) {
        const repository = { account: own.account, region, name }
        for (const { replica, deletes } of replicasOf(config, repository, own)) {
          targets.push({ repository, replica, deletes })
        }
      }
    } catch (error) {
      broken.push(region)
      run.log.error('repositories not listed', { region, ...describeFailure(error) })
    }
  }
  return { targets, broken }
}
