import type { MessageAttributeValue, SendMessageCommandInput } from '@aws-sdk/client-sqs'
import { AwsError } from '../gateway/service.ts'
import { invalid, invalidValue, missing } from './errors.ts'
import type { NewMessage, StoredAttribute, StoredMessage } from './types.ts'

/** Characters XML 1.0 allows: SQS API Reference, SendMessage. Lone surrogates are refused with the rest. */
const ALLOWED = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
const MAX_ATTRIBUTES = 10
const MAX_DELAY_SECONDS = 900
/** Group and deduplication ids: API Reference, SendMessage. */
const FIFO_ID = /^[!-~]{1,128}$/

type Incoming = Pick<
  SendMessageCommandInput,
  | 'MessageBody'
  | 'DelaySeconds'
  | 'MessageAttributes'
  | 'MessageSystemAttributes'
  | 'MessageGroupId'
  | 'MessageDeduplicationId'
>

/**
 * Checks a message on its way in, whatever the queue (SQS API Reference, SendMessage; developer guide, "Message attribute
 * components").
 * @throws AwsError as SQS would for an empty body, characters that XML lacks, bad attributes, ids or delay
 */
export const checkMessage = (input: Incoming, senderId: string): NewMessage => {
  const { MessageBody: body, DelaySeconds: delay, MessageGroupId: group } = input
  if (!body) throw missing('MessageBody')
  checkCharacters(body)
  const attributes = checkAttributeMap(input.MessageAttributes ?? {})
  const { AWSTraceHeader: trace } = checkSystemAttributes(input.MessageSystemAttributes ?? {})
  const deduplicationId = checkId(input.MessageDeduplicationId, 'MessageDeduplicationId')
  checkId(group, 'MessageGroupId')
  if (delay !== undefined && !(Number.isInteger(delay) && delay >= 0 && delay <= MAX_DELAY_SECONDS))
    throw invalidValue(delay, 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.')
  return {
    body,
    attributes,
    senderId,
    ...(trace?.text === undefined ? {} : { trace: trace.text }),
    ...(group === undefined ? {} : { groupId: group }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
    ...(delay === undefined ? {} : { delaySeconds: delay }),
  }
}

const checkCharacters = (text: string): void => {
  if (!ALLOWED.test(text))
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    )
}

const checkId = (id: string | undefined, name: string): string | undefined => {
  if (id !== undefined && !FIFO_ID.test(id))
    throw invalidValue(
      id,
      name,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    )
  return id
}

const checkAttributeMap = (
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, StoredAttribute> => {
  const entries = Object.entries(attributes)
  if (entries.length > MAX_ATTRIBUTES)
    throw invalid(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    )
  return Object.fromEntries(
    entries.map(([name, value]) => {
      checkAttributeName(name)
      return [name, checkAttribute(name, value)]
    }),
  )
}

/** `AWSTraceHeader` is all that may be sent (API Reference, SendMessage, MessageSystemAttribute). */
const checkSystemAttributes = (
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Partial<Record<string, StoredAttribute>> => {
  const other = Object.keys(attributes).find((name) => name !== 'AWSTraceHeader')
  if (other !== undefined) throw invalid(`Message system attribute name '${other}' is invalid.`)
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, checkAttribute(name, value)]),
  )
}

const checkAttributeName = (name: string): void => {
  if (Buffer.byteLength(name) > 256)
    throw invalid('Message (user) attribute names must be shorter than 256 Bytes')
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    throw invalid(
      'Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ',
    )
  if (/^(aws\.|amazon\.)|^\.|\.$|\.\./i.test(name))
    throw invalid(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.",
    )
}

const checkAttribute = (name: string, value: MessageAttributeValue): StoredAttribute => {
  const type = value.DataType ?? ''
  if (!/^(String|Number|Binary)(\..*)?$/.test(type))
    throw invalid(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    )
  if (Buffer.byteLength(type) > 256)
    throw invalid('Message (user) attribute types must be shorter than 256 Bytes')
  const empty = () =>
    invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`)
  if (type.startsWith('Binary')) {
    if (!value.BinaryValue?.length) throw empty()
    return { type, base64: Buffer.from(value.BinaryValue).toString('base64') }
  }
  const text = value.StringValue
  if (!text) throw empty()
  checkCharacters(text)
  if (type.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`)
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

/** The attributes that a receiver asked for: names, `All`, `*`, `.*`, or `prefix.*`, where `prefix` alone counts (recorded). */
export const selectAttributes = (
  attributes: Readonly<Record<string, StoredAttribute>>,
  wanted: readonly string[],
): Record<string, StoredAttribute> =>
  Object.fromEntries(
    Object.entries(attributes).filter(([name]) =>
      wanted.some(
        (want) =>
          want === 'All' ||
          want === '*' ||
          want === name ||
          (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
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
  ...(message.deduplicationId === undefined ? {} : { MessageDeduplicationId: message.deduplicationId }),
  ...(message.sequence === undefined ? {} : { SequenceNumber: message.sequence }),
  ...(message.deadLetteredFrom === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetteredFrom }),
})

const SYSTEM_NAMES: readonly string[] = [
  'All',
  'SenderId',
  'SentTimestamp',
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'AWSTraceHeader',
  'MessageGroupId',
  'MessageDeduplicationId',
  'SequenceNumber',
  'DeadLetterQueueSourceArn',
]

export const isSystemAttribute = (name: string): boolean => SYSTEM_NAMES.includes(name)
