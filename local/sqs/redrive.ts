import type {
  CancelMessageMoveTaskCommandInput,
  ListMessageMoveTasksCommandInput,
  StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { checkOwnAccount } from './address.ts'
import { isFifo, redriveOf } from './attributes.ts'
import { invalid, invalidValue, missing } from './errors.ts'
import type { LiveQueue } from './live.ts'
import { MAX_TASKS, type MoveTask } from './move-tasks.ts'
import type { OperationParts } from './operation-parts.ts'

/** Redrive of a dead-letter queue: SQS API Reference, StartMessageMoveTask and its siblings; texts as recorded from AWS. */
export const createRedriveOperations = ({ queues, moves }: OperationParts): Record<string, Operation> => {
  const find = (parameter: string, arn: string | undefined, call: Call): LiveQueue => {
    if (!arn) throw missing(parameter)
    if (!/^arn:[^:]+:[^:]+:[^:]+:[^:]+:[^:]+$/.test(arn))
      throw invalid(
        `You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
      )
    checkOwnAccount(arn, call)
    const queue = queues.all.get(arn)
    if (!queue)
      throw new AwsError(
        'ResourceNotFoundException',
        `The resource that you specified for the ${parameter} parameter doesn't exist.`,
        404,
      )
    return queue
  }
  const isDeadLetterQueue = (arn: string) =>
    [...queues.all.values()].some(({ record }) => redriveOf(record)?.deadLetterTargetArn === arn)

  return {
    StartMessageMoveTask: (input: StartMessageMoveTaskCommandInput, call: Call) => {
      const source = find('SourceArn', input.SourceArn, call)
      const { arn } = source.record
      const rate = input.MaxNumberOfMessagesPerSecond
      if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= 500))
        throw invalidValue(rate, 'MaxNumberOfMessagesPerSecond', 'Must be between 1 and 500.')
      if (!isDeadLetterQueue(arn)) throw invalid('Source queue must be configured as a Dead Letter Queue.')
      const given = input.DestinationArn
      if (given) {
        const target = find('DestinationArn', given, call)
        if (given === arn) throw invalid('Source queue arn and destination queue arn must be different.')
        if (isFifo(target.record) !== isFifo(source.record))
          throw invalid('Source queue and destination queue must be of the same type.')
      }
      if (moves.of(arn).some(({ Status }) => Status === 'RUNNING'))
        throw invalid(
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
        )
      return {
        TaskHandle: writeHandle(
          moves.start(source, {
            DestinationArn: given,
            MaxNumberOfMessagesPerSecond: rate,
            caller: call.caller,
          }),
        ),
      }
    },
    ListMessageMoveTasks: (input: ListMessageMoveTasksCommandInput, call: Call) => {
      const { arn } = find('SourceArn', input.SourceArn, call).record
      const most = input.MaxResults ?? 1
      if (!(Number.isInteger(most) && most >= 1 && most <= MAX_TASKS))
        throw invalidValue(most, 'MaxResults', 'Must be between 1 and 10.')
      return { Results: moves.of(arn).slice(0, most).map(describe) }
    },
    CancelMessageMoveTask: (input: CancelMessageMoveTaskCommandInput, call: Call) => {
      if (!input.TaskHandle) throw missing('TaskHandle')
      const { taskId, sourceArn } = readHandle(input.TaskHandle)
      find('SourceArn', sourceArn, call)
      const task = moves.cancel(sourceArn, taskId)
      if (!task) throw new AwsError('ResourceNotFoundException', 'Task does not exist.', 404)
      // AWS's wording is not known
      if (task.Status !== 'RUNNING') throw invalid('Only an active task can be cancelled.')
      return { ApproximateNumberOfMessagesMoved: task.ApproximateNumberOfMessagesMoved }
    },
  }
}

/** A handle is shown of running tasks only. */
const describe = ({ id, caller: _, ...task }: MoveTask): object =>
  task.Status === 'RUNNING' ? { ...task, TaskHandle: writeHandle({ id, ...task }) } : task

const writeHandle = ({ id, SourceArn }: Pick<MoveTask, 'id' | 'SourceArn'>): string =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn: SourceArn })).toString('base64')

const readHandle = (handle: string): { taskId: string; sourceArn: string } => {
  const bad = () => invalid('Value for parameter TaskHandle is invalid.')
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<
      string,
      unknown
    >
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn }
  } catch {
    throw bad()
  }
  throw bad()
}
