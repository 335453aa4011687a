import type { Parts } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import { topicOfSubscription } from './arn.ts'
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
  /** whoever's topics they are on */
  subscriptionsBy(owner: Pick<Call, 'account' | 'region'>): Subscription[]
  /** @throws AwsError NotFound */
  findSubscription(arn: string): Subscription
  getSubscription(arn: string): Subscription | undefined
  /** @throws FilterError for a filter that does not compile: then nothing is saved */
  saveSubscription(subscription: Subscription): void
  deleteSubscription(arn: string): void
  /** confirmed subscriptions whose filter lets the message through */
  receivers(published: Published): Subscription[]
}

export const openTopics = ({ store, log }: Parts): Topics => {
  const topics = store.collection<Topic>('sns.topics')
  const subscriptions = store.collection<Subscription>('sns.subscriptions')
  const known = new Map<string, Map<string, { subscription: Subscription; filter: Filter }>>()

  const remember = (subscription: Subscription) =>
    known
      .get(subscription.topicArn)
      ?.set(subscription.arn, { subscription, filter: compileFilter(subscription) })
  const of = (topicArn: string) => [...(known.get(topicArn)?.values() ?? [])]

  for (const [arn] of topics.entries()) known.set(arn, new Map())
  for (const [arn, subscription] of subscriptions.entries()) {
    try {
      remember(subscription)
    } catch (error) {
      log('sns', 'a subscription of the state folder cannot be read and is left out', {
        subscription: arn,
        error: String(error),
      })
    }
  }

  return {
    find: (arn) => {
      const topic = arn === undefined ? undefined : topics.get(arn)
      if (!topic) throw notFound('Topic')
      return topic
    },
    get: (arn) => topics.get(arn),
    inPlace: ({ account, region }) =>
      topics
        .entries(`arn:aws:sns:${region}:${account}:`)
        .map(([, topic]) => topic)
        .filter((topic) => topic?.arn),
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
    subscriptionsBy: ({ account, region }) =>
      [...known.keys()]
        .filter((arn) => arn.startsWith(`arn:aws:sns:${region}:`))
        .flatMap(of)
        .map(({ subscription }) => subscription)
        .filter(({ owner }) => owner === account),
    findSubscription: (arn) => {
      const found = known.get(topicOfSubscription(arn))?.get(arn)
      if (!found) throw notFound('Subscription')
      return found.subscription
    },
    getSubscription: (arn) => known.get(topicOfSubscription(arn))?.get(arn)?.subscription,
    saveSubscription: (subscription) => {
      compileFilter(subscription)
      subscriptions.put(subscription.arn, subscription)
      remember(subscription)
    },
    deleteSubscription: (arn) => {
      subscriptions.delete(arn)
      known.get(topicOfSubscription(arn))?.delete(arn)
    },
    receivers: (published) =>
      of(published.topicArn)
        .filter(({ subscription, filter }) => !subscription.pending && filter(published))
        .map(({ subscription }) => subscription),
  }
}
