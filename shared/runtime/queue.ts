import type { Queues } from './aws-clients.ts'
import { asFailure } from './aws-failures.ts'
import { RelayError } from './errors.ts'

/** SendMessage, parameter DelaySeconds: "Valid values: 0 to 900" (Amazon SQS API Reference). */
export const MAX_DELAY_SECONDS = 900
/** SendMessageBatch takes at most ten entries (Amazon SQS API Reference). */
const MAX_BATCH = 10
/** Bytes of one message, and of all messages of one batch: the limit that holds in every region. */
export const MAX_MESSAGE_BYTES = 262_144

export interface Queue {
  /** @param delaySeconds 0 to 900 */
  send(body: string, delaySeconds?: number): Promise<void>
  sendAll(bodies: readonly string[]): Promise<void>
}

/**
 * One queue to write into. Both ways return only after SQS took every message, and throw QUEUE_FAILED otherwise; after a
 * failure some may have been taken, so a repeated call may double them.
 */
export const createQueue = ({ queues, url }: { queues: Queues; url: string }): Queue => ({
  send: async (body, delaySeconds = 0) => {
    checkSize(body)
    const delay = Math.max(0, Math.min(MAX_DELAY_SECONDS, Math.ceil(delaySeconds)))
    try {
      await queues.sendMessage({
        QueueUrl: url,
        MessageBody: body,
        ...(delay > 0 ? { DelaySeconds: delay } : {}),
      })
    } catch (error) {
      throw asFailure('QUEUE_FAILED', error, { queue: nameOf(url) })
    }
  },
  sendAll: async (bodies) => {
    bodies.forEach(checkSize)
    for (const batch of batchesOf(bodies)) await sendBatch(queues, url, batch)
  },
})

const sendBatch = async (queues: Queues, url: string, bodies: readonly string[]): Promise<void> => {
  const answer = await queues
    .sendMessageBatch({
      QueueUrl: url,
      Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: body })),
    })
    .catch((error: unknown) => {
      throw asFailure('QUEUE_FAILED', error, { queue: nameOf(url) })
    })
  // A batch may fail in part with HTTP status 200 (Amazon SQS API Reference, SendMessageBatch).
  const failed = answer.Failed ?? []
  if (failed.length > 0) {
    throw new RelayError('QUEUE_FAILED', { queue: nameOf(url), failed: failed.length, aws: failed[0]?.Code })
  }
}

const batchesOf = (bodies: readonly string[]): string[][] => {
  const batches: string[][] = []
  let bytes = 0
  for (const body of bodies) {
    const size = Buffer.byteLength(body)
    const open = batches.at(-1)
    if (open && open.length < MAX_BATCH && bytes + size <= MAX_MESSAGE_BYTES) {
      open.push(body)
      bytes += size
    } else {
      batches.push([body])
      bytes = size
    }
  }
  return batches
}

const checkSize = (body: string): void => {
  const bytes = Buffer.byteLength(body)
  if (bytes > MAX_MESSAGE_BYTES) throw new RelayError('QUEUE_FAILED', { bytes, limit: MAX_MESSAGE_BYTES })
}

const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
