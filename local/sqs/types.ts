/** A queue as the store keeps it. */
export interface QueueRecord {
  readonly arn: string
  readonly name: string
  readonly account: string
  readonly region: string
  /** only what was set; {@link DEFAULTS} of attributes.ts stand for the rest */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly modifiedAt: number
}

/** A message attribute as the store keeps it: text, or bytes as base64. */
export interface StoredAttribute {
  readonly type: string
  readonly text?: string
  readonly base64?: string
}

/** A message as the store keeps it, under `<queue ARN>|<order>`. Times are milliseconds since the epoch. */
export interface StoredMessage {
  readonly id: string
  readonly body: string
  readonly attributes: Readonly<Record<string, StoredAttribute>>
  /** AWSTraceHeader */
  readonly trace?: string
  readonly groupId?: string
  /** FIFO queues: given, or the SHA-256 of the body */
  readonly deduplicationId?: string
  /** FIFO queues: 20 digits that rise */
  readonly sequence?: string
  readonly senderId: string
  readonly sentAt: number
  /** DelaySeconds: not receivable before; visibility is not kept here, since nobody holds a message over a restart */
  readonly delayedUntil: number
  readonly receives: number
  /** times received in the queue that dead-lettered it */
  readonly receivesBefore?: number
  readonly firstReceivedAt?: number
  /** queue that dead-lettered it */
  readonly deadLetteredFrom?: string
  readonly sealed?: Sealed
}

/**
 * The KMS key that a message lies under, and the queue that it was encrypted for. Both stay with it, whatever becomes of the queue's own
 * key and into whatever dead-letter queue it goes (developer guide, "Encryption at rest").
 */
export interface Sealed {
  readonly key: string
  readonly queue: string
}

/** A message on its way in, already checked. */
export interface NewMessage {
  readonly body: string
  readonly attributes: Readonly<Record<string, StoredAttribute>>
  readonly trace?: string
  readonly groupId?: string
  readonly deduplicationId?: string
  readonly senderId: string
  readonly sealed?: Sealed
  /** undefined: the queue's own delay */
  readonly delaySeconds?: number
}
