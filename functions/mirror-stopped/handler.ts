import { addressText } from '../../shared/codecommit/address.ts'
import type { Config } from '../../shared/config/types.ts'
import { decodeBody } from '../../shared/events/decode.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { replicationRequested, type Stamp, scanRequested } from '../../shared/events/request.ts'
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
import { scanRunOf, type TaskEndedParts, taskEnded } from '../../shared/scanning/push/task-ended.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import { openScanMarks } from '../../shared/store/scan-marks.ts'
import type { Table } from '../../shared/store/table.ts'

export interface MirrorStoppedParts {
  readonly config: Pick<Config, 'mirror'>
  readonly own: { readonly account: string; readonly region: string }
  readonly bus: string
  /** URLs of the replicate queue and of its dead-letter queue */
  readonly replicateQueue: string
  readonly replicateDeadLetters: string
  /** URLs of the scan queue and of its dead-letter queue */
  readonly scanQueue: string
  readonly scanDeadLetters: string
  readonly reader: RefReader
  readonly table: Table
  readonly events: Bus
  readonly queues: Queues
  readonly meter: Meter
  readonly now: () => number
  readonly random: () => number
  readonly id: () => string
}

/**
 * Draws the consequence of each task that ended. Of a mirror: proof, another run, a later try, or `Mirror Failed`; of a scan: a look at
 * what came meanwhile, a later try, or `Scan Incomplete`.
 */
export const createMirrorStopped = (parts: MirrorStoppedParts): Handle<BatchResponse> => {
  const { now } = parts
  const left = openLeftRefs(parts.table)
  const base: Omit<FinishParts, 'log'> = {
    ...parts,
    store: openReplicas(parts.table),
    once: openOnce(parts).once,
    emit: createEmitter({ client: parts.events, bus: parts.bus }).emit,
    ...lettersTo(parts, replicationRequested, parts.replicateQueue, parts.replicateDeadLetters),
    remember: (target, refs, at) => createMemory({ left, now }, target).remember(refs, at),
    limit: parts.config.mirror.attempts,
  }
  const scanParts = scanPartsOf(parts, base)
  return (event, run) =>
    eachRecord(event, run.log, async (record) => {
      for (const input of decodeBody(record.body)) {
        if (input.type === 'task-stopped') await finishTask({ ...base, log: run.log }, scanParts, input)
        else run.log.info('not a task', { id: input.id, type: input.type })
      }
    })
}

/**
 * Puts requests into a queue of work, or where they ring and can be redriven: its dead letters.
 * @param written a request as a message
 */
const lettersTo = <T>(
  { queues, own, now, id }: MirrorStoppedParts,
  written: (request: T, stamp: Stamp) => string,
  workQueue: string,
  deadLetters: string,
) => {
  const letter = (request: T) => written(request, { id: id(), now: now(), ...own })
  const work = createQueue({ queues, url: workQueue })
  const dead = createQueue({ queues, url: deadLetters })
  return {
    ask: (request: T, afterSeconds?: number) => work.send(letter(request), afterSeconds),
    bury: (request: T) => dead.send(letter(request)),
  }
}

/** A given-up scan that was told is not told again for so long; who tells it has this long. */
const KEEP_SECONDS = 30 * 24 * 3600
const TELL_SECONDS = 60

const scanPartsOf = (
  parts: MirrorStoppedParts,
  { emit }: Pick<FinishParts, 'emit'>,
): Omit<TaskEndedParts, 'log'> => {
  const { now, id, random, table } = parts
  return {
    now,
    random,
    emit,
    once: (name, tell) => openOnce({ table, now, id }).once(name, TELL_SECONDS, KEEP_SECONDS, tell),
    marks: openScanMarks(table),
    ...lettersTo(parts, scanRequested, parts.scanQueue, parts.scanDeadLetters),
    limit: parts.config.mirror.attempts,
  }
}

const finishTask = async (
  parts: FinishParts,
  scanParts: Omit<TaskEndedParts, 'log'>,
  task: TaskStopped,
): Promise<void> => {
  const { log } = parts
  const { exitCode, stopCode, taskArn } = task
  const scan = scanRunOf(task.environment)
  if (scan) {
    const outcome = await taskEnded({ ...scanParts, log }, scan, task)
    const { repository, claim } = scan
    const facts = { claim, task: taskArn, exitCode, stopCode, outcome }
    log.info('scan stopped', { repository: addressText(repository), ...facts })
    return
  }
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
