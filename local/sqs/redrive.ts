import { randomUUID } from 'node:crypto'
import type {
  CancelMessageMoveTaskCommandInput,
  ListMessageMoveTasksCommandInput,
  ListMessageMoveTasksResultEntry,
  StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { checkOwnAccount } from './address.ts'
import { redriveOf } from './attributes.ts'
import { invalidValue, missing } from './errors.ts'
import type { OperationParts } from './operation-parts.ts'
import type { LiveQueue } from './queues.ts'

/** Tasks kept and listed per queue: SQS API Reference, ListMessageMoveTasks. */
const MAX_TASKS = 10

interface Task extends ListMessageMoveTasksResultEntry {
  readonly SourceArn: string
}

/**
 * Redrive of a dead-letter queue. A task here is over when the call returns: the messages are moved in one transaction, whatever
 * MaxNumberOfMessagesPerSecond says.
 */
export const createRedriveOperations = ({ parts, queues }: OperationParts): Record<string, Operation> => {
  const tasks = parts.store.collection<Task>('sqs.moves')

  const findSource = (arn: string | undefined, call: Call): LiveQueue => {
    if (!arn) throw missing('SourceArn')
    checkOwnAccount(arn, call)
    const queue = queues.all.get(arn)
    if (!queue)
      throw new AwsError(
        'ResourceNotFoundException',
        "The resource that you specified for the SourceArn parameter doesn't exist.",
        404,
      )
    return queue
  }
  const isDeadLetterQueue = (arn: string) =>
    [...queues.all.values()].some(({ record }) => redriveOf(record)?.deadLetterTargetArn === arn)
  const remember = (task: Task) => {
    parts.store.transaction(() => {
      const prefix = `${task.SourceArn}|`
      // keys rise with the time of the start
      tasks.put(`${prefix}${String(task.StartedTimestamp).padStart(16, '0')}|${randomUUID()}`, task)
      for (const [key] of tasks.entries(prefix).slice(0, -MAX_TASKS)) tasks.delete(key)
    })
  }

  return {
    StartMessageMoveTask: (input: StartMessageMoveTaskCommandInput, call: Call) => {
      const source = findSource(input.SourceArn, call)
      const { arn } = source.record
      const rate = input.MaxNumberOfMessagesPerSecond
      if (rate !== undefined && !(rate >= 1 && rate <= 500))
        throw invalidValue(rate, 'MaxNumberOfMessagesPerSecond', 'Must be between 1 and 500.')
      if (!isDeadLetterQueue(arn))
        throw invalidValue(arn, 'SourceArn', 'Source queue must be configured as a Dead Letter Queue.')
      const given = input.DestinationArn
      if (given === arn)
        throw invalidValue(
          given,
          'DestinationArn',
          'Source queue arn and destination queue arn must be different.',
        )
      if (given && !queues.all.has(given))
        throw new AwsError(
          'ResourceNotFoundException',
          "The resource that you specified for the DestinationArn parameter doesn't exist.",
          404,
        )
      // what was never dead-lettered (somebody sent it there) has no queue to go back to: such a task fails
      const moved = queues.move(source, (message) => queues.all.get(given ?? message.deadLetteredFrom ?? ''))
      const left = source.lane.next(parts.now()) !== undefined
      const handle = Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: arn })).toString('base64')
      remember({
        TaskHandle: handle,
        Status: left ? 'FAILED' : 'COMPLETED',
        SourceArn: arn,
        ...(given ? { DestinationArn: given } : {}),
        ...(rate === undefined ? {} : { MaxNumberOfMessagesPerSecond: rate }),
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: moved + source.lane.counts.ready,
        ...(left ? { FailureReason: 'CouldNotDetermineMessageSource' } : {}),
        StartedTimestamp: parts.now(),
      })
      return { TaskHandle: handle }
    },
    ListMessageMoveTasks: (input: ListMessageMoveTasksCommandInput, call: Call) => {
      const { arn } = findSource(input.SourceArn, call).record
      const most = input.MaxResults ?? 1
      if (!(most >= 1 && most <= MAX_TASKS))
        throw invalidValue(most, 'MaxResults', 'Must be between 1 and 10.')
      const newestFirst = tasks.entries(`${arn}|`).reverse()
      // a handle is shown of running tasks only, and none runs longer than its call
      return { Results: newestFirst.slice(0, most).map(([, { TaskHandle: _, ...task }]) => task) }
    },
    CancelMessageMoveTask: (input: CancelMessageMoveTaskCommandInput) => {
      if (!input.TaskHandle) throw missing('TaskHandle')
      throw new AwsError('ResourceNotFoundException', 'Task does not exist or is not running.', 404)
    },
  }
}
