import { checkDeliveryPolicy, describeEffectiveTopicPolicy, describeTopicPolicy } from './delivery-policy.ts'
import { invalidParameter, notServed } from './errors.ts'
import { isEmptyPolicy } from './filter-policy.ts'
import { jsonFailure } from './json-failure.ts'
import { defaultPolicy } from './policy.ts'
import type { Subscription, Topic } from './types.ts'

/** SNS API Reference, SetTopicAttributes; feedback is kept and shown, but no deliveries are logged. */
const SETTABLE =
  /^(DisplayName|Policy|DeliveryPolicy|KmsMasterKeyId|SignatureVersion|TracingConfig|(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)Feedback(RoleArn|SampleRate))$/
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  SignatureVersion: ['1', '2'],
  TracingConfig: ['PassThrough', 'Active'],
  ContentBasedDeduplication: ['true', 'false'],
  FifoThroughputScope: ['Topic', 'MessageGroup'],
}
const FIFO_SETTABLE = ['ContentBasedDeduplication', 'FifoThroughputScope']

/**
 * Checks one attribute as SetTopicAttributes takes it; an empty value takes the setting away.
 * @throws AwsError InvalidParameter
 */
export const checkAttribute = (name: string, value: string, fifo: boolean): void => {
  if (name === 'ArchivePolicy') throw notServed('ArchivePolicy')
  if (!SETTABLE.test(name) && !(fifo && FIFO_SETTABLE.includes(name))) throw invalidParameter('AttributeName')
  if (isEmptyPolicy(value)) return
  const choices = CHOICES[name]
  if (choices && !choices.includes(value))
    throw invalidParameter(`${name}: Invalid value [${value}]. Must be one of ${choices.join(', ')}.`)
  if (name === 'DisplayName' && value.length > 100) throw invalidParameter('DisplayName')
  if (name === 'Policy') checkPolicy(value)
  if (name === 'DeliveryPolicy') {
    const failure = jsonFailure(value)
    if (failure !== undefined) throw invalidParameter(`DeliveryPolicy: failed to parse JSON. ${failure}`)
    checkDeliveryPolicy(value, 'topic')
  }
}

const checkPolicy = (text: string): void => {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw invalidParameter('Policy failed to parse JSON string')
  }
  const statements = (policy as { Statement?: unknown } | null)?.Statement
  const each: unknown[] = Array.isArray(statements) ? statements : [statements]
  const good = each.every((one) =>
    /^(Allow|Deny)$/.test(String((one as { Effect?: unknown } | undefined)?.Effect)),
  )
  if (!good) throw invalidParameter('Policy Error: null')
}

/** Attributes of a new topic: what is false or empty from the beginning is not kept. @throws AwsError InvalidParameter */
export const newAttributes = (
  given: Readonly<Record<string, string>>,
  fifo: boolean,
): Record<string, string> => {
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'FifoTopic') checkAttribute(name, value, fifo)
    else if (value !== 'true' && value !== 'false')
      throw invalidParameter(`FifoTopic: Invalid value [${value}]. Must be true or false.`)
  }
  const kept = Object.entries(given).filter(
    ([name, value]) => !isEmptyPolicy(value) && !(name === 'FifoTopic' && value === 'false'),
  )
  return Object.fromEntries(kept)
}

/** What GetTopicAttributes answers. */
export const describeAttributes = (
  topic: Topic,
  subscriptions: readonly Subscription[],
): Record<string, string> => {
  const { DeliveryPolicy: delivery, ...rest } = topic.attributes
  const pending = subscriptions.filter((one) => one.pending).length
  return {
    DisplayName: '',
    Policy: defaultPolicy(topic),
    EffectiveDeliveryPolicy: describeEffectiveTopicPolicy(delivery),
    ...(topic.attributes.FifoTopic ? { ContentBasedDeduplication: 'false' } : {}),
    ...rest,
    ...(delivery === undefined ? {} : { DeliveryPolicy: describeTopicPolicy(delivery) }),
    TopicArn: topic.arn,
    Owner: topic.account,
    SubscriptionsConfirmed: String(subscriptions.length - pending),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: '0',
  }
}
