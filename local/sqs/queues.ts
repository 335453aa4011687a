import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import { attributeOf, isFifo, numberOf, redriveOf } from './attributes.ts'
import { type Deduplication, openDeduplication } from './deduplication.ts'
import { invalid, invalidValue, noSuchQueue } from './errors.ts'
import { readHandle, writeHandle } from './handle.ts'
import { createLane, type NewSlot, type Slot } from './lane.ts'
import type { LiveQueue, Queues, Reading, Received } from './live.ts'
import { loadLanes, slotFor } from './load.ts'
import { sizeOf } from './message.ts'
import type { NewMessage, QueueRecord, Sealed, StoredMessage } from './types.ts'

/** Messages in flight at most, by queue: Amazon SQS quotas, "Quotas related to messages". */
const MAX_IN_FLIGHT = 120_000
/** How long a message may stay out of sight in all after one receipt: API Reference, ChangeMessageVisibility. */
const MAX_HIDDEN_MS = 43_200_000

/** Opens the queues of the store. Messages that were in flight are receivable at once: nobody can hold them any more. */
export const openQueues = (
  { store, now, log }: Parts,
  changed: (arn: string) => void,
  maxInFlight = MAX_IN_FLIGHT,
): Queues => {
  const records = store.collection<QueueRecord>('sqs.queues')
  const messages = store.collection<StoredMessage>('sqs.messages')
  const seen = openDeduplication(store, now)
  const all = new Map<string, LiveQueue>()
  // not from 1 on: what was deleted before a restart keeps its number to itself, and handles name messages by it
  let order = Math.max(loadLanes(records, messages, all, now(), log), now() * 1_000)

  const insert = (queue: LiveQueue, message: StoredMessage): NewSlot & { message: StoredMessage } => {
    order += 1
    const number = String(order).padStart(16, '0')
    const key = `${queue.record.arn}|${number}`
    const stored = isFifo(queue.record) ? { ...message, sequence: `1884${number}` } : message
    messages.put(key, stored)
    return { ...slotFor(key, order, stored), message: stored }
  }
  const index = (queue: LiveQueue, { message, ...slot }: ReturnType<typeof insert>) => {
    queue.lane.add(slot, message.delayedUntil, now())
  }
  const forget = (queue: LiveQueue, keys: readonly string[]) => {
    store.transaction(() => {
      for (const key of keys) messages.delete(key)
    })
    for (const key of keys) queue.lane.remove(key)
  }
  // what memory did ahead of a transaction that failed in the end
  let undo: (() => void)[] = []
  const atomically = <T>(work: () => T): T => {
    undo = []
    try {
      return store.transaction(work)
    } catch (error) {
      for (const step of undo.reverse()) step()
      throw error
    }
  }
  const relocate = (from: LiveQueue, to: LiveQueue, slot: Slot, message: StoredMessage) => {
    messages.delete(slot.key)
    const added = insert(to, message)
    from.lane.remove(slot.key)
    index(to, added)
    undo.push(() => {
      to.lane.remove(added.key)
      from.lane.add(slot, 0, now())
    })
    changed(to.record.arn)
  }
  const deadLetter = (queue: LiveQueue, slot: Slot): boolean => {
    const redrive = redriveOf(queue.record)
    if (!redrive || slot.receives - slot.receivesBefore < redrive.maxReceiveCount) return false
    const target = all.get(redrive.deadLetterTargetArn)
    const message = messages.get(slot.key)
    if (!target || !message) return false
    relocate(queue, target, slot, {
      ...message,
      // its age goes on, but for a FIFO queue's (developer guide, "Using dead-letter queues"); so does its count
      sentAt: isFifo(queue.record) ? now() : message.sentAt,
      receivesBefore: message.receives,
      delayedUntil: 0,
      deadLetteredFrom: queue.record.arn,
    })
    return true
  }
  const handOut = (queue: LiveQueue, slot: Slot, moment: number, until: number): Received | undefined => {
    const message = messages.get(slot.key)
    if (!message) return undefined
    const taken = {
      ...message,
      receives: message.receives + 1,
      firstReceivedAt: message.firstReceivedAt ?? moment,
    }
    messages.put(slot.key, taken)
    slot.receives = taken.receives
    queue.lane.hold(slot, until, moment)
    return { handle: writeHandle(slot.key, taken), message: taken }
  }
  const slotOf = (queue: LiveQueue, handle: string): Slot | undefined => {
    const { key, receives } = readHandle(queue.record.arn, handle)
    const slot = queue.lane.get(key)
    // what became receivable meanwhile is known as such
    queue.lane.next(now())
    return slot?.receives === receives ? slot : undefined
  }
  const oldest = (queue: LiveQueue) => now() - numberOf(queue.record, 'MessageRetentionPeriod') * 1_000
  const expire = (queue: LiveQueue) => {
    const keys = queue.lane.sentBefore(oldest(queue))
    if (keys.length > 0) forget(queue, keys)
  }
  const delayOf = (queue: LiveQueue, sentAt: number, seconds = numberOf(queue.record, 'DelaySeconds')) =>
    seconds > 0 ? sentAt + seconds * 1_000 : 0
  const sendOne = (queue: LiveQueue, incoming: NewMessage, moment: number) => {
    const limit = numberOf(queue.record, 'MaximumMessageSize')
    if (sizeOf(incoming) > limit)
      throw invalid(
        `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
      )
    const { delaySeconds, ...content } = incoming
    const message: StoredMessage = {
      ...content,
      id: randomUUID(),
      sentAt: moment,
      delayedUntil: delayOf(queue, moment, delaySeconds),
      receives: 0,
    }
    return isFifo(queue.record) ? sendOnce(seen, queue, message, insert) : { added: insert(queue, message) }
  }

  return {
    all,
    find: (arn) => {
      const queue = all.get(arn)
      if (!queue) throw noSuchQueue()
      return queue
    },
    save: (record) => {
      records.put(record.arn, record)
      const queue = all.get(record.arn)
      if (!queue) {
        all.set(record.arn, { record, lane: createLane(isFifo(record)) })
        return
      }
      const delay = attributeOf(queue.record, 'DelaySeconds')
      queue.record = record
      // a FIFO queue's new delay holds for what is delayed already (API Reference, SetQueueAttributes, DelaySeconds)
      if (!isFifo(record) || delay === attributeOf(record, 'DelaySeconds')) return
      queue.lane.redelay((slot) => delayOf(queue, slot.sentAt))
      changed(record.arn)
    },
    remove: (arn) => {
      const queue = all.get(arn)
      if (!queue) throw noSuchQueue()
      store.transaction(() => {
        for (const key of queue.lane.keys()) messages.delete(key)
        seen.forget(arn)
        records.delete(arn)
      })
      all.delete(arn)
    },
    send: (queue, incoming) => {
      const moment = now()
      const sent = store.transaction(() => incoming.map((message) => sendOne(queue, message, moment)))
      for (const { added } of sent) if (added) index(queue, added)
      changed(queue.record.arn)
      return sent.flatMap(({ added, repeated }) => added?.message ?? repeated ?? [])
    },
    receive: (queue, max, visibilityMs, reading) => {
      expire(queue)
      if (queue.lane.counts.held >= maxInFlight) {
        // API Reference, ChangeMessageVisibility: FIFO queues answer nothing rather than an error
        if (isFifo(queue.record)) return []
        throw new AwsError('OverLimit', 'Too many messages are in flight for this queue.', 403)
      }
      let refusal: AwsError | undefined
      const received = atomically(() => {
        const received: Received[] = []
        const taken = new Set<Slot>()
        const moment = now()
        // hidden for a moment at least: with a timeout of 0 one call would take the same message again
        const until = moment + Math.max(visibilityMs, 1)
        while (taken.size < max) {
          const slot = queue.lane.next(moment, taken)
          if (!slot) break
          if (slot.sentAt < oldest(queue)) forget(queue, [slot.key])
          else if (!deadLetter(queue, slot)) {
            const one = handOut(queue, slot, moment, until)
            if (!one) {
              queue.lane.remove(slot.key)
              continue
            }
            taken.add(slot)
            const refused = refusalOf(one.message, reading)
            if (!refused) received.push(one)
            else {
              refusal ??= refused
              const back = moment + Math.max(reading?.refusedMs ?? visibilityMs, 1)
              if (back < until) queue.lane.hold(slot, back, moment)
              // what comes after it in its group must wait for it
              if (isFifo(queue.record)) break
            }
          }
        }
        return received
      })
      if (refusal && received.length === 0) throw refusal
      return received
    },
    discard: (queue, handle) => {
      const slot = slotOf(queue, handle)
      if (!slot) return
      if (slot.expired && isFifo(queue.record))
        throw invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.')
      forget(queue, [slot.key])
      // a message group may have opened
      changed(queue.record.arn)
    },
    changeVisibility: (queue, handle, visibilityMs) => {
      const slot = slotOf(queue, handle)
      if (!slot || (slot.expired && isFifo(queue.record)))
        throw invalidValue(
          handle,
          'ReceiptHandle',
          'Message does not exist or is not available for visibility timeout change.',
        )
      // recorded: a timeout that has run out on a standard queue is no error, and is not set again
      if (slot.expired) return
      if (slot.state !== 'held')
        throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.')
      if (now() + visibilityMs - slot.heldSince > MAX_HIDDEN_MS)
        throw invalidValue(
          visibilityMs / 1_000,
          'VisibilityTimeout',
          'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
        )
      if (visibilityMs > 0) queue.lane.hold(slot, now() + visibilityMs, slot.heldSince)
      else queue.lane.release(slot, now())
      changed(queue.record.arn)
    },
    release: (queue, handle) => {
      const slot = slotOf(queue, handle)
      if (slot?.state !== 'held') return
      queue.lane.release(slot, now())
      changed(queue.record.arn)
    },
    renew: (queue, received, visibilityMs) => {
      const slots = received.map(({ handle }) => slotOf(queue, handle))
      if (slots.some((slot) => slot?.state !== 'held')) return false
      for (const slot of slots) if (slot) queue.lane.hold(slot, now() + Math.max(visibilityMs, 1), now())
      return true
    },
    purge: (queue) => forget(queue, queue.lane.keys()),
    expire,
    move: (queue, max, to) => {
      let moved = 0
      atomically(() => {
        for (let slot = queue.lane.next(now()); slot && moved < max; slot = queue.lane.next(now())) {
          const message = messages.get(slot.key)
          const target = message && to(message)
          if (!message || !target) break
          relocate(queue, target.queue, slot, renewed(message, target.sealed, now()))
          moved += 1
        }
      })
      return moved
    },
  }
}

/** Into a FIFO queue, unless the same was there within five minutes. */
const sendOnce = <T extends { message: StoredMessage }>(
  seen: Deduplication,
  queue: LiveQueue,
  message: StoredMessage,
  insert: (queue: LiveQueue, message: StoredMessage) => T,
): { added?: T; repeated?: StoredMessage } => {
  const earlier = seen.find(queue, message)
  if (earlier) return { repeated: { ...message, id: earlier.id, sequence: earlier.sequence } }
  const added = insert(queue, message)
  seen.remember(queue, added.message)
  return { added }
}

const refusalOf = (message: StoredMessage, reading: Reading | undefined): AwsError | undefined => {
  try {
    reading?.open(message)
    return undefined
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

/** A redriven message is a new one: new id, new time of sending (SQS API Reference, StartMessageMoveTask); encrypted anew too. */
const renewed = (message: StoredMessage, sealed: Sealed | undefined, sentAt: number): StoredMessage => {
  const { deadLetteredFrom: _, firstReceivedAt: __, receivesBefore: ___, sealed: ____, ...rest } = message
  return { ...rest, ...(sealed && { sealed }), id: randomUUID(), sentAt, delayedUntil: 0, receives: 0 }
}
