import type { Lane } from './lane.ts'
import type { NewMessage, QueueRecord, Sealed, StoredMessage } from './types.ts'

export interface LiveQueue {
  record: QueueRecord
  readonly lane: Lane
}

export interface Destination {
  readonly queue: LiveQueue
  readonly sealed?: Sealed
}

export interface Received {
  readonly handle: string
  readonly message: StoredMessage
}

/** How messages are decrypted for a reader. */
export interface Reading {
  /** @throws AwsError when the reader may not use the message's key, or nobody can */
  open(message: StoredMessage): void
  /** messages that could not be decrypted come back after so long, if that is sooner */
  readonly refusedMs?: number | undefined
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
  /**
   * A FIFO queue answers for a message that it had within five minutes with that one's id and sequence number.
   * @throws AwsError when the message is larger than the queue allows
   */
  send(queue: LiveQueue, messages: readonly NewMessage[]): StoredMessage[]
  /**
   * Hands out at most `max` and hides them for `visibilityMs`; moves what was received too often to the dead-letter queue.
   * A message that cannot be decrypted counts as received, and is hidden like the others.
   * @throws AwsError OverLimit when too many messages of a standard queue are in flight; why the first of them could not be decrypted,
   *   when none could
   */
  receive(queue: LiveQueue, max: number, visibilityMs: number, reading?: Reading): Received[]
  /**
   * An outdated handle deletes nothing and is no error.
   * @throws AwsError ReceiptHandleIsInvalid; InvalidParameterValueException for a handle of a FIFO queue that has expired
   */
  discard(queue: LiveQueue, handle: string): void
  /** @throws AwsError ReceiptHandleIsInvalid, MessageNotInflight, InvalidParameterValueException */
  changeVisibility(queue: LiveQueue, handle: string, visibilityMs: number): void
  /** receivable at once, if the handle is the latest; else nothing happens; @throws AwsError ReceiptHandleIsInvalid */
  release(queue: LiveQueue, handle: string): void
  /** hides messages anew whose receipt is repeated; false, and nothing done, unless all of them are still in flight */
  renew(queue: LiveQueue, received: readonly Received[], visibilityMs: number): boolean
  purge(queue: LiveQueue): void
  /** removes what is older than the retention period */
  expire(queue: LiveQueue): void
  /** moves at most `max` receivable messages; `to` answers where to and under which key, or undefined to leave it and end */
  move(queue: LiveQueue, max: number, to: (message: StoredMessage) => Destination | undefined): number
}
