import type { LiveQueue, Queues, Received } from './live.ts'

/** How long a receipt can be repeated: SQS API Reference, ReceiveMessage, ReceiveRequestAttemptId. */
const INTERVAL_MS = 5 * 60_000

/** What was handed out to whom, so that a receiver who got no answer can ask for the same messages again. */
export interface Attempts {
  /** the messages of an earlier call with this id, hidden anew, if nothing has happened to them since */
  repeat(queue: LiveQueue, id: string, visibilityMs: number): Received[] | undefined
  remember(queue: LiveQueue, id: string, received: readonly Received[]): void
}

/** In memory only: after a restart nobody holds messages. */
export const createAttempts = (queues: Queues, now: () => number): Attempts => {
  const attempts = new Map<string, { readonly received: readonly Received[]; readonly at: number }>()
  const keyOf = ({ record }: LiveQueue, id: string) => `${record.arn}|${id}`
  const sweep = () => {
    for (const [key, { at }] of attempts) {
      if (now() - at < INTERVAL_MS) return
      attempts.delete(key)
    }
  }
  return {
    repeat: (queue, id, visibilityMs) => {
      sweep()
      const earlier = attempts.get(keyOf(queue, id))
      return earlier && queues.renew(queue, earlier.received, visibilityMs)
        ? [...earlier.received]
        : undefined
    },
    remember: (queue, id, received) => {
      // to the end of the line, where the youngest are
      attempts.delete(keyOf(queue, id))
      if (received.length > 0) attempts.set(keyOf(queue, id), { received, at: now() })
    },
  }
}
