import { decode } from '../../shared/events/decode.ts'
import type { Queues } from '../../shared/runtime/aws-clients.ts'
import type { Handle } from '../../shared/runtime/entry.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { createQueue } from '../../shared/runtime/queue.ts'
import { messagesOf } from './messages.ts'

export interface TriggerParts {
  /** URLs */
  readonly replicateQueue: string
  readonly notifyQueue: string
  readonly scanQueue: string
  readonly queues: Queues
}

/**
 * Puts each record of a built-in trigger, called directly or through SNS, into the queues that EventBridge feeds as well. Test
 * events go the same way: that they arrive is what they test.
 * @throws RelayError EVENT_MALFORMED; QUEUE_FAILED unless all queues took everything. Lambda then calls again, and what was
 * taken already comes twice, as any event may
 */
export const createTrigger = ({
  replicateQueue,
  notifyQueue,
  scanQueue,
  queues,
}: TriggerParts): Handle<void> => {
  const all = [replicateQueue, notifyQueue, scanQueue].map((url) => createQueue({ queues, url }))
  return async (event, run) => {
    const inputs = decode(event)
    if (inputs.some((input) => input.type !== 'repository' || input.via !== 'trigger')) {
      throw new RelayError('EVENT_MALFORMED', { field: 'Records', expected: 'records of aws:codecommit' })
    }
    const messages = messagesOf(event)
    const results = await Promise.allSettled(all.map((queue) => queue.sendAll(messages)))
    run.note({ messages: messages.length })
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
}
