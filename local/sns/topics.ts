import { AwsError, type Call } from '../gateway/service.ts'
import type { Store } from '../state/store.ts'
import { notFound } from './errors.ts'
import { compileFilter, type Filter } from './filter-policy.ts'
import type { Published, Subscription, Topic } from './types.ts'

/** Topics and subscriptions, in memory and in the store. */
export interface Topics {
  /** @throws AwsError NotFound */
  find(topicArn: string | undefined): Topic
  get(topicArn: string): Topic | undefined
  inPlace(call: Pick<Call, 'account' | 'region'>): Topic[]
  save(topic: Topic): void
  /** with its subscriptions */
  delete(topicArn: string): void
  subscriptionsOf(topicArn: string): Subscription[]
  /** @throws AwsError NotFound */
  findSubscription(arn: string | undefined): Subscription
  saveSubscription(subscription: Subscription): void
  deleteSubscription(arn: string): void
  /** subscriptions whose filter lets the message through */
  receivers(published: Published): Subscription[]
}

export const openTopics = (store: Store): Topics => {
  const topics = store.collection<Topic>('sns.topics')
  const subscriptions = store.collection<Subscription>('sns.subscriptions')
  const known = new Map<string, Map<string, { subscription: Subscription; filter: Filter }>>()

  const topicOf = (subscriptionArn: string) => subscriptionArn.split(':').slice(0, 6).join(':')
  const remember = (subscription: Subscription) =>
    known
      .get(subscription.topicArn)
      ?.set(subscription.arn, { subscription, filter: compileFilter(subscription.attributes) })
  const of = (topicArn: string) => [...(known.get(topicArn)?.values() ?? [])]

  for (const [arn] of topics.entries()) known.set(arn, new Map())
  for (const [, subscription] of subscriptions.entries()) remember(subscription)

  return {
    find: (arn) => {
      const topic = arn === undefined ? undefined : topics.get(arn)
      if (!topic) throw notFound('Topic')
      return topic
    },
    get: (arn) => topics.get(arn),
    inPlace: ({ account, region }) =>
      topics.entries(`arn:aws:sns:${region}:${account}:`).map(([, topic]) => topic),
    save: (topic) => {
      topics.put(topic.arn, topic)
      if (!known.has(topic.arn)) known.set(topic.arn, new Map())
    },
    delete: (arn) => {
      store.transaction(() => {
        topics.delete(arn)
        for (const { subscription } of of(arn)) subscriptions.delete(subscription.arn)
      })
      known.delete(arn)
    },
    subscriptionsOf: (arn) => of(arn).map(({ subscription }) => subscription),
    findSubscription: (arn = '') => {
      const found = known.get(topicOf(arn))?.get(arn)
      if (!found) throw notFound('Subscription')
      return found.subscription
    },
    saveSubscription: (subscription) => {
      compileFilter(subscription.attributes)
      subscriptions.put(subscription.arn, subscription)
      remember(subscription)
    },
    deleteSubscription: (arn) => {
      subscriptions.delete(arn)
      known.get(topicOf(arn))?.delete(arn)
    },
    receivers: (published) =>
      of(published.topicArn)
        .filter(({ filter }) => filter(published))
        .map(({ subscription }) => subscription),
  }
}

/** Callers act on topics of their own account and region; services come in by the topic's policy. */
export const checkOwn = (arn: string, call: Call): void => {
  if (arn.split(':')[4] !== call.account)
    throw new AwsError(
      'AuthorizationError',
      `User: ${call.caller.arn} is not authorized to perform: SNS:${call.operation} on resource: ${arn}`,
      403,
    )
  if (arn.split(':')[3] !== call.region) throw notFound('Topic')
}
