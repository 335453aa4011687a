import { AwsError } from '../gateway/service.ts'
import { isFifo } from './arn.ts'
import {
  checkDeliveryPolicy,
  describeEffectiveSubscriptionPolicy,
  describeSubscriptionPolicy,
} from './delivery-policy.ts'
import { invalidParameter } from './errors.ts'
import { FilterError, isEmptyPolicy } from './filter-policy.ts'
import { jsonFailure } from './json-failure.ts'
import type { Subscription, Topic } from './types.ts'

type Subject = Pick<Subscription, 'protocol' | 'topicArn'>

/**
 * Checks one attribute; filters are compiled when the subscription is saved.
 * @throws AwsError InvalidParameter
 */
export const checkAttribute = (name: string, value: string, subject: Subject): void => {
  switch (name) {
    case 'RawMessageDelivery':
      checkRaw(value, subject)
      return
    case 'RedrivePolicy':
      if (!isEmptyPolicy(value)) checkRedrive(value, subject)
      return
    case 'DeliveryPolicy':
      if (isEmptyPolicy(value)) return
      checkJson(name, value)
      checkDeliveryPolicy(value, 'subscription')
      return
    case 'FilterPolicy':
    case 'FilterPolicyScope':
      return
    default:
      throw invalidParameter('AttributeName')
  }
}

const checkRaw = (value: string, { protocol }: Subject): void => {
  if (value !== 'true' && value !== 'false')
    throw invalidParameter(`RawMessageDelivery: Invalid value [${value}]. Must be true or false.`)
  if (value === 'true' && !['sqs', 'http', 'https'].includes(protocol))
    throw invalidParameter(`Delivery protocol [${protocol}] does not support raw message delivery.`)
}

const checkRedrive = (value: string, { topicArn }: Subject): void => {
  checkJson('RedrivePolicy', value)
  const target = (JSON.parse(value) as { deadLetterTargetArn?: unknown } | null)?.deadLetterTargetArn
  if (typeof target !== 'string' || !/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/.test(target))
    throw invalidParameter('RedrivePolicy: deadLetterTargetArn is an invalid arn')
  if (isFifo(topicArn) && !isFifo(target))
    throw invalidParameter(
      'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.',
    )
}

const checkJson = (name: string, value: string): void => {
  const failure = jsonFailure(value)
  if (failure !== undefined) throw invalidParameter(`${name}: failed to parse JSON. ${failure}`)
}

/** Runs a check of attributes; what it refuses is worded for the operation: Subscribe puts a reason before it (recorded). */
export const inWordsOf = <T>(operation: 'Subscribe' | 'SetSubscriptionAttributes', work: () => T): T => {
  try {
    return work()
  } catch (error) {
    const text =
      error instanceof FilterError
        ? error.message
        : error instanceof AwsError
          ? error.message.replace(/^Invalid parameter: /, '')
          : undefined
    if (text === undefined) throw error
    // the attribute's name alone stands without a reason in both
    const plain = operation === 'SetSubscriptionAttributes' || text === 'AttributeName'
    throw invalidParameter(plain ? text : `Attributes Reason: ${text}`)
  }
}

/** Settings of a subscription: what is empty is taken away. */
export const withAttributes = (
  old: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => !isEmptyPolicy(value)))

/** Whether Subscribe asks for other attributes than a known subscription has. */
export const differs = (known: Subscription, wanted: Readonly<Record<string, string>>): boolean => {
  const held: Readonly<Record<string, string>> = {
    RawMessageDelivery: 'false',
    FilterPolicyScope: 'MessageAttributes',
    ...known.attributes,
  }
  return Object.entries(wanted).some(
    ([name, value]) => (held[name] ?? '') !== value && !(held[name] === undefined && isEmptyPolicy(value)),
  )
}

/** What GetSubscriptionAttributes answers. */
export const describeAttributes = (
  subscription: Subscription,
  topic: Topic | undefined,
): Record<string, string> => {
  const {
    FilterPolicy: filter,
    FilterPolicyScope: scope,
    DeliveryPolicy: policy,
    ...rest
  } = subscription.attributes
  const http = subscription.protocol === 'http' || subscription.protocol === 'https'
  const authenticated = !subscription.pending && !subscription.confirmedByLink
  return {
    SubscriptionArn: subscription.arn,
    TopicArn: subscription.topicArn,
    Owner: subscription.owner,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    SubscriptionPrincipal: subscription.principal,
    ConfirmationWasAuthenticated: String(authenticated),
    PendingConfirmation: String(subscription.pending === true),
    RawMessageDelivery: 'false',
    ...rest,
    // without a policy its scope is kept, but not shown (recorded)
    ...(filter === undefined
      ? {}
      : { FilterPolicy: filter, FilterPolicyScope: scope ?? 'MessageAttributes' }),
    ...(policy === undefined ? {} : { DeliveryPolicy: describeSubscriptionPolicy(policy) }),
    ...(http
      ? {
          EffectiveDeliveryPolicy: describeEffectiveSubscriptionPolicy(
            topic?.attributes.DeliveryPolicy,
            policy,
          ),
        }
      : {}),
  }
}
