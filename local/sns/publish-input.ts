import type { MessageAttributeValue, PublishCommandInput } from '@aws-sdk/client-sns'
import { checkAttributeName } from './attribute-name.ts'
import { invalidAttributeValue, invalidParameter } from './errors.ts'
import type { Attribute, Published } from './types.ts'

/** Bytes of message and attributes: SNS API Reference, Publish. */
export const MAX_BYTES = 262_144
/** The API Reference says "less than 100 characters"; that exactly 100 pass is inferred. */
const MAX_SUBJECT = 100
const SUBJECT = /^[!-~][ -~]*$/

export type Content = Pick<
  Published,
  'subject' | 'message' | 'byProtocol' | 'attributes' | 'groupId' | 'deduplicationId'
>
type Input = Pick<
  PublishCommandInput,
  | 'Message'
  | 'Subject'
  | 'MessageStructure'
  | 'MessageAttributes'
  | 'MessageGroupId'
  | 'MessageDeduplicationId'
>

/**
 * Checks what is to be published, whatever the topic (SNS API Reference, Publish; developer guide, "Amazon SNS message attributes").
 * @throws AwsError InvalidParameter, ParameterValueInvalid
 */
export const checkContent = (input: Input): Content => {
  const { Message: message, Subject: subject, MessageStructure: structure } = input
  const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input
  if (subject !== undefined && (subject.length > MAX_SUBJECT || !SUBJECT.test(subject)))
    throw invalidParameter('Subject')
  if (!message) throw invalidParameter('Empty message')
  const attributes = Object.fromEntries(
    Object.entries(input.MessageAttributes ?? {}).map(([name, value]) => [name, checkAttribute(name, value)]),
  )
  checkId('MessageGroupId', groupId)
  checkId('MessageDeduplicationId', deduplicationId)
  if (structure !== undefined && structure !== 'json') throw invalidParameter('MessageStructure')
  const byProtocol = structure === 'json' ? parseStructure(message) : undefined
  return {
    message: byProtocol?.default ?? message,
    attributes,
    ...(byProtocol ? { byProtocol } : {}),
    ...(subject === undefined ? {} : { subject }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
  }
}

/**
 * A message on its own, with its size.
 * @throws AwsError InvalidParameter, ParameterValueInvalid
 */
export const checkMessage = (input: Input): Content => {
  const content = checkContent(input)
  if (sizeOf(input.Message, content) > MAX_BYTES) throw invalidParameter('Message too long')
  return content
}

/** Bytes that count towards the limit, of what was sent: a message for several protocols counts whole. */
export const sizeOf = (sent: string | undefined, { attributes }: Pick<Content, 'attributes'>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { type, value }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      Buffer.byteLength(value, type.startsWith('Binary') ? 'base64' : 'utf8'),
    Buffer.byteLength(sent ?? ''),
  )

/** Group and deduplication ids: API Reference, Publish; the text is inferred. */
const checkId = (name: string, id: string | undefined): void => {
  if (id !== undefined && !/^[!-~]{1,128}$/.test(id))
    throw invalidParameter(
      `${name} Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length`,
    )
}

const parseStructure = (text: string): Record<string, string> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalidParameter('Message Structure - JSON message body failed to parse')
  // members that are no strings are ignored (API Reference, Publish, MessageStructure)
  const texts = Object.fromEntries(
    Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  if (texts.default === undefined)
    throw invalidParameter('Message Structure - No default entry in JSON message body')
  return texts
}

const checkAttribute = (name: string, given: MessageAttributeValue): Attribute => {
  const type = given.DataType ?? ''
  checkAttributeName(name)
  if (!/^(String|Number|Binary)(\..+)?$/.test(type))
    throw invalidAttributeValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  const binary = type.startsWith('Binary')
  const other = binary ? given.StringValue : given.BinaryValue
  const own = binary ? given.BinaryValue : given.StringValue
  if (own === undefined && other !== undefined)
    throw invalidAttributeValue(
      `The message attribute '${name}' with type '${type}' must use field '${binary ? 'Binary' : 'String'}'.`,
    )
  const value = binary ? Buffer.from(given.BinaryValue ?? []).toString('base64') : (given.StringValue ?? '')
  if (value === '')
    throw invalidAttributeValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    )
  if (type.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value))
    throw invalidAttributeValue(`Could not cast message attribute '${name}' value to number.`)
  if (type === 'String.Array' && !isArray(value))
    throw invalidAttributeValue(`The message attribute '${name}' is not a JSON array.`)
  return { type, value }
}

const isArray = (text: string): boolean => {
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}
