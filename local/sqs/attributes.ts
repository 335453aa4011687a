import { isDeepStrictEqual } from 'node:util'
import { AwsError } from '../gateway/service.ts'
import { invalidValue } from './errors.ts'
import type { QueueRecord } from './types.ts'

/** Defaults of a standard queue: SQS API Reference, CreateQueue; the size limit is 1 MiB since 2025. */
const DEFAULTS: Readonly<Record<string, string>> = {
  VisibilityTimeout: '30',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
}

/** Lowest and highest value of the numeric attributes, in seconds or bytes (same source). */
const RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  VisibilityTimeout: [0, 43_200],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  DelaySeconds: [0, 900],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
}

const DOCUMENTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy']
const FIFO_ONLY = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit']
const COUNTED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
]
const SETTABLE = [...Object.keys(RANGES), ...DOCUMENTS, 'KmsMasterKeyId', 'SqsManagedSseEnabled']

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly maxReceiveCount: number
}

export const noFifo = (): AwsError =>
  new AwsError('UnsupportedOperation', 'FIFO queues are not served by this local cloud yet.')

/**
 * Checks attributes as CreateQueue and SetQueueAttributes take them.
 * @throws AwsError InvalidAttributeName, InvalidAttributeValue, InvalidParameterValueException; UnsupportedOperation for FIFO
 */
export const checkAttributes = (attributes: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(attributes)) {
    if (FIFO_ONLY.includes(name)) throw noFifo()
    if (!SETTABLE.includes(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
    const range = RANGES[name]
    if (range && (!/^\d{1,9}$/.test(value) || Number(value) < range[0] || Number(value) > range[1]))
      throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
    if (name === 'SqsManagedSseEnabled' && value !== 'true' && value !== 'false')
      throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
    if (DOCUMENTS.includes(name) && value !== '') checkDocument(name, value)
  }
}

const checkDocument = (name: string, value: string): void => {
  const document = parseObject(value)
  if (!document) throw invalidValue(value, name, 'Invalid JSON object.')
  if (name !== 'RedrivePolicy') return
  const redrive = readRedrive(value)
  if (!redrive?.deadLetterTargetArn)
    throw invalidValue(
      value,
      name,
      'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.',
    )
  if (!(redrive.maxReceiveCount >= 1 && redrive.maxReceiveCount <= 1_000))
    throw invalidValue(value, name, 'Invalid value for maxReceiveCount. It must be between 1 and 1000.')
}

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** The redrive policy of an attribute's text, if it is set. */
export const readRedrive = (text: string | undefined): RedrivePolicy | undefined => {
  const document = text ? parseObject(text) : undefined
  if (!document) return undefined
  return {
    deadLetterTargetArn: String(document.deadLetterTargetArn ?? ''),
    // CloudFormation and consoles write it as a number or as a string
    maxReceiveCount: Number(document.maxReceiveCount),
  }
}

export const redriveOf = (queue: QueueRecord): RedrivePolicy | undefined =>
  readRedrive(queue.attributes.RedrivePolicy)

/** Value of a numeric attribute, set or default. */
export const numberOf = (queue: QueueRecord, name: string): number =>
  Number(queue.attributes[name] ?? DEFAULTS[name])

/** Merged attributes; an empty document or key takes the setting away (SetQueueAttributes). */
export const mergeAttributes = (
  old: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== ''))

/** The first given attribute whose value differs from the queue's: what makes CreateQueue refuse a known name. */
export const differingAttribute = (
  queue: QueueRecord,
  given: Readonly<Record<string, string>>,
): string | undefined =>
  Object.entries(given).find(([name, value]) => {
    const held = queue.attributes[name] ?? DEFAULTS[name] ?? ''
    if (value === held) return false
    return !(DOCUMENTS.includes(name) && value && isDeepStrictEqual(parseObject(held), parseObject(value)))
  })?.[0]

/**
 * What GetQueueAttributes answers.
 * @throws AwsError InvalidAttributeName
 */
export const describeAttributes = (
  queue: QueueRecord,
  counts: { readonly ready: number; readonly held: number; readonly delayed: number },
  names: readonly string[],
): Record<string, string> => {
  const all: Record<string, string> = {
    ...DEFAULTS,
    ...(queue.attributes.KmsMasterKeyId
      ? { SqsManagedSseEnabled: 'false', KmsDataKeyReusePeriodSeconds: '300' }
      : {}),
    ...queue.attributes,
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(counts.ready),
    ApproximateNumberOfMessagesNotVisible: String(counts.held),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
  }
  for (const name of names)
    if (![...SETTABLE, ...FIFO_ONLY, ...COUNTED, 'All'].includes(name))
      throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  )
}
