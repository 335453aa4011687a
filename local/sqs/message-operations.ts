import type {
  ChangeMessageVisibilityBatchCommandInput,
  ChangeMessageVisibilityCommandInput,
  DeleteMessageBatchCommandInput,
  DeleteMessageCommandInput,
  MessageAttributeValue,
  ReceiveMessageCommandInput,
  SendMessageBatchCommandInput,
  SendMessageCommandInput,
} from '@aws-sdk/client-sqs'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { createAttempts } from './attempts.ts'
import { isFifo, isReadable, numberOf } from './attributes.ts'
import { checkEntries, inBatch } from './batch.ts'
import { md5, md5OfAttributes } from './digest.ts'
import { invalidValue, missing, unknownAttribute } from './errors.ts'
import { checkFifoEntries, fitQueue } from './fifo.ts'
import type { LiveQueue, Received } from './live.ts'
import { checkMessage, isSystemAttribute, selectAttributes, sizeOf, systemAttributes } from './message.ts'
import { type OperationParts, queueOf } from './operation-parts.ts'
import type { NewMessage, StoredAttribute, StoredMessage } from './types.ts'

const MAX_BATCH_BYTES = 1_048_576
const MAX_VISIBILITY = 43_200

/** Sending, receiving, deleting and hiding messages, alone and in batches of at most ten. */
export const createMessageOperations = ({
  parts,
  queues,
  waiting,
  encryption,
}: OperationParts): Record<string, Operation> => {
  const attempts = createAttempts(queues, parts.now)
  const changeVisibility = (
    queue: LiveQueue,
    handle: string | undefined,
    seconds: number | undefined,
  ): void => {
    if (!handle) throw missing('ReceiptHandle')
    queues.changeVisibility(
      queue,
      handle,
      secondsWithin(seconds, 'VisibilityTimeout', MAX_VISIBILITY) * 1_000,
    )
  }
  const discard = (queue: LiveQueue, handle: string | undefined): void => {
    if (!handle) throw missing('ReceiptHandle')
    queues.discard(queue, handle)
  }

  return {
    SendMessage: (input: SendMessageCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const message = fitQueue(queue.record, checkMessage(input, call.caller.userId))
      const sealed = encryption.seal(queue.record, call.caller)
      const [sent] = queues.send(queue, [{ ...message, ...(sealed && { sealed }) }])
      return sent && describeSent(sent)
    },
    SendMessageBatch: (input: SendMessageBatchCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const checked = new Map<string, NewMessage>()
      const entries = checkEntries('SendMessage', input.Entries)
      checkFifoEntries(queue.record, entries)
      const refused = inBatch(entries, (entry) => {
        checked.set(entry.Id, fitQueue(queue.record, checkMessage(entry, call.caller.userId)))
        return {}
      })
      const bytes = [...checked.values()].reduce((sum, message) => sum + sizeOf(message), 0)
      if (bytes > MAX_BATCH_BYTES)
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
        )
      const good = entries.filter((entry) => checked.has(entry.Id))
      const sealed = good.length > 0 ? encryption.seal(queue.record, call.caller) : undefined
      const sent = inBatch(good, ({ Id }) => {
        const [one] = queues.send(queue, [{ ...(checked.get(Id) as NewMessage), ...(sealed && { sealed }) }])
        return one ? describeSent(one) : {}
      })
      return { Successful: sent.Successful, Failed: [...refused.Failed, ...sent.Failed] }
    },
    ReceiveMessage: async (input: ReceiveMessageCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const request = checkReceive(queue, input)
      const reading = { open: (message: StoredMessage) => encryption.open(message, call.caller) }
      const id = input.ReceiveRequestAttemptId
      const repeated = id === undefined ? undefined : attempts.repeat(queue, id, request.visibilityMs)
      const received = repeated ?? (await waiting.receive({ queue, ...request, reading }))
      if (id !== undefined && !repeated) attempts.remember(queue, id, received)
      return received.length > 0 ? { Messages: received.map((one) => describeReceived(one, input)) } : {}
    },
    DeleteMessage: (input: DeleteMessageCommandInput, call: Call) => {
      discard(queueOf(queues, input.QueueUrl, call), input.ReceiptHandle)
      return {}
    },
    DeleteMessageBatch: (input: DeleteMessageBatchCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      return inBatch(checkEntries('DeleteMessage', input.Entries), (entry) => {
        discard(queue, entry.ReceiptHandle)
        return {}
      })
    },
    ChangeMessageVisibility: (input: ChangeMessageVisibilityCommandInput, call: Call) => {
      changeVisibility(queueOf(queues, input.QueueUrl, call), input.ReceiptHandle, input.VisibilityTimeout)
      return {}
    },
    ChangeMessageVisibilityBatch: (input: ChangeMessageVisibilityBatchCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      return inBatch(checkEntries('ChangeMessageVisibility', input.Entries), (entry) => {
        changeVisibility(queue, entry.ReceiptHandle, entry.VisibilityTimeout)
        return {}
      })
    },
  }
}

const checkReceive = ({ record }: LiveQueue, input: ReceiveMessageCommandInput) => {
  const { MaxNumberOfMessages: max = 1, VisibilityTimeout: hidden, WaitTimeSeconds: wait } = input
  if (!Number.isInteger(max) || max < 1 || max > 10)
    throw invalidValue(max, 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.')
  // the older list may name attributes of queues too: its type in the model
  for (const name of [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])])
    if (!isSystemAttribute(name) && !isReadable(name)) throw unknownAttribute(name)
  if (input.ReceiveRequestAttemptId !== undefined && !isFifo(record))
    throw invalidValue(
      input.ReceiveRequestAttemptId,
      'ReceiveRequestAttemptId',
      'The request includes a parameter that is not valid for this queue type.',
    )
  const visibility =
    hidden === undefined
      ? numberOf(record, 'VisibilityTimeout')
      : secondsWithin(hidden, 'VisibilityTimeout', MAX_VISIBILITY)
  const seconds =
    wait === undefined
      ? numberOf(record, 'ReceiveMessageWaitTimeSeconds')
      : secondsWithin(wait, 'WaitTimeSeconds', 20)
  return { max, visibilityMs: visibility * 1_000, waitMs: seconds * 1_000 }
}

const secondsWithin = (value: number | undefined, name: string, most: number): number => {
  if (value === undefined) throw missing(name)
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw invalidValue(value, name, `Must be >= 0 and <= ${most}, if provided.`)
  return value
}

const describeSent = (message: StoredMessage): object => {
  const attributes = md5OfAttributes(message.attributes)
  const system =
    message.trace === undefined
      ? undefined
      : md5OfAttributes({ AWSTraceHeader: { type: 'String', text: message.trace } })
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5(message.body),
    ...(attributes ? { MD5OfMessageAttributes: attributes } : {}),
    ...(system ? { MD5OfMessageSystemAttributes: system } : {}),
    ...(message.sequence === undefined ? {} : { SequenceNumber: message.sequence }),
  }
}

const describeReceived = ({ handle, message }: Received, input: ReceiveMessageCommandInput): object => {
  const attributes = selectAttributes(message.attributes, input.MessageAttributeNames ?? [])
  const digest = md5OfAttributes(attributes)
  // AttributeNames is the older name of MessageSystemAttributeNames
  const wanted: readonly string[] = [
    ...(input.AttributeNames ?? []),
    ...(input.MessageSystemAttributeNames ?? []),
  ]
  const system = Object.entries(systemAttributes(message)).filter(
    ([name]) => wanted.includes('All') || wanted.includes(name),
  )
  return {
    MessageId: message.id,
    ReceiptHandle: handle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 ? { Attributes: Object.fromEntries(system) } : {}),
    ...(digest ? { MD5OfMessageAttributes: digest, MessageAttributes: toSdk(attributes) } : {}),
  }
}

const toSdk = (
  attributes: Readonly<Record<string, StoredAttribute>>,
): Record<string, MessageAttributeValue> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      value.base64 === undefined
        ? { DataType: value.type, StringValue: value.text }
        : { DataType: value.type, BinaryValue: new Uint8Array(Buffer.from(value.base64, 'base64')) },
    ]),
  )
