import type { Parts } from '../contracts.ts'
import type { Sender, Wires } from '../gateway/wires.ts'
import { type Attempt, isPermanent, type Verdict } from '../state/outbox.ts'
import { accountOf } from './arn.ts'
import { effectivePolicy, retryDelayOf } from './delivery-policy.ts'
import { HttpFailure, post } from './http.ts'
import { CHAT_ENDPOINT, type Inboxes } from './inbox.ts'
import {
  confirmationJson,
  isRaw,
  type Letterhead,
  lambdaEvent,
  messageFor,
  notificationJson,
  queueMessage,
} from './notification.ts'
import type { Signing } from './signing.ts'
import type { Topics } from './topics.ts'
import type { Confirmation, Published, Subscription } from './types.ts'

/** One message, or one question of SNS's own, for one subscription. */
export interface Delivery {
  readonly published?: Published
  readonly confirmation?: Confirmation
  readonly subscription: Subscription
}

export interface DeliverParts {
  readonly parts: Parts
  readonly wires: Pick<Wires, 'sendMessage' | 'invokeAsync'>
  readonly inboxes: Inboxes
  readonly topics: Topics
  readonly signing: Signing
  readonly baseUrl: () => string
  readonly trust: string | undefined
}

/**
 * Milliseconds until the next try towards SQS or Lambda, after `failed` tries; undefined: no more. At once 3 times, 2 times
 * after a second, 10 times after 1 to 20 seconds, then 100,000 times every 20 seconds: SNS developer guide, "Amazon SNS message
 * delivery retries".
 */
export const retryDelay = (failed: number): number | undefined => {
  if (failed <= 3) return 0
  if (failed <= 5) return 1_000
  if (failed <= 15) return Math.round(1_000 * 20 ** ((failed - 6) / 9))
  return failed <= 100_015 ? 20_000 : undefined
}

/** Makes one attempt; what fails for good goes to the subscription's dead-letter queue, or is dropped and logged. */
export const createDeliver =
  (given: DeliverParts) =>
  async ({ job, tries }: Attempt<Delivery>): Promise<Verdict> => {
    const letterhead: Letterhead = {
      signer: await given.signing.signer(),
      version: given.topics.get(job.subscription.topicArn)?.attributes.SignatureVersion ?? '1',
      baseUrl: given.baseUrl(),
    }
    try {
      if (job.published) await send(given, letterhead, job.subscription, job.published)
      else if (job.confirmation) await ask(given, letterhead, job.subscription, job.confirmation)
      return 'done'
    } catch (error) {
      const delay = nextDelay(given, job.subscription, tries + 1, error)
      return delay === undefined ? giveUp(given, letterhead, job, tries, error) : { againInMs: delay }
    }
  }

const nextDelay = (
  { topics }: DeliverParts,
  subscription: Subscription,
  failed: number,
  error: unknown,
): number | undefined => {
  if (!(error instanceof HttpFailure)) return isPermanent(error) ? undefined : retryDelay(failed)
  if (error.permanent) return undefined
  return retryDelayOf(policyOf(topics, subscription).retry, failed)
}

const policyOf = (topics: Topics, { topicArn, attributes }: Subscription) =>
  effectivePolicy(topics.get(topicArn)?.attributes.DeliveryPolicy, attributes.DeliveryPolicy)

const senderOf = ({ topicArn }: Subscription): Sender => ({
  service: 'sns.amazonaws.com',
  sourceArn: topicArn,
  sourceAccount: accountOf(topicArn),
})

const send = async (
  given: DeliverParts,
  letterhead: Letterhead,
  subscription: Subscription,
  published: Published,
): Promise<void> => {
  const { wires, inboxes } = given
  const { protocol, endpoint } = subscription
  if (protocol === 'sqs') {
    const message = queueMessage(letterhead, published, subscription, endpoint)
    await wires.sendMessage(endpoint, message, senderOf(subscription))
  } else if (protocol === 'lambda')
    await wires.invokeAsync(
      endpoint,
      lambdaEvent(letterhead, published, subscription),
      senderOf(subscription),
    )
  else if (protocol === 'email' || protocol === 'email-json' || endpoint === CHAT_ENDPOINT)
    inboxes.take(letterhead, published, subscription)
  else await sendHttp(given, letterhead, subscription, published)
}

const sendHttp = (
  { topics, trust }: DeliverParts,
  letterhead: Letterhead,
  subscription: Subscription,
  published: Published,
): Promise<void> => {
  const raw = isRaw(subscription)
  const body = raw
    ? messageFor(published, subscription.protocol)
    : notificationJson(letterhead, published, subscription)
  const headers = {
    ...headersOf('Notification', published.id, subscription),
    'x-amz-sns-subscription-arn': subscription.arn,
    ...(raw ? { 'x-amz-sns-rawdelivery': 'true' } : {}),
    'content-type': policyOf(topics, subscription).contentType,
  }
  return post(subscription.endpoint, headers, body, trust)
}

/** SNS developer guide, "HTTP/HTTPS headers". */
const headersOf = (type: string, id: string, { topicArn }: Subscription): Record<string, string> => ({
  'x-amz-sns-message-type': type,
  'x-amz-sns-message-id': id,
  'x-amz-sns-topic-arn': topicArn,
})

const ask = async (
  { wires, inboxes, trust }: DeliverParts,
  letterhead: Letterhead,
  subscription: Subscription,
  confirmation: Confirmation,
): Promise<void> => {
  const { protocol, endpoint } = subscription
  if (protocol === 'email' || protocol === 'email-json')
    return inboxes.ask(letterhead, confirmation, subscription)
  const body = confirmationJson(letterhead, confirmation, subscription)
  if (protocol === 'sqs') return wires.sendMessage(endpoint, { body }, senderOf(subscription))
  const headers = {
    ...headersOf(confirmation.type, confirmation.id, subscription),
    ...(confirmation.type === 'UnsubscribeConfirmation'
      ? { 'x-amz-sns-subscription-arn': subscription.arn }
      : {}),
    'content-type': 'text/plain; charset=UTF-8',
  }
  return post(endpoint, headers, body, trust)
}

const giveUp = async (
  { parts, wires }: DeliverParts,
  letterhead: Letterhead,
  { subscription, published, confirmation }: Delivery,
  tries: number,
  error: unknown,
): Promise<Verdict> => {
  const queue = published && deadLetterQueue(subscription)
  const facts = {
    subscription: subscription.arn,
    messageId: published?.id ?? confirmation?.id,
    error: error instanceof Error ? error.message : String(error),
  }
  if (!queue) {
    parts.log(
      'sns',
      'a message was dropped: its subscriber could not be reached and has no dead-letter queue',
      facts,
    )
    return 'done'
  }
  try {
    const message = queueMessage(letterhead, published, subscription, queue)
    await wires.sendMessage(queue, message, senderOf(subscription))
    parts.log('sns', 'a message went to the dead-letter queue of its subscription', facts)
    return 'done'
  } catch (failure) {
    if (!isPermanent(failure)) return { againInMs: retryDelay(tries + 1) ?? 20_000 }
    parts.log('sns', 'a message was dropped: its dead-letter queue refused it', { ...facts, queue })
    return 'done'
  }
}

const deadLetterQueue = ({ attributes }: Subscription): string | undefined =>
  attributes.RedrivePolicy
    ? (JSON.parse(attributes.RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn
    : undefined
