import { codeOf, RelayError } from './errors.ts'
import { describeFailure, type Facts, type Log } from './log.ts'

/** A message as Lambda's SQS event source hands it over (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"). */
export interface QueueRecord {
  readonly messageId: string
  readonly body: string
  /** how often it was received, this time included; at least 1 */
  readonly receives: number
  /** of this receive: by it SQS is told when to show the message again; absent in events that somebody made by hand */
  readonly receiptHandle?: string
}

/** What the event source mapping expects back with `ReportBatchItemFailures`; an empty list: all went well. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[]
}

/**
 * The records of an SQS event.
 * @throws RelayError EVENT_MALFORMED when it is none: the whole batch then fails, as it should
 */
export const recordsOf = (event: unknown): readonly QueueRecord[] => {
  const records = (event as { Records?: unknown } | null | undefined)?.Records
  if (!Array.isArray(records))
    throw new RelayError('EVENT_MALFORMED', { field: 'Records', expected: 'a list' })
  return records.map((record: unknown) => {
    const { messageId, body, attributes, receiptHandle } = (record ?? {}) as Record<string, unknown>
    if (typeof messageId !== 'string' || messageId === '' || typeof body !== 'string') {
      throw new RelayError('EVENT_MALFORMED', { field: 'Records[]', expected: 'messageId and body' })
    }
    const receives = Number((attributes as Record<string, unknown> | undefined)?.ApproximateReceiveCount)
    return {
      messageId,
      body,
      receives: Number.isInteger(receives) && receives > 0 ? receives : 1,
      ...(typeof receiptHandle === 'string' ? { receiptHandle } : {}),
    }
  })
}

/** Whether SQS will move the record to the dead-letter queue when this try fails too. */
export const isLastReceive = (record: QueueRecord, maxReceives: number): boolean =>
  record.receives >= maxReceives

export const batchResponse = (failed: Iterable<string>): BatchResponse => ({
  batchItemFailures: [...new Set(failed)].map((itemIdentifier) => ({ itemIdentifier })),
})

/** Which records of one batch failed: what a function gathers while it works on many at a time. */
export interface Failures {
  /** Logs it, with its code. A record that fails twice is one failed record. */
  readonly fail: (record: QueueRecord, error: unknown) => void
  readonly records: () => readonly QueueRecord[]
  readonly response: () => BatchResponse
}

export const createFailures = (log: Log): Failures => {
  const failed = new Map<string, QueueRecord>()
  return {
    fail(record, error) {
      failed.set(record.messageId, record)
      const { messageId, receives } = record
      log.error('record failed', { messageId, receives, ...describeFailure(error) })
    },
    records: () => [...failed.values()],
    response: () => batchResponse(failed.keys()),
  }
}

/**
 * Fails all that spoke of one thing. Where SQS is about to move one of them to the dead-letter queue, people hear of it now; what
 * keeps them from hearing is logged: the record still goes there, and the queue's alarm rings. Where two give up at once, one
 * is told CLAIM_LOST while the other tells.
 * @param facts what failed, for the log
 * @param tell is given that record
 */
export const failAloud = async (
  { fail, log }: Pick<Failures, 'fail'> & { readonly log: Log },
  { records, error, maxReceives, facts }: FailedWork,
  tell: (last: QueueRecord) => Promise<unknown>,
): Promise<void> => {
  for (const record of records) fail(record, error)
  const last = [...records].find((record) => isLastReceive(record, maxReceives))
  if (!last) return
  try {
    await tell(last)
  } catch (ringing) {
    const said = { ...facts, ...describeFailure(ringing) }
    if (codeOf(ringing) === 'CLAIM_LOST')
      log.warn('failure not announced here: another worker is announcing it', said)
    else log.error('failure not announced', said)
  }
}

export interface FailedWork {
  readonly records: Iterable<QueueRecord>
  readonly error: unknown
  /** maxReceiveCount of their queue */
  readonly maxReceives: number
  readonly facts: Facts
}

/**
 * Works through the records one after another; each that throws is logged with its code and reported as failed, the others
 * are not disturbed. A failure that no retry can mend is reported like any other: only so does the record end in the
 * dead-letter queue instead of vanishing.
 */
export const eachRecord = async (
  event: unknown,
  log: Log,
  work: (record: QueueRecord) => Promise<void>,
): Promise<BatchResponse> => {
  const failures = createFailures(log)
  for (const record of recordsOf(event)) {
    try {
      await work(record)
    } catch (error) {
      failures.fail(record, error)
    }
  }
  return failures.response()
}
