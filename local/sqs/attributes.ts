import { isDeepStrictEqual } from 'node:util'
import { AwsError } from '../gateway/service.ts'
import { invalidAttribute, unknownAttribute } from './errors.ts'
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
const FIFO_DEFAULTS: Readonly<Record<string, string>> = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
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

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  SqsManagedSseEnabled: ['true', 'false'],
  FifoQueue: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
}

const DOCUMENTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy']
const FIFO_ONLY = ['FifoQueue', ...Object.keys(FIFO_DEFAULTS)]
const COUNTED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
]
const SETTABLE = [...Object.keys(RANGES), ...DOCUMENTS, 'KmsMasterKeyId', 'SqsManagedSseEnabled']
const READABLE = [...SETTABLE, ...FIFO_ONLY, ...COUNTED, 'All']

export const isReadable = (name: string): boolean => READABLE.includes(name)

export const isFifo = (queue: Pick<QueueRecord, 'attributes'>): boolean =>
  queue.attributes.FifoQueue === 'true'

/**
 * Checks attributes as CreateQueue and SetQueueAttributes take them, but for the documents among them.
 * @param fifo type of the queue
 * @throws AwsError InvalidAttributeName, InvalidAttributeValue
 */
export const checkAttributes = (attributes: Readonly<Record<string, string>>, fifo: boolean): void => {
  for (const [name, value] of Object.entries(attributes)) {
    checkName(name, fifo)
    if (name === 'FifoQueue' && value === 'false')
      throw invalidAttribute(name, 'Modifying queue type is not supported.')
    const range = RANGES[name]
    if (range && (!/^\d{1,9}$/.test(value) || Number(value) < range[0] || Number(value) > range[1]))
      throw invalidAttribute(name)
    if (CHOICES[name] && !CHOICES[name].includes(value)) throw invalidAttribute(name)
  }
  if (attributes.KmsMasterKeyId && attributes.SqsManagedSseEnabled === 'true')
    throw new AwsError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    )
}

const checkName = (name: string, fifo: boolean): void => {
  if (SETTABLE.includes(name)) return
  if (!FIFO_ONLY.includes(name)) throw unknownAttribute(name)
  if (fifo) return
  if (name === 'DeduplicationScope' || name === 'FifoThroughputLimit')
    throw new AwsError(
      'InvalidAttributeName',
      `You can specify the ${name} only when FifoQueue is set to true.`,
    )
  throw unknownAttribute(name)
}

/**
 * Checks what attributes say together.
 * @throws AwsError InvalidAttributeValue. The text is inferred from the rule's wording in the API Reference, CreateQueue
 */
export const checkTogether = (attributes: Readonly<Record<string, string>>): void => {
  const { FifoThroughputLimit: limit, DeduplicationScope: scope } = attributes
  if (limit === 'perMessageGroupId' && scope !== 'messageGroup')
    throw invalidAttribute(
      'FifoThroughputLimit',
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.',
    )
}

/** Value of an attribute, set or default. */
export const attributeOf = (queue: QueueRecord, name: string): string =>
  queue.attributes[name] ?? DEFAULTS[name] ?? FIFO_DEFAULTS[name] ?? ''

/** Value of a numeric attribute, set or default. */
export const numberOf = (queue: QueueRecord, name: string): number => Number(attributeOf(queue, name))

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly maxReceiveCount: number
}

/** The redrive policy, which was checked when it was set. */
export const redriveOf = (queue: QueueRecord): RedrivePolicy | undefined => {
  const document = parseObject(queue.attributes.RedrivePolicy ?? '')
  return (
    document && {
      deadLetterTargetArn: String(document.deadLetterTargetArn ?? ''),
      // CloudFormation and consoles write it as a number or as a string
      maxReceiveCount: Number(document.maxReceiveCount),
    }
  )
}

export const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Merged attributes: an empty document or key takes the setting away, one encryption switches the other off (SetQueueAttributes). */
export const mergeAttributes = (
  old: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>>,
): Record<string, string> => {
  const encryption: Readonly<Record<string, string>> = change.KmsMasterKeyId
    ? { SqsManagedSseEnabled: 'false' }
    : change.SqsManagedSseEnabled === 'true'
      ? { KmsMasterKeyId: '', KmsDataKeyReusePeriodSeconds: '' }
      : {}
  return Object.fromEntries(
    Object.entries({ ...old, ...encryption, ...change }).filter(([, value]) => value !== ''),
  )
}

/** The first given attribute whose value differs from the queue's: what makes CreateQueue refuse a known name. */
export const differingAttribute = (
  queue: QueueRecord,
  given: Readonly<Record<string, string>>,
): string | undefined =>
  Object.entries(given).find(([name, value]) => {
    const held = attributeOf(queue, name)
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
  for (const name of names) if (!isReadable(name)) throw unknownAttribute(name)
  const all: Record<string, string> = {
    ...DEFAULTS,
    ...(isFifo(queue) ? FIFO_DEFAULTS : {}),
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
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  )
}
