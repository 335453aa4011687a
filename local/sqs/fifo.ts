import { createHash } from 'node:crypto'
import { attributeOf, isFifo } from './attributes.ts'
import { invalid, invalidValue, missing } from './errors.ts'
import type { NewMessage, QueueRecord } from './types.ts'

/**
 * What the type of queue asks of a message: FIFO queues want a group and something to know repetitions by, and know no delay of
 * single messages (SQS API Reference, SendMessage).
 * @returns the message, with the deduplication id that the queue makes of its content
 * @throws AwsError MissingRequiredParameterException, InvalidParameterValueException
 */
export const fitQueue = (queue: QueueRecord, message: NewMessage): NewMessage => {
  const { deduplicationId, groupId } = message
  if (!isFifo(queue)) {
    if (deduplicationId !== undefined)
      throw invalidValue(
        deduplicationId,
        'MessageDeduplicationId',
        'The request includes a parameter that is not valid for this queue type.',
      )
    return message
  }
  // a delay of 0 is let through, and means nothing
  const { delaySeconds, ...rest } = message
  if (delaySeconds)
    throw invalidValue(
      delaySeconds,
      'DelaySeconds',
      'The request include parameter that is not valid for this queue type.',
    )
  if (groupId === undefined) throw missing('MessageGroupId')
  if (deduplicationId === undefined && !isContentBased(queue)) throw noDeduplication()
  return {
    ...rest,
    deduplicationId: deduplicationId ?? createHash('sha256').update(message.body).digest('hex'),
  }
}

const isContentBased = (queue: QueueRecord) => attributeOf(queue, 'ContentBasedDeduplication') === 'true'

const noDeduplication = () =>
  invalid(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )

/**
 * A batch for a FIFO queue is refused whole when one entry lacks what {@link fitQueue} asks for (recorded).
 * @throws AwsError InvalidParameterValueException
 */
export const checkFifoEntries = (
  queue: QueueRecord,
  entries: readonly {
    readonly MessageGroupId?: string | undefined
    readonly MessageDeduplicationId?: string | undefined
  }[],
): void => {
  if (!isFifo(queue)) return
  if (entries.some((entry) => entry.MessageGroupId === undefined))
    throw invalid('The request must contain the parameter MessageGroupId.')
  if (!isContentBased(queue) && entries.some((entry) => entry.MessageDeduplicationId === undefined))
    throw noDeduplication()
}
