import type { Call, Permission, PolicyDocument } from '../gateway/service.ts'
import { arnOfUrl, queueArn } from './address.ts'
import { noSuchQueue } from './errors.ts'
import type { Queues } from './live.ts'
import { parsePolicy } from './policy.ts'

/** Actions other than the operation's own name: Service Authorization Reference, Amazon SQS. */
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
}

interface Input {
  readonly QueueUrl?: string
  readonly QueueName?: string
  readonly QueueOwnerAWSAccountId?: string
  readonly SourceArn?: string
  readonly DestinationArn?: string
  readonly TaskHandle?: string
  readonly tags?: object
}

const NOBODY: PolicyDocument = { Statement: [] }

/** What IAM must allow before an SQS operation runs, and what the queue's own policy says to it. */
export const permissionsOf =
  (queues: Queues) =>
  (operation: string, input: Input, call: Call): readonly Permission[] => {
    const action = `sqs:${ACTIONS[operation] ?? operation}`
    const at = (name: string, resource: string): Permission => {
      const policy = policyOf(queues, resource, call)
      return { action: name, resource, ...(policy ? { resourcePolicy: policy } : {}) }
    }
    const resource = resourceOf(operation, input, call)
    if (operation === 'StartMessageMoveTask') return forMove(input).map(([name, arn]) => at(name, arn))
    const tagged = operation === 'CreateQueue' && Object.keys(input.tags ?? {}).length > 0
    return [at(action, resource), ...(tagged ? [{ action: 'sqs:TagQueue', resource }] : [])]
  }

/** The queue's policy; another account's queue without one lets nobody in. @throws AwsError QueueDoesNotExist for a foreign queue that is not there */
const policyOf = (queues: Queues, arn: string, call: Call): PolicyDocument | undefined => {
  const queue = queues.all.get(arn)
  const policy = parsePolicy(queue?.record.attributes.Policy)
  const owner = arn.split(':')[4]
  if (owner === undefined || owner === call.account) return policy
  if (!queue) throw noSuchQueue()
  return policy ?? NOBODY
}

const resourceOf = (operation: string, input: Input, call: Call): string => {
  if (operation === 'ListQueues') return '*'
  if (input.SourceArn) return input.SourceArn
  if (input.TaskHandle) return sourceOfTask(input.TaskHandle) ?? '*'
  if (input.QueueName)
    return queueArn(call.region, input.QueueOwnerAWSAccountId ?? call.account, input.QueueName)
  return input.QueueUrl ? arnOfUrl(input.QueueUrl, call) : '*'
}

const sourceOfTask = (handle: string): string | undefined =>
  /"sourceArn":"(arn:[^"]+)"/.exec(Buffer.from(handle, 'base64').toString())?.[1]

// developer guide, "Configuring a dead-letter queue redrive": the mover also reads the one queue and writes into the other
const forMove = ({ SourceArn = '*', DestinationArn }: Input): [action: string, resource: string][] => [
  ['sqs:StartMessageMoveTask', SourceArn],
  ['sqs:ReceiveMessage', SourceArn],
  ['sqs:DeleteMessage', SourceArn],
  ['sqs:GetQueueAttributes', SourceArn],
  ...(DestinationArn ? ([['sqs:SendMessage', DestinationArn]] as [string, string][]) : []),
]
