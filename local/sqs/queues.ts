import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Collection } from '../state/store.ts'
import { numberOf, redriveOf } from './attributes.ts'
import { invalidHandle, invalidValue, noSuchQueue } from './errors.ts'
import { createLane, type Lane, type Slot } from './lane.ts'
import { sizeOf } from './message.ts'
import type { NewMessage, QueueRecord, StoredMessage } from './types.ts'

/** Messages in flight at most: Amazon SQS quotas, standard queues. */
const MAX_IN_FLIGHT = 120_000

export interface LiveQueue {
  record: QueueRecord
  readonly lane: Lane
}

export interface Received {
  readonly handle: string
  readonly message: StoredMessage
}

/**
 * The queues and their messages, without waiting: every call is one transaction of the store, and memory follows only after it.
 * `changed` is told the ARN of each queue that may have got a receivable message.
 */
export interface Queues {
  readonly all: ReadonlyMap<string, LiveQueue>
  /** @throws AwsError QueueDoesNotExist */
  find(arn: string): LiveQueue
  save(record: QueueRecord): void
  remove(arn: string): void
  /** @throws AwsError when the message is larger than the queue allows */
  send(queue: LiveQueue, messages: readonly NewMessage[]): StoredMessage[]
  /** hands out at most `max` and hides them for `visibilityMs`; moves what was received too often to the dead-letter queue */
  receive(queue: LiveQueue, max: number, visibilityMs: number): Received[]
  /** an outdated handle deletes nothing and is no error; @throws AwsError ReceiptHandleIsInvalid */
  discard(queue: LiveQueue, handle: string): void
  /** @throws AwsError ReceiptHandleIsInvalid, MessageNotInflight, InvalidParameterValueException */
  changeVisibility(queue: LiveQueue, handle: string, visibilityMs: number): void
  /** receivable at once, if the handle is the latest; else nothing happens; @throws AwsError ReceiptHandleIsInvalid */
  release(queue: LiveQueue, handle: string): void
  purge(queue: LiveQueue): void
  /** removes what is older than the retention period */
  expire(queue: LiveQueue): void
  /** moves every receivable message; `to` answers the destination, or undefined to leave it and end */
  move(queue: LiveQueue, to: (message: StoredMessage) => LiveQueue | undefined): number
}

/** Opens the queues of the store. Messages that were in flight are receivable at once: nobody can hold them any more. */
export const openQueues = ({ store, now }: Parts, changed: (arn: string) => void): Queues => {
  const records = store.collection<QueueRecord>('sqs.queues')
  const messages = store.collection<StoredMessage>('sqs.messages')
  const all = new Map<string, LiveQueue>()
  let order = loadLanes(records, messages, all, now())

  const insert = (queue: LiveQueue, message: StoredMessage) => {
    order += 1
    const key = `${queue.record.arn}|${String(order).padStart(16, '0')}`
    messages.put(key, message)
    return { key, order, sentAt: message.sentAt, receives: message.receives, message }
  }
  const index = (queue: LiveQueue, added: ReturnType<typeof insert>) => {
    const { message, ...slot } = added
    queue.lane.add(slot, message.delayedUntil, now())
  }
  const forget = (queue: LiveQueue, keys: readonly string[]) => {
    store.transaction(() => {
      for (const key of keys) messages.delete(key)
    })
    for (const key of keys) queue.lane.remove(key)
  }
  const relocate = (from: LiveQueue, to: LiveQueue, key: string, message: StoredMessage) => {
    const added = store.transaction(() => {
      messages.delete(key)
      return insert(to, message)
    })
    from.lane.remove(key)
    index(to, added)
    changed(to.record.arn)
  }
  const deadLetter = (queue: LiveQueue, slot: Slot): boolean => {
    const redrive = redriveOf(queue.record)
    if (!redrive || slot.receives < redrive.maxReceiveCount) return false
    const target = all.get(redrive.deadLetterTargetArn)
    const message = messages.get(slot.key)
    if (!target || !message) return false
    // the message keeps its id and its age (developer guide, "Using dead-letter queues"); that it is counted anew is inferred
    const { firstReceivedAt: _, ...rest } = message
    const moved = { ...rest, receives: 0, delayedUntil: 0, deadLetteredFrom: queue.record.arn }
    relocate(queue, target, slot.key, moved)
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
    queue.lane.hold(slot, until)
    return { handle: writeHandle(slot.key, taken), message: taken }
  }
  const slotOf = (queue: LiveQueue, handle: string): Slot | undefined => {
    const { key, receives } = readHandle(queue.record.arn, handle)
    const slot = queue.lane.get(key)
    return slot?.receives === receives ? slot : undefined
  }
  const expire = (queue: LiveQueue) => {
    const moment = now() - numberOf(queue.record, 'MessageRetentionPeriod') * 1_000
    const keys = queue.lane.sentBefore(moment)
    if (keys.length > 0) forget(queue, keys)
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
      if (queue) queue.record = record
      else all.set(record.arn, { record, lane: createLane() })
    },
    remove: (arn) => {
      const queue = all.get(arn)
      if (!queue) throw noSuchQueue()
      store.transaction(() => {
        for (const key of queue.lane.keys()) messages.delete(key)
        records.delete(arn)
      })
      all.delete(arn)
    },
    send: (queue, incoming) => {
      const limit = numberOf(queue.record, 'MaximumMessageSize')
      const moment = now()
      const added = store.transaction(() =>
        incoming.map((message) => {
          if (sizeOf(message) > limit)
            throw new AwsError(
              'InvalidParameterValueException',
              `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
            )
          const { delaySeconds = numberOf(queue.record, 'DelaySeconds'), ...rest } = message
          const delayedUntil = delaySeconds > 0 ? moment + delaySeconds * 1_000 : 0
          return insert(queue, { ...rest, id: randomUUID(), sentAt: moment, delayedUntil, receives: 0 })
        }),
      )
      for (const one of added) index(queue, one)
      changed(queue.record.arn)
      return added.map((one) => one.message)
    },
    receive: (queue, max, visibilityMs) => {
      expire(queue)
      if (queue.lane.counts.held >= MAX_IN_FLIGHT)
        throw new AwsError('OverLimit', 'Too many messages are in flight for this queue.', 403)
      return store.transaction(() => {
        const received: Received[] = []
        const moment = now()
        const tooOld = moment - numberOf(queue.record, 'MessageRetentionPeriod') * 1_000
        // hidden for a moment at least: with a timeout of 0 one call would take the same message again
        const until = moment + Math.max(visibilityMs, 1)
        while (received.length < max) {
          const slot = queue.lane.next(moment)
          if (!slot) break
          if (slot.sentAt < tooOld) forget(queue, [slot.key])
          else if (!deadLetter(queue, slot)) {
            const one = handOut(queue, slot, moment, until)
            if (one) received.push(one)
            else queue.lane.remove(slot.key)
          }
        }
        return received
      })
    },
    discard: (queue, handle) => {
      const slot = slotOf(queue, handle)
      if (slot) forget(queue, [slot.key])
    },
    changeVisibility: (queue, handle, visibilityMs) => {
      const slot = slotOf(queue, handle)
      if (!slot)
        throw invalidValue(
          handle,
          'ReceiptHandle',
          'Message does not exist or is not available for visibility timeout change.',
        )
      queue.lane.next(now())
      if (slot.state !== 'held')
        throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.')
      queue.lane.hold(slot, now() + visibilityMs)
      changed(queue.record.arn)
    },
    release: (queue, handle) => {
      const slot = slotOf(queue, handle)
      if (slot?.state !== 'held') return
      queue.lane.hold(slot, now())
      changed(queue.record.arn)
    },
    purge: (queue) => forget(queue, queue.lane.keys()),
    expire,
    move: (queue, to) => {
      let moved = 0
      store.transaction(() => {
        for (let slot = queue.lane.next(now()); slot; slot = queue.lane.next(now())) {
          const message = messages.get(slot.key)
          const target = message && to(message)
          if (!message || !target) break
          relocate(queue, target, slot.key, renewed(message, now()))
          moved += 1
        }
      })
      return moved
    },
  }
}

/** A redriven message is a new one: new id, new time of sending (SQS API Reference, StartMessageMoveTask). */
const renewed = (message: StoredMessage, sentAt: number): StoredMessage => {
  const { deadLetteredFrom: _, firstReceivedAt: __, ...rest } = message
  return { ...rest, id: randomUUID(), sentAt, delayedUntil: 0, receives: 0 }
}

const loadLanes = (
  records: Collection<QueueRecord>,
  messages: Collection<StoredMessage>,
  all: Map<string, LiveQueue>,
  now: number,
): number => {
  let highest = 0
  for (const [arn, record] of records.entries()) {
    const lane = createLane()
    all.set(arn, { record, lane })
    for (const [key, message] of messages.entries(`${arn}|`)) {
      const order = Number(key.slice(arn.length + 1))
      highest = Math.max(highest, order)
      lane.add({ key, order, sentAt: message.sentAt, receives: message.receives }, message.delayedUntil, now)
    }
  }
  return highest
}

const writeHandle = (key: string, message: StoredMessage): string =>
  Buffer.from(`${message.receives}|${message.id}|${key}`).toString('base64url')

const readHandle = (arn: string, handle: string): { key: string; receives: number } => {
  const [receives = '', , owner, order] = Buffer.from(handle, 'base64url').toString().split('|')
  if (owner !== arn || !/^\d+$/.test(receives) || !/^\d{16}$/.test(order ?? '')) throw invalidHandle()
  return { key: `${owner}|${order}`, receives: Number(receives) }
}
