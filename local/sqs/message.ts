import type { MessageAttributeValue, SendMessageCommandInput } from '@aws-sdk/client-sqs'
import { AwsError } from '../gateway/service.ts'
import { invalidValue, missing } from './errors.ts'
import type { NewMessage, StoredAttribute, StoredMessage } from './types.ts'

/** Characters XML 1.0 allows: SQS API Reference, SendMessage. Lone surrogates are refused with the rest. */
const ALLOWED = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
const ATTRIBUTE_NAME = /^(?!AWS\.|Amazon\.)[A-Za-z0-9_\-.]{1,256}$/i
const ATTRIBUTE_TYPE = /^(String|Number|Binary)(\.[A-Za-z0-9_\-.]+)?$/
const MAX_ATTRIBUTES = 10
const MAX_DELAY_SECONDS = 900

type Incoming = Pick<
  SendMessageCommandInput,
  'MessageBody' | 'DelaySeconds' | 'MessageAttributes' | 'MessageSystemAttributes' | 'MessageGroupId'
>

/**
 * Checks a message on its way in (SQS API Reference, SendMessage; developer guide, "Message attribute components").
 * @throws AwsError as SQS would for an empty body, characters that XML lacks, bad attributes or delay
 */
export const checkMessage = (input: Incoming, senderId: string): NewMessage => {
  const body = input.MessageBody
  if (!body) throw missing('MessageBody')
  if (!ALLOWED.test(body))
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.')
  const delay = input.DelaySeconds
  if (delay !== undefined && !(Number.isInteger(delay) && delay >= 0 && delay <= MAX_DELAY_SECONDS))
    throw invalidValue(delay, 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.')
  const trace = input.MessageSystemAttributes?.AWSTraceHeader?.StringValue
  return {
    body,
    attributes: checkAttributeMap(input.MessageAttributes ?? {}),
    senderId,
    ...(trace === undefined ? {} : { trace }),
    ...(input.MessageGroupId === undefined ? {} : { groupId: input.MessageGroupId }),
    ...(delay === undefined ? {} : { delaySeconds: delay }),
  }
}

const checkAttributeMap = (
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, StoredAttribute> => {
  const entries = Object.entries(attributes)
  if (entries.length > MAX_ATTRIBUTES)
    throw invalidValue(
      entries.length,
      'MessageAttributes',
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    )
  return Object.fromEntries(entries.map(([name, value]) => [name, checkAttribute(name, value)]))
}

const checkAttribute = (name: string, value: MessageAttributeValue): StoredAttribute => {
  if (!ATTRIBUTE_NAME.test(name) || /^\.|\.$|\.\./.test(name))
    throw invalidValue(name, 'MessageAttributes', 'The message attribute name is not valid.')
  const type = value.DataType ?? ''
  if (!ATTRIBUTE_TYPE.test(type))
    throw invalidValue(name, 'MessageAttributes', `The message attribute '${name}' has an invalid type.`)
  if (type.startsWith('Binary')) {
    if (!value.BinaryValue?.length)
      throw invalidValue(name, 'MessageAttributes', `The message attribute '${name}' must have a value.`)
    return { type, base64: Buffer.from(value.BinaryValue).toString('base64') }
  }
  const text = value.StringValue
  if (!text)
    throw invalidValue(name, 'MessageAttributes', `The message attribute '${name}' must have a value.`)
  if (type.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw invalidValue(
      name,
      'MessageAttributes',
      `Could not cast message attribute '${name}' value to number.`,
    )
  return { type, text }
}

/** Bytes that count towards the limits: body, and name, type and value of each attribute. */
export const sizeOf = (message: Pick<NewMessage, 'body' | 'attributes'>): number =>
  Object.entries(message.attributes).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(value.type) +
      (value.base64 === undefined
        ? Buffer.byteLength(value.text ?? '')
        : Buffer.byteLength(value.base64, 'base64')),
    Buffer.byteLength(message.body),
  )

/** The attributes that a receiver asked for: names, `All`, `.*`, or `prefix.*` (SQS API Reference, ReceiveMessage). */
export const selectAttributes = (
  attributes: Readonly<Record<string, StoredAttribute>>,
  wanted: readonly string[],
): Record<string, StoredAttribute> =>
  Object.fromEntries(
    Object.entries(attributes).filter(([name]) =>
      wanted.some(
        (want) =>
          want === 'All' ||
          want === '.*' ||
          want === name ||
          (want.endsWith('.*') && name.startsWith(want.slice(0, -1))),
      ),
    ),
  )

/** System attributes of a received message, by their names in ReceiveMessage; times in milliseconds. */
export const systemAttributes = (message: StoredMessage): Record<string, string> => ({
  SenderId: message.senderId,
  SentTimestamp: String(message.sentAt),
  ApproximateReceiveCount: String(message.receives),
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
  ...(message.trace === undefined ? {} : { AWSTraceHeader: message.trace }),
  ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
  ...(message.deadLetteredFrom === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetteredFrom }),
})
