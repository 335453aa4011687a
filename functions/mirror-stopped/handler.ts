import { addressText } from '../../shared/codecommit/address.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { replicationRequested } from '../../shared/events/request.ts'
import type { TaskStopped } from '../../shared/events/types.ts'
import { type FinishParts, finish } from '../../shared/replication/finish.ts'
import { createMemory } from '../../shared/replication/guard/memory.ts'
import { launched } from '../../shared/replication/launch.ts'
import type { RefReader } from '../../shared/replication/prove.ts'
import type { Bus, Queues } from '../../shared/runtime/aws-clients.ts'
import type { Handle } from '../../shared/runtime/entry.ts'
import type { Meter } from '../../shared/runtime/metrics.ts'
import { createQueue } from '../../shared/runtime/queue.ts'
import { type BatchResponse, eachRecord } from '../../shared/runtime/sqs-batch.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'

export interface MirrorStoppedParts {
  readonly config: Pick<Config, 'mirror'>
  readonly own: { readonly account: string; readonly region: string }
  readonly bus: string
  /** URLs of the replicate queue and of its dead-letter queue */
  readonly replicateQueue: string
  readonly replicateDeadLetters: string
  readonly reader: RefReader
  readonly table: Table
  readonly events: Bus
  readonly queues: Queues
  readonly meter: Meter
  readonly now: () => number
  readonly random: () => number
  readonly id: () => string
}

/** Draws the consequence of each mirror task that ended: proof, another run, a later try, or `Mirror Failed`. */
export const createMirrorStopped = (parts: MirrorStoppedParts): Handle<BatchResponse> => {
  const { queues, own, now, id } = parts
  const work = createQueue({ queues, url: parts.replicateQueue })
  const dead = createQueue({ queues, url: parts.replicateDeadLetters })
  const letter = (request: Parameters<typeof replicationRequested>[0]) =>
    replicationRequested(request, { id: id(), now: now(), ...own })
  const left = openLeftRefs(parts.table)
  const base: Omit<FinishParts, 'log'> = {
    ...parts,
    store: openReplicas(parts.table),
    once: openOnce(parts).once,
    emit: createEmitter({ client: parts.events, bus: parts.bus }).emit,
    ask: (request, delaySeconds) => work.send(letter(request), delaySeconds),
    bury: (request) => dead.send(letter(request)),
    remember: (target, refs, at) => createMemory({ left, now }, target).remember(refs, at),
    limit: parts.config.mirror.attempts,
  }
  return (event, run) =>
    eachRecord(event, run.log, async (record) => {
      for (const input of decodeBody(record.body)) {
        if (input.type === 'task-stopped') await finishTask({ ...base, log: run.log }, input)
        else run.log.info('not a task', { id: input.id, type: input.type })
      }
    })
}

const finishTask = async (parts: FinishParts, task: TaskStopped): Promise<void> => {
  const run = launched(task.environment)
  if (!run) {
    parts.log.info('not a mirror', { task: task.taskArn })
    return
  }
  const outcome = await finish(parts, { ...run, end: task })
  const { repository, replica } = run.target
  parts.log.info('mirror stopped', {
    repository: addressText(repository),
    replica: addressText(replica),
    claim: run.claim,
    task: task.taskArn,
    exitCode: task.exitCode,
    stopCode: task.stopCode,
    outcome,
  })
}
