import type { InputLogEvent, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import { invalidParameter } from './errors.ts'

/** API reference, PutLogEvents: what a batch may be. */
const LIMITS = {
  events: 10_000,
  bytes: 1_048_576,
  overhead: 26,
  eventBytes: 1_048_576,
  spanMs: 24 * 3_600_000,
  oldMs: 14 * 24 * 3_600_000,
  newMs: 2 * 3_600_000,
} as const
const DAY_MS = 86_400_000

/**
 * The events of a batch that are taken, and which are not because they are too old, too new, or older than the group keeps events.
 * @throws AwsError InvalidParameterException for a batch that is too large, too long, or out of order
 */
export const checkBatch = (
  events: readonly InputLogEvent[],
  now: number,
  retentionDays: number | undefined,
): { accepted: { timestamp: number; message: string }[]; rejected?: RejectedLogEventsInfo } => {
  const batch = events.map(({ timestamp = 0, message = '' }) => ({ timestamp, message }))
  checkSizes(batch)
  if (batch.some(({ timestamp }, index) => timestamp < (batch[index - 1]?.timestamp ?? 0)))
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.')
  // in order of time: each kind of refusal is one end of the batch
  const tooOld = endOf(batch, now - LIMITS.oldMs)
  const expired = retentionDays === undefined ? 0 : endOf(batch, now - retentionDays * DAY_MS)
  const tooNew = batch.findIndex(({ timestamp }) => timestamp > now + LIMITS.newMs)
  const accepted = batch.slice(Math.max(tooOld, expired), tooNew < 0 ? batch.length : tooNew)
  const [first, last] = [accepted.at(0), accepted.at(-1)]
  if (first && last && last.timestamp - first.timestamp > LIMITS.spanMs)
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    )
  const rejected = {
    ...(tooNew < 0 ? {} : { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
    ...(expired === 0 ? {} : { expiredLogEventEndIndex: expired }),
  }
  return Object.keys(rejected).length === 0 ? { accepted } : { accepted, rejected }
}

/** How many at the beginning are before a time. */
const endOf = (batch: readonly { timestamp: number }[], time: number): number => {
  const index = batch.findIndex(({ timestamp }) => timestamp >= time)
  return index < 0 ? batch.length : index
}

const checkSizes = (batch: readonly { message: string }[]): void => {
  if (batch.length < 1 || batch.length > LIMITS.events)
    throw invalidParameter(
      `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length ${batch.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${LIMITS.events}`}`,
    )
  let total = 0
  for (const { message } of batch) {
    if (message === '')
      throw invalidParameter(
        "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
      )
    const bytes = Buffer.byteLength(message) + LIMITS.overhead
    if (bytes > LIMITS.eventBytes)
      throw invalidParameter(`Log event too large: ${bytes} bytes exceeds limit of ${LIMITS.eventBytes}`)
    total += bytes
  }
  if (total > LIMITS.bytes)
    throw invalidParameter(`Upload too large: ${total} bytes exceeds limit of ${LIMITS.bytes}`)
}
