import type { Store } from '../state/store.ts'
import { attributeOf } from './attributes.ts'
import type { LiveQueue } from './live.ts'
import type { StoredMessage } from './types.ts'

/** SQS developer guide, "Exactly-once processing in Amazon SQS". */
const INTERVAL_MS = 5 * 60_000

interface Seen {
  readonly id: string
  readonly sequence: string
  readonly at: number
}

/** What FIFO queues got within the last five minutes, whether it is still there or not. */
export interface Deduplication {
  find(queue: LiveQueue, message: Pick<StoredMessage, 'groupId' | 'deduplicationId'>): Seen | undefined
  /** joins the transaction that stores the message */
  remember(queue: LiveQueue, message: StoredMessage): void
  /** of a queue that is gone */
  forget(arn: string): void
}

export const openDeduplication = (store: Store, now: () => number): Deduplication => {
  const seen = store.collection<Seen>('sqs.deduplication')
  const keyOf = (
    { record }: LiveQueue,
    { groupId = '', deduplicationId = '' }: Pick<StoredMessage, 'groupId' | 'deduplicationId'>,
  ) => {
    const scope = attributeOf(record, 'DeduplicationScope') === 'messageGroup' ? groupId : ''
    return `${record.arn}|${JSON.stringify([scope, deduplicationId])}`
  }
  let swept = 0
  const sweep = (arn: string) => {
    if (now() - swept < INTERVAL_MS) return
    swept = now()
    for (const [key, { at }] of seen.entries(`${arn}|`)) if (swept - at >= INTERVAL_MS) seen.delete(key)
  }

  return {
    find: (queue, message) => {
      const found = seen.get(keyOf(queue, message))
      return found && now() - found.at < INTERVAL_MS ? found : undefined
    },
    remember: (queue, message) => {
      sweep(queue.record.arn)
      const { id, sequence = '', sentAt } = message
      seen.put(keyOf(queue, message), { id, sequence, at: sentAt })
    },
    forget: (arn) => {
      for (const [key] of seen.entries(`${arn}|`)) seen.delete(key)
    },
  }
}
