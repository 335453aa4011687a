import { randomUUID } from 'node:crypto'
import type { ListMessageMoveTasksResultEntry } from '@aws-sdk/client-sqs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import { type Encryption, olderCode } from './encryption.ts'
import type { LiveQueue, Queues } from './live.ts'
import type { StoredMessage } from './types.ts'

/** Tasks kept and listed per queue: SQS API Reference, ListMessageMoveTasks. */
export const MAX_TASKS = 10
/** Messages moved in one transaction, so that a long queue does not hold up everything else. */
const CHUNK = 500
/** Between two steps of a task with a rate. */
const SHORTEST_STEP_MS = 50

type Status = 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'

export interface MoveTask extends ListMessageMoveTasksResultEntry {
  readonly id: string
  readonly SourceArn: string
  readonly Status: Status
  readonly ApproximateNumberOfMessagesMoved: number
  readonly ApproximateNumberOfMessagesToMove: number
  readonly StartedTimestamp: number
  /** who started it */
  readonly caller?: Caller
}

/** Redrives of dead-letter queues under way and over: kept in the store, and gone on with after a restart. */
export interface MoveTasks {
  start(
    source: LiveQueue,
    wanted: Pick<MoveTask, 'DestinationArn' | 'MaxNumberOfMessagesPerSecond' | 'caller'>,
  ): MoveTask
  /** newest first */
  of(sourceArn: string): MoveTask[]
  /** ends a running task; undefined when there is none of this id */
  cancel(sourceArn: string, id: string): MoveTask | undefined
  stop(): void
}

export const createMoveTasks = (
  { store, now, log }: Parts,
  queues: Queues,
  encryption: Encryption,
): MoveTasks => {
  const tasks = store.collection<MoveTask>('sqs.moves')
  const timers = new Map<string, NodeJS.Timeout>()
  let stopped = false

  // keys rise with the time of the start
  const keyOf = ({ SourceArn, StartedTimestamp, id }: MoveTask) =>
    `${SourceArn}|${String(StartedTimestamp).padStart(16, '0')}|${id}`

  /** On behalf of who started the task; one of before callers were kept goes on without a question. */
  const reencrypt = ({ caller }: MoveTask, message: StoredMessage, { record }: LiveQueue) => {
    if (!caller) return {}
    encryption.open(message, caller)
    const sealed = encryption.seal(record, caller)
    return sealed ? { sealed } : {}
  }

  /** One step; answers when the next is due, or nothing when the task is over. */
  const step = (key: string, most: number): void => {
    const task = tasks.get(key)
    if (task?.Status !== 'RUNNING') return
    const source = queues.all.get(task.SourceArn)
    if (!source) {
      tasks.put(key, { ...task, Status: 'FAILED', FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' })
      return
    }
    let reason: string | undefined
    const moved = queues.move(source, most, (message) => {
      const target = task.DestinationArn ?? message.deadLetteredFrom
      const queue = target === undefined ? undefined : queues.all.get(target)
      // what was never dead-lettered (somebody sent it there) has no queue to go back to
      if (!queue) {
        reason = target ? 'AWS.SimpleQueueService.NonExistentQueue' : 'CouldNotDetermineMessageSource'
        return undefined
      }
      try {
        return { queue, ...reencrypt(task, message, queue) }
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        reason = olderCode(error.code)
        log('sqs', 'messages are not moved on: a key may not be used', { key, error: error.message })
        return undefined
      }
    })
    const total = task.ApproximateNumberOfMessagesMoved + moved
    const over = source.lane.next(now()) === undefined
    const status: Status = reason ? 'FAILED' : over ? 'COMPLETED' : 'RUNNING'
    tasks.put(key, {
      ...task,
      Status: status,
      ApproximateNumberOfMessagesMoved: total,
      ApproximateNumberOfMessagesToMove: Math.max(task.ApproximateNumberOfMessagesToMove, total),
      ...(reason ? { FailureReason: reason } : {}),
    })
    if (status === 'RUNNING') plan(key, task)
  }
  const plan = (key: string, { MaxNumberOfMessagesPerSecond: rate }: MoveTask): void => {
    if (stopped) return
    const waitMs = rate === undefined ? 0 : Math.max(1_000 / rate, SHORTEST_STEP_MS)
    const most = rate === undefined ? CHUNK : Math.max(Math.round((rate * waitMs) / 1_000), 1)
    const run = () => {
      timers.delete(key)
      try {
        step(key, most)
      } catch (error) {
        log('sqs', 'a step of moving messages failed and is tried again', { key, error: String(error) })
        const task = tasks.get(key)
        if (task) plan(key, { ...task, MaxNumberOfMessagesPerSecond: 1 })
      }
    }
    timers.set(key, setTimeout(run, waitMs).unref())
  }

  for (const [key, task] of tasks.entries()) if (task.Status === 'RUNNING') plan(key, task)

  return {
    start: (source, wanted) => {
      const task: MoveTask = {
        id: randomUUID(),
        SourceArn: source.record.arn,
        Status: 'RUNNING',
        ...(wanted.DestinationArn ? { DestinationArn: wanted.DestinationArn } : {}),
        ...(wanted.MaxNumberOfMessagesPerSecond === undefined
          ? {}
          : { MaxNumberOfMessagesPerSecond: wanted.MaxNumberOfMessagesPerSecond }),
        ...(wanted.caller && { caller: wanted.caller }),
        ApproximateNumberOfMessagesMoved: 0,
        ApproximateNumberOfMessagesToMove: source.lane.counts.ready,
        StartedTimestamp: now(),
      }
      const key = keyOf(task)
      store.transaction(() => {
        tasks.put(key, task)
        for (const [old] of tasks.entries(`${task.SourceArn}|`).slice(0, -MAX_TASKS)) tasks.delete(old)
      })
      // without a rate the first step is made at once: for most queues it is all
      if (wanted.MaxNumberOfMessagesPerSecond === undefined) step(key, CHUNK)
      else plan(key, task)
      return task
    },
    of: (sourceArn) =>
      tasks
        .entries(`${sourceArn}|`)
        .map(([, task]) => task)
        .reverse(),
    cancel: (sourceArn, id) => {
      const [key, task] = tasks.entries(`${sourceArn}|`).find(([, one]) => one.id === id) ?? []
      if (key === undefined || !task) return undefined
      clearTimeout(timers.get(key))
      timers.delete(key)
      if (task.Status === 'RUNNING') tasks.put(key, { ...task, Status: 'CANCELLED' })
      return task
    },
    stop: () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
