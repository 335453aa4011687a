import type { Parts } from '../contracts.ts'
import type { Sender, Wires } from '../gateway/wires.ts'
import { type Attempt, isPermanent, type Verdict } from '../state/outbox.ts'
import type { Inboxes } from './inbox.ts'
import { lambdaEvent, queueMessage } from './notification.ts'
import type { Published, Subscription } from './types.ts'

/** One message for one subscription. */
export interface Delivery {
  readonly published: Published
  readonly subscription: Subscription
}

export interface DeliverParts {
  readonly parts: Parts
  readonly wires: Pick<Wires, 'sendMessage' | 'invokeAsync'>
  readonly inboxes: Inboxes
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
    try {
      await send(given, job)
      return 'done'
    } catch (error) {
      const delay = isPermanent(error) ? undefined : retryDelay(tries + 1)
      return delay === undefined ? giveUp(given, job, tries, error) : { againInMs: delay }
    }
  }

const senderOf = ({ published: { topicArn } }: Delivery): Sender => ({
  service: 'sns.amazonaws.com',
  sourceArn: topicArn,
  sourceAccount: topicArn.split(':')[4] ?? '',
})

const send = async ({ wires, inboxes }: DeliverParts, job: Delivery): Promise<void> => {
  const { published, subscription } = job
  if (subscription.protocol === 'sqs')
    await wires.sendMessage(subscription.endpoint, queueMessage(published, subscription), senderOf(job))
  else if (subscription.protocol === 'lambda')
    await wires.invokeAsync(subscription.endpoint, lambdaEvent(published, subscription), senderOf(job))
  else inboxes.take(published, subscription)
}

const giveUp = async (
  { parts, wires }: DeliverParts,
  job: Delivery,
  tries: number,
  error: unknown,
): Promise<Verdict> => {
  const queue = deadLetterQueue(job.subscription)
  const facts = {
    subscription: job.subscription.arn,
    messageId: job.published.id,
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
    await wires.sendMessage(queue, queueMessage(job.published, job.subscription), senderOf(job))
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
