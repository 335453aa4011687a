import type { Call, Permission } from '../gateway/service.ts'
import { arnOfUrl, queueArn } from './address.ts'

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
}

/** What IAM must allow before an SQS operation runs. */
export const permissionsOf = (operation: string, input: Input, call: Call): readonly Permission[] => {
  const action = `sqs:${ACTIONS[operation] ?? operation}`
  if (operation === 'StartMessageMoveTask') return forMove(action, input)
  return [{ action, resource: resourceOf(operation, input, call) }]
}

const resourceOf = (operation: string, input: Input, call: Call): string => {
  if (operation === 'ListQueues') return '*'
  if (input.SourceArn) return input.SourceArn
  if (input.QueueName)
    return queueArn(call.region, input.QueueOwnerAWSAccountId ?? call.account, input.QueueName)
  return input.QueueUrl ? arnOfUrl(input.QueueUrl, call) : '*'
}

// developer guide, "Configuring a dead-letter queue redrive": the mover also reads the one queue and writes into the other
const forMove = (action: string, { SourceArn = '*', DestinationArn }: Input): Permission[] => [
  { action, resource: SourceArn },
  { action: 'sqs:ReceiveMessage', resource: SourceArn },
  { action: 'sqs:DeleteMessage', resource: SourceArn },
  { action: 'sqs:GetQueueAttributes', resource: SourceArn },
  ...(DestinationArn ? [{ action: 'sqs:SendMessage', resource: DestinationArn }] : []),
]
