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
import { numberOf } from './attributes.ts'
import { md5, md5OfAttributes } from './digest.ts'
import { invalidValue, missing } from './errors.ts'
import { checkMessage, selectAttributes, sizeOf, systemAttributes } from './message.ts'
import { type OperationParts, queueOf } from './operation-parts.ts'
import type { LiveQueue, Received } from './queues.ts'
import type { NewMessage, StoredAttribute, StoredMessage } from './types.ts'

const MAX_BATCH = 10
const MAX_BATCH_BYTES = 1_048_576
const MAX_VISIBILITY = 43_200

/** Sending, receiving, deleting and hiding messages, alone and in batches of at most ten. */
export const createMessageOperations = ({ queues, waiting }: OperationParts): Record<string, Operation> => {
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
      const [sent] = queues.send(queue, [checkMessage(input, call.caller.userId)])
      return sent && describeSent(sent)
    },
    SendMessageBatch: (input: SendMessageBatchCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const checked = new Map<string, NewMessage>()
      const entries = checkEntries(input.Entries)
      const refused = inBatch(entries, (entry) => {
        checked.set(entry.Id, checkMessage(entry, call.caller.userId))
        return {}
      })
      const bytes = [...checked.values()].reduce((sum, message) => sum + sizeOf(message), 0)
      if (bytes > MAX_BATCH_BYTES)
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
        )
      const good = entries.filter((entry) => checked.has(entry.Id))
      const sent = inBatch(good, ({ Id }) => {
        const [one] = queues.send(queue, [checked.get(Id) as NewMessage])
        return one ? describeSent(one) : {}
      })
      return { Successful: sent.Successful, Failed: [...refused.Failed, ...sent.Failed] }
    },
    ReceiveMessage: async (input: ReceiveMessageCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const { MaxNumberOfMessages: max = 1, VisibilityTimeout: hidden, WaitTimeSeconds: wait } = input
      if (!Number.isInteger(max) || max < 1 || max > 10)
        throw invalidValue(max, 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.')
      const visibility =
        hidden === undefined
          ? numberOf(queue.record, 'VisibilityTimeout')
          : secondsWithin(hidden, 'VisibilityTimeout', MAX_VISIBILITY)
      const seconds =
        wait === undefined
          ? numberOf(queue.record, 'ReceiveMessageWaitTimeSeconds')
          : secondsWithin(wait, 'WaitTimeSeconds', 20)
      const received = await waiting.receive({
        queue,
        max,
        visibilityMs: visibility * 1_000,
        waitMs: seconds * 1_000,
      })
      return received.length > 0 ? { Messages: received.map((one) => describeReceived(one, input)) } : {}
    },
    DeleteMessage: (input: DeleteMessageCommandInput, call: Call) => {
      discard(queueOf(queues, input.QueueUrl, call), input.ReceiptHandle)
      return {}
    },
    DeleteMessageBatch: (input: DeleteMessageBatchCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      return inBatch(checkEntries(input.Entries), (entry) => {
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
      return inBatch(checkEntries(input.Entries), (entry) => {
        changeVisibility(queue, entry.ReceiptHandle, entry.VisibilityTimeout)
        return {}
      })
    },
  }
}

const secondsWithin = (value: number | undefined, name: string, most: number): number => {
  if (value === undefined) throw missing(name)
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw invalidValue(value, name, `Must be >= 0 and <= ${most}, if provided.`)
  return value
}

type Entry<T> = T & { Id: string }

/** @throws AwsError for an empty or too long batch and for ids that are bad or not distinct: the whole batch is refused */
const checkEntries = <T extends { Id?: string | undefined }>(
  entries: readonly T[] | undefined,
): Entry<T>[] => {
  if (!entries?.length)
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > MAX_BATCH)
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${entries.length}.`,
    )
  for (const { Id } of entries)
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id ?? ''))
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
  const ids = entries.map(({ Id }) => Id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${twice} repeated.`)
  return entries as Entry<T>[]
}

interface Failed {
  readonly Id: string
  readonly SenderFault: true
  readonly Code: string
  readonly Message: string
}

/** Each entry succeeds or fails by itself. */
const inBatch = <T>(entries: readonly Entry<T>[], work: (entry: Entry<T>) => object) => {
  const Successful: { Id: string }[] = []
  const Failed: Failed[] = []
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...work(entry) })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return { Successful, Failed }
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
