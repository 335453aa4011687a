import type { OwnQueue } from './aws-clients.ts'
import { describeFailure, type Log } from './log.ts'
import { isLastReceive, type QueueRecord } from './sqs-batch.ts'

/** 15 s, a minute, four minutes, a quarter of an hour: five tries in about twenty minutes. */
const FIRST_SECONDS = 15
const GROWTH = 4
const LONGEST_SECONDS = 900

/**
 * Seconds until a message on which a function failed is seen again: exponential, between half and whole, so that many failing
 * messages do not return in step. After the last receive none: SQS then moves the message to the dead-letter queue.
 */
export const comeBackSeconds = (record: QueueRecord, maxReceives: number, random: () => number): number => {
  if (isLastReceive(record, maxReceives)) return 0
  const most = Math.min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** (record.receives - 1))
  return Math.ceil(most * (0.5 + random() / 2))
}

export interface ComeBackParts {
  readonly queue: OwnQueue
  readonly url: string
  readonly maxReceives: number
  /** 0 ≤ x < 1 */
  readonly random: () => number
  readonly log: Log
}

/**
 * Lets failed messages come back sooner than at the end of the queue's visibility timeout, which is six times that of the
 * function. Call when the batch is done. Where it cannot be had, the messages come back all the same, later.
 */
export const comeBackSooner = async (parts: ComeBackParts, records: Iterable<QueueRecord>): Promise<void> => {
  await Promise.all(
    [...records].map(async (record) => {
      if (record.receiptHandle === undefined) return
      try {
        await parts.queue.changeMessageVisibility({
          QueueUrl: parts.url,
          ReceiptHandle: record.receiptHandle,
          VisibilityTimeout: comeBackSeconds(record, parts.maxReceives, parts.random),
        })
      } catch (error) {
        const { messageId } = record
        parts.log.warn('message comes back later', { messageId, ...describeFailure(error) })
      }
    }),
  )
}
