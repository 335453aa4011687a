import { randomUUID } from 'node:crypto'
import type {
  ConfirmSubscriptionCommandInput,
  SetSubscriptionAttributesCommandInput,
  SubscribeCommandInput,
} from '@aws-sdk/client-sns'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { accountOf, checkSubscriptionArn, checkTopicArn, regionOf } from './arn.ts'
import type { Confirmations } from './confirmations.ts'
import { checkEndpoint, checkOrder, needsConfirmation } from './endpoint.ts'
import { invalidParameter } from './errors.ts'
import { compileFilter } from './filter-policy.ts'
import { page } from './page.ts'
import {
  checkAttribute,
  describeAttributes,
  differs,
  inWordsOf,
  withAttributes,
} from './subscription-attributes.ts'
import type { Topics } from './topics.ts'
import type { Subscription } from './types.ts'

interface OfSubscription {
  readonly SubscriptionArn?: string
}
interface Listing {
  readonly TopicArn?: string
  readonly NextToken?: string
}

/** Subscribing, confirming, listing and changing subscriptions. */
export const createSubscriptionOperations = (
  { store }: Parts,
  topics: Topics,
  confirmations: Confirmations,
): Record<string, Operation> => {
  const find = (given: string | undefined, call: Call): Subscription => {
    const arn = checkSubscriptionArn(given)
    if (regionOf(arn) !== call.region) throw invalidParameter('SubscriptionArn')
    const subscription = topics.findSubscription(arn)
    checkOwner(subscription, call)
    return subscription
  }
  const list = (all: readonly Subscription[], token: string | undefined) =>
    page(
      [...all].sort((a, b) => (a.arn < b.arn ? -1 : 1)),
      token,
      ({ arn }) => arn,
      (part) => ({ Subscriptions: part.map(summary) }),
    )
  const make = (topicArn: string, input: SubscribeCommandInput, call: Call): Subscription => {
    const endpoint = input.Endpoint ?? ''
    const protocol = checkEndpoint(topicArn, input.Protocol, endpoint)
    checkOrder(topicArn, endpoint)
    const wanted = input.Attributes ?? {}
    const attributes = withAttributes({}, wanted)
    inWordsOf('Subscribe', () => {
      for (const [name, value] of Object.entries(wanted)) checkAttribute(name, value, { protocol, topicArn })
      compileFilter({ protocol, attributes })
    })
    const known = topics
      .subscriptionsOf(topicArn)
      .find((one) => one.protocol === protocol && one.endpoint === endpoint)
    if (known && differs(known, wanted))
      throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
    if (known && !known.pending) return known
    const subscription: Subscription = known ?? {
      arn: `${topicArn}:${randomUUID()}`,
      topicArn,
      protocol,
      endpoint,
      owner: call.account,
      principal: call.caller.arn,
      attributes,
      ...(needsConfirmation(protocol, endpoint, call) ? { pending: true } : {}),
    }
    store.transaction(() => {
      if (!known) topics.saveSubscription(subscription)
      if (subscription.pending) confirmations.ask(subscription, 'SubscriptionConfirmation')
    })
    return subscription
  }

  return {
    Subscribe: (input: SubscribeCommandInput, call: Call) => {
      const topic = topics.find(checkTopicArn('TopicArn', input.TopicArn, call))
      const { arn, pending } = make(topic.arn, input, call)
      return { SubscriptionArn: pending && !input.ReturnSubscriptionArn ? 'pending confirmation' : arn }
    },
    ConfirmSubscription: (input: ConfirmSubscriptionCommandInput) => {
      const keep = input.AuthenticateOnUnsubscribe?.toLowerCase() === 'true'
      const { arn } = confirmations.confirm(input.TopicArn, input.Token, { signed: true, keep })
      return { SubscriptionArn: arn }
    },
    Unsubscribe: (input: OfSubscription, call: Call) => {
      const subscription = topics.getSubscription(checkSubscriptionArn(input.SubscriptionArn))
      // taking away what is not there is no error
      if (!subscription) return {}
      checkOwner(subscription, call)
      endSubscription(store, topics, confirmations, subscription)
      return {}
    },
    ListSubscriptions: (input: Listing, call: Call) => list(topics.subscriptionsBy(call), input.NextToken),
    ListSubscriptionsByTopic: (input: Listing, call: Call) => {
      const topic = topics.find(checkTopicArn('TopicArn', input.TopicArn, call))
      return list(topics.subscriptionsOf(topic.arn), input.NextToken)
    },
    GetSubscriptionAttributes: (input: OfSubscription, call: Call) => {
      const subscription = find(input.SubscriptionArn, call)
      return { Attributes: describeAttributes(subscription, topics.get(subscription.topicArn)) }
    },
    SetSubscriptionAttributes: (input: SetSubscriptionAttributesCommandInput, call: Call) => {
      const subscription = find(input.SubscriptionArn, call)
      const { AttributeName: name = '', AttributeValue: value = '' } = input
      inWordsOf('SetSubscriptionAttributes', () => {
        checkAttribute(name, value, subscription)
        const attributes = withAttributes(subscription.attributes, { [name]: value })
        topics.saveSubscription({ ...subscription, attributes })
      })
      return {}
    },
  }
}

/** Ends a subscription; a web server or reader is told how to get it back. */
export const endSubscription = (
  store: Parts['store'],
  topics: Topics,
  confirmations: Confirmations,
  subscription: Subscription,
): void =>
  store.transaction(() => {
    topics.deleteSubscription(subscription.arn)
    const told =
      !subscription.pending && ['http', 'https', 'email', 'email-json'].includes(subscription.protocol)
    if (told) confirmations.ask(subscription, 'UnsubscribeConfirmation')
  })

/** Who subscribed and whose topic it is may look at and change a subscription. */
const checkOwner = (subscription: Subscription, call: Call): void => {
  if (subscription.owner === call.account || accountOf(subscription.topicArn) === call.account) return
  throw new AwsError(
    'AuthorizationError',
    `User: ${call.caller.arn} is not authorized to perform: SNS:${call.operation} on resource: ${subscription.topicArn}`,
    403,
  )
}

const summary = (subscription: Subscription) => ({
  SubscriptionArn: subscription.pending ? 'PendingConfirmation' : subscription.arn,
  TopicArn: subscription.topicArn,
  Owner: subscription.owner,
  Protocol: subscription.protocol,
  Endpoint: subscription.endpoint,
})
