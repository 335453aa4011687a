import { randomUUID } from 'node:crypto'
import type { SetSubscriptionAttributesCommandInput, SubscribeCommandInput } from '@aws-sdk/client-sns'
import type { Call, Operation } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'
import { CHAT_ENDPOINT } from './inbox.ts'
import { page } from './page.ts'
import { checkOwn, type Topics } from './topics.ts'
import type { Protocol, Subscription } from './types.ts'

interface OfSubscription {
  readonly SubscriptionArn?: string
}
interface Listing {
  readonly TopicArn?: string
  readonly NextToken?: string
}

/**
 * Operations on subscriptions. They are confirmed at once: nobody here could click the link of a mail, and SNS itself confirms
 * queues and functions of the own account.
 */
export const createSubscriptionOperations = (topics: Topics): Record<string, Operation> => {
  const find = (arn: string | undefined, call: Call): Subscription => {
    if (!arn) throw invalidParameter('SubscriptionArn')
    checkOwn(arn, call)
    return topics.findSubscription(arn)
  }
  const list = (all: readonly Subscription[], token: string | undefined) =>
    page(
      [...all].sort((a, b) => (a.arn < b.arn ? -1 : 1)),
      token,
      ({ arn }) => arn,
      (part) => ({ Subscriptions: part.map(summary) }),
    )

  return {
    Subscribe: (input: SubscribeCommandInput, call: Call) => {
      if (!input.TopicArn) throw invalidParameter('TopicArn')
      checkOwn(input.TopicArn, call)
      const topic = topics.find(input.TopicArn)
      const protocol = checkEndpoint(input.Protocol, input.Endpoint ?? '')
      const attributes = input.Attributes ?? {}
      for (const [name, value] of Object.entries(attributes)) checkAttribute(name, value, protocol)
      const known = topics
        .subscriptionsOf(topic.arn)
        .find((one) => one.protocol === protocol && one.endpoint === input.Endpoint)
      if (known) {
        if (Object.entries(attributes).some(([name, value]) => known.attributes[name] !== value))
          throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
        return { SubscriptionArn: known.arn }
      }
      const arn = `${topic.arn}:${randomUUID()}`
      topics.saveSubscription({
        arn,
        topicArn: topic.arn,
        protocol,
        endpoint: input.Endpoint ?? '',
        owner: call.account,
        principal: call.caller.arn,
        attributes,
      })
      return { SubscriptionArn: arn }
    },
    Unsubscribe: (input: OfSubscription, call: Call) => {
      const arn = input.SubscriptionArn
      if (!arn) throw invalidParameter('SubscriptionArn')
      checkOwn(arn, call)
      topics.deleteSubscription(arn)
      return {}
    },
    ListSubscriptions: (input: Listing, call: Call) =>
      list(
        topics.inPlace(call).flatMap(({ arn }) => topics.subscriptionsOf(arn)),
        input.NextToken,
      ),
    ListSubscriptionsByTopic: (input: Listing, call: Call) => {
      if (!input.TopicArn) throw invalidParameter('TopicArn')
      checkOwn(input.TopicArn, call)
      return list(topics.subscriptionsOf(topics.find(input.TopicArn).arn), input.NextToken)
    },
    GetSubscriptionAttributes: (input: OfSubscription, call: Call) => {
      const subscription = find(input.SubscriptionArn, call)
      return {
        Attributes: {
          ...summary(subscription),
          SubscriptionPrincipal: subscription.principal,
          ConfirmationWasAuthenticated: 'true',
          PendingConfirmation: 'false',
          RawMessageDelivery: 'false',
          ...(subscription.attributes.FilterPolicy ? { FilterPolicyScope: 'MessageAttributes' } : {}),
          ...subscription.attributes,
        },
      }
    },
    SetSubscriptionAttributes: (input: SetSubscriptionAttributesCommandInput, call: Call) => {
      const subscription = find(input.SubscriptionArn, call)
      const { AttributeName: name = '', AttributeValue: value = '' } = input
      checkAttribute(name, value, subscription.protocol)
      const entries = Object.entries({ ...subscription.attributes, [name]: value })
      const attributes = Object.fromEntries(entries.filter(([, text]) => text !== ''))
      topics.saveSubscription({ ...subscription, attributes })
      return {}
    },
  }
}

const summary = (subscription: Subscription) => ({
  SubscriptionArn: subscription.arn,
  TopicArn: subscription.topicArn,
  Owner: subscription.owner,
  Protocol: subscription.protocol,
  Endpoint: subscription.endpoint,
})

const checkEndpoint = (protocol: string | undefined, endpoint: string): Protocol => {
  switch (protocol) {
    case 'sqs':
      if (!/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+$/.test(endpoint)) throw invalidParameter('SQS endpoint ARN')
      return protocol
    case 'lambda':
      if (!/^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:.+$/.test(endpoint))
        throw invalidParameter('Lambda endpoint ARN')
      return protocol
    case 'email':
    case 'email-json':
      if (!/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalidParameter('Email address')
      return protocol
    case 'https':
      if (endpoint === CHAT_ENDPOINT) return protocol
      throw invalidParameter(
        `Endpoint Reason: of https endpoints this local cloud serves only the chat service, ${CHAT_ENDPOINT}`,
      )
    default:
      throw invalidParameter(
        protocol === 'http' || protocol === 'sms' || protocol === 'application' || protocol === 'firehose'
          ? `Protocol Reason: ${protocol} is not served by this local cloud`
          : `Does not support this protocol string: ${protocol}`,
      )
  }
}

const checkAttribute = (name: string, value: string, protocol: Protocol): void => {
  switch (name) {
    case 'RawMessageDelivery':
      if (value !== 'true' && value !== 'false') throw invalidParameter(`RawMessageDelivery Reason: ${value}`)
      if (value === 'true' && protocol !== 'sqs')
        throw invalidParameter(`RawMessageDelivery Reason: not supported for protocol ${protocol}`)
      return
    case 'RedrivePolicy':
      if (value !== '' && !/"deadLetterTargetArn"\s*:\s*"arn:aws:sqs:[^"]+"/.test(value))
        throw invalidParameter('RedrivePolicy: deadLetterTargetArn is an invalid arn')
      checkJson(name, value)
      return
    case 'DeliveryPolicy':
      checkJson(name, value)
      return
    case 'FilterPolicy':
    case 'FilterPolicyScope':
      // compiled together when the subscription is saved
      return
    default:
      throw invalidParameter('AttributeName')
  }
}

const checkJson = (name: string, value: string): void => {
  try {
    if (value !== '') JSON.parse(value)
  } catch {
    throw invalidParameter(`${name}: failed to parse JSON.`)
  }
}
