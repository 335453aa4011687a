import type { Parts } from '../contracts.ts'
import type { Collection } from '../state/store.ts'
import { isFifo } from './attributes.ts'
import { createLane, type NewSlot } from './lane.ts'
import type { LiveQueue } from './live.ts'
import type { QueueRecord, StoredMessage } from './types.ts'

export const slotFor = (key: string, order: number, message: StoredMessage): NewSlot => ({
  key,
  order,
  sentAt: message.sentAt,
  group: message.groupId ?? '',
  receives: message.receives,
  receivesBefore: message.receivesBefore ?? 0,
})

/**
 * Fills `all` with the queues of the store and where their messages stand; what cannot be read is logged and left out.
 * @returns the highest number that a message has
 */
export const loadLanes = (
  records: Collection<QueueRecord>,
  messages: Collection<StoredMessage>,
  all: Map<string, LiveQueue>,
  now: number,
  log: Parts['log'],
): number => {
  let highest = 0
  for (const [arn, record] of records.entries()) {
    if (!record?.arn || typeof record.attributes !== 'object') {
      log('sqs', 'a queue of the state folder cannot be read and is left out', { queue: arn })
      continue
    }
    const lane = createLane(isFifo(record))
    all.set(arn, { record, lane })
    for (const [key, message] of messages.entries(`${arn}|`)) {
      const order = Number(key.slice(arn.length + 1))
      highest = Math.max(highest, order)
      if (typeof message?.body === 'string') lane.add(slotFor(key, order, message), message.delayedUntil, now)
      else log('sqs', 'a message of the state folder cannot be read and is left out', { key })
    }
  }
  return highest
}
