import type { MessageAttributeValue, PublishCommandInput } from '@aws-sdk/client-sns'
import { invalidAttributeValue, invalidParameter } from './errors.ts'
import type { Attribute, Published } from './types.ts'

/** Bytes of message and attributes: SNS API Reference, Publish. */
export const MAX_BYTES = 262_144
/** The API Reference says "less than 100 characters"; that exactly 100 pass is inferred. */
const MAX_SUBJECT = 100
const SUBJECT = /^[!-~][ -~]*$/
const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.)(?!.*\.\.)(?!\.)[A-Za-z0-9_\-.]{1,256}(?<!\.)$/i

type Content = Pick<Published, 'subject' | 'message' | 'byProtocol' | 'attributes' | 'groupId'>
type Input = Pick<
  PublishCommandInput,
  'Message' | 'Subject' | 'MessageStructure' | 'MessageAttributes' | 'MessageGroupId'
>

/**
 * Checks what is to be published (SNS API Reference, Publish; developer guide, "Amazon SNS message attributes").
 * @throws AwsError InvalidParameter, ParameterValueInvalid
 */
export const checkContent = (input: Input): Content => {
  const { Message: message, Subject: subject, MessageStructure: structure, MessageGroupId: groupId } = input
  if (!message) throw invalidParameter('Empty message')
  if (subject !== undefined && (subject.length > MAX_SUBJECT || !SUBJECT.test(subject)))
    throw invalidParameter('Subject')
  const attributes = Object.fromEntries(
    Object.entries(input.MessageAttributes ?? {}).map(([name, value]) => [name, checkAttribute(name, value)]),
  )
  if (sizeOf({ message, attributes }) > MAX_BYTES) throw invalidParameter('Message too long')
  if (structure !== undefined && structure !== 'json') throw invalidParameter('MessageStructure')
  const byProtocol = structure === 'json' ? parseStructure(message) : undefined
  return {
    message: byProtocol?.default ?? message,
    attributes,
    ...(byProtocol ? { byProtocol } : {}),
    ...(subject === undefined ? {} : { subject }),
    ...(groupId === undefined ? {} : { groupId }),
  }
}

/** Bytes that count towards the limit. */
export const sizeOf = ({ message, attributes }: Pick<Content, 'message' | 'attributes'>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { type, value }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      Buffer.byteLength(value, type.startsWith('Binary') ? 'base64' : 'utf8'),
    Buffer.byteLength(message),
  )

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
  if (!ATTRIBUTE_NAME.test(name))
    throw invalidAttributeValue(`The message attribute name '${name}' is not valid.`)
  if (!/^(String|Number|Binary)(\..+)?$/.test(type))
    throw invalidAttributeValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  const value = type.startsWith('Binary')
    ? Buffer.from(given.BinaryValue ?? []).toString('base64')
    : (given.StringValue ?? '')
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
