import type { ReceivedMessage } from '../contracts.ts'

/** A synchronous payload is at most 6 MB (service quotas); some room is left for the envelope. */
const MAX_BATCH_BYTES = 6_000_000

/** The event that a function gets for a batch: developer guide, "Using Lambda with Amazon SQS", example event. */
export const sqsEvent = (messages: readonly ReceivedMessage[], queueArn: string) => ({
  Records: messages.map((message) => ({
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { stringValue, dataType }]) => [
        name,
        {
          ...(stringValue === undefined ? {} : { stringValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType,
        },
      ]),
    ),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  })),
})

/** Parts of a batch that each fit into one payload, in order. */
export const splitBySize = (
  messages: readonly ReceivedMessage[],
  maxBytes: number = MAX_BATCH_BYTES,
): ReceivedMessage[][] => {
  const parts: ReceivedMessage[][] = []
  let room = 0
  for (const message of messages) {
    const bytes = Buffer.byteLength(JSON.stringify(message))
    const last = parts.at(-1)
    if (last && bytes <= room) {
      last.push(message)
      room -= bytes
    } else {
      parts.push([message])
      room = maxBytes - bytes
    }
  }
  return parts
}

export interface Verdict {
  readonly done: readonly ReceivedMessage[]
  readonly failed: readonly ReceivedMessage[]
  /** why the whole batch failed though the function returned */
  readonly problem?: string
}

/**
 * Which messages of a batch are done. Without `reportFailures` what a function returns does not matter. With it (developer
 * guide, "Implementing partial batch responses"): an empty or null list, or an empty or null answer, is success; an answer
 * that is no JSON, an identifier that is null, empty or under another name fails the whole batch. That an identifier of no message
 * of the batch fails it whole is inferred.
 * @param outcome the function's answer as JSON text, or that it ended with an error
 */
export const judgeBatch = (
  messages: readonly ReceivedMessage[],
  outcome: { payload: string; error?: string },
  reportFailures: boolean,
): Verdict => {
  if (outcome.error) return { done: [], failed: messages }
  if (!reportFailures) return { done: messages, failed: [] }
  const whole = (problem: string): Verdict => ({ done: [], failed: messages, problem })
  let answer: unknown
  try {
    answer = outcome.payload.trim() === '' ? null : JSON.parse(outcome.payload)
  } catch {
    return whole('the answer is no JSON')
  }
  if (answer === null || answer === undefined || answer === '') return { done: messages, failed: [] }
  if (typeof answer !== 'object' || Array.isArray(answer)) return whole('the answer is no object')
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === null || failures === undefined) return { done: messages, failed: [] }
  if (!Array.isArray(failures)) return whole('batchItemFailures is no list')
  const known = new Set(messages.map(({ messageId }) => messageId))
  const ids = new Set<string>()
  for (const entry of failures) {
    const id = (entry as { itemIdentifier?: unknown } | null)?.itemIdentifier
    if (typeof id !== 'string' || id === '') return whole('an itemIdentifier is missing or empty')
    if (!known.has(id)) return whole('an itemIdentifier is of no message of the batch')
    ids.add(id)
  }
  return {
    done: messages.filter(({ messageId }) => !ids.has(messageId)),
    failed: messages.filter(({ messageId }) => ids.has(messageId)),
  }
}
