import { randomBytes, randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import { regionOf } from './arn.ts'
import type { Delivery } from './deliver.ts'
import { invalidParameter } from './errors.ts'
import type { Topics } from './topics.ts'
import type { Confirmation, Subscription } from './types.ts'

/** SNS API Reference, ConfirmSubscription: tokens are valid for two days. */
const VALID_MS = 2 * 24 * 3_600_000
/** What SNS's own tokens look like: recorded. */
const TOKEN = /^[0-9a-f]{128,}$/

interface Issued {
  readonly subscription: Subscription
  readonly at: number
}

/** Asking endpoints whether they want a subscription, and what they answer. */
export interface Confirmations {
  /** stores the question and sends it; joins a running transaction */
  ask(subscription: Subscription, type: Confirmation['type']): void
  /**
   * The subscription of a token is confirmed, or, if it was taken away meanwhile, restored.
   * @throws AwsError InvalidParameter
   */
  confirm(
    topicArn: string | undefined,
    token: string | undefined,
    by: { readonly signed: boolean; readonly keep: boolean },
  ): Subscription
}

export const createConfirmations = (
  { store, now }: Parts,
  topics: Topics,
  deliver: (delivery: Delivery) => void,
): Confirmations => {
  const tokens = store.collection<Issued>('sns.tokens')
  const sweep = () => {
    for (const [token, { at }] of tokens.entries()) if (now() - at >= VALID_MS) tokens.delete(token)
  }
  return {
    ask: (subscription, type) =>
      store.transaction(() => {
        sweep()
        const confirmation = { type, id: randomUUID(), token: randomBytes(144).toString('hex'), at: now() }
        tokens.put(confirmation.token, { subscription, at: confirmation.at })
        deliver({ subscription, confirmation })
      }),
    confirm: (topicArn, token, { signed, keep }) => {
      if (topicArn === undefined || topicArn.split(':').length < 6) throw invalidParameter('Topic')
      const issued = token === undefined ? undefined : tokens.get(token)
      if (!issued || now() - issued.at >= VALID_MS) {
        // recorded: what looks like a token is unknown, what does not is none
        if (TOKEN.test(token ?? '')) throw invalidParameter('Token')
        throw new AwsError('InvalidParameter', 'Invalid token')
      }
      // the token knows the topic: of the ARN only the region is compared (recorded)
      if (regionOf(topicArn) !== regionOf(issued.subscription.topicArn)) throw invalidParameter('Topic')
      topics.find(issued.subscription.topicArn)
      const held = topics.getSubscription(issued.subscription.arn)
      if (held && !held.pending) return held
      const { pending: _, ...subscription } = held ?? issued.subscription
      const confirmed = {
        ...subscription,
        ...(signed ? {} : { confirmedByLink: true }),
        ...(keep ? { keptFromStrangers: true } : {}),
      }
      topics.saveSubscription(confirmed)
      return confirmed
    },
  }
}
