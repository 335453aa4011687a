import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { OutgoingMessage, Sender, Wires } from '../gateway/wires.ts'
import type { Collection } from '../state/store.ts'
import type { Functions } from './functions.ts'
import type { InvokeResult, Pool } from './pool.ts'
import type { FunctionRecord } from './records.ts'

/** An event that was accepted and has not come to its end; kept in the store until then. */
interface Pending {
  readonly requestId: string
  readonly functionArn: string
  readonly payload: string
  /** invocations that ended with an error */
  readonly failures: number
  readonly throttles: number
  /** milliseconds since the epoch */
  readonly acceptedAt: number
  readonly dueAt: number
}

export interface AsyncInvoker {
  /** stores the event, then returns; it is invoked soon after */
  accept(record: FunctionRecord, payload: string): string
  /** takes up what a former run left */
  start(): void
  stop(): Promise<void>
}

/** Developer guide, "Asynchronous invocation": 1 MB, two retries one and two minutes later, six hours. */
export const MAX_EVENT_BYTES = 1_048_576
const RETRY_MS = [60_000, 120_000]
const MAX_RETRIES = 2
const MAX_AGE_SECONDS = 21_600
/** Throttled events are tried again for as long as they live, from a second to five minutes apart. */
const THROTTLE_MS = { first: 1000, last: 300_000 }
const MAX_ERROR_MESSAGE = 1024

type Condition = 'RetriesExhausted' | 'EventAgeExceeded'

/** @param factor by which waiting times are multiplied; below 1 only in tests */
export const createAsyncInvoker = (
  { store, now, log }: Parts,
  functions: Functions,
  pool: Pool,
  wires: Pick<Wires, 'sendMessage'>,
  factor: number,
): AsyncInvoker => {
  const pending: Collection<Pending> = store.collection('lambda.async')
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const schedule = (event: Pending) => {
    if (stopped) return
    const timer = setTimeout(
      () => {
        timers.delete(event.requestId)
        const work = attempt(event)
          .catch((error) => log('lambda', 'an event was not delivered', facts(event, error)))
          .finally(() => running.delete(work))
        running.add(work)
      },
      Math.max(0, event.dueAt - now()),
    )
    timers.set(event.requestId, timer)
  }
  const again = (event: Pending, waitMs: number, change: Partial<Pending>) => {
    const next = { ...event, ...change, dueAt: now() + waitMs * factor }
    pending.put(event.requestId, next)
    schedule(next)
  }

  const attempt = async (event: Pending): Promise<void> => {
    const record = functions.find(event.functionArn)
    if (!record) {
      log('lambda', 'an event was dropped: its function is gone', facts(event))
      pending.delete(event.requestId)
      return
    }
    const maxAge = record.invokeConfig?.maximumEventAgeInSeconds ?? MAX_AGE_SECONDS
    const tooOld = (waitMs: number) => now() + waitMs - event.acceptedAt > maxAge * 1000
    if (tooOld(0)) return give(record, event, 'EventAgeExceeded', undefined)
    let result: InvokeResult
    try {
      result = await pool.run(record, event.payload, event.requestId)
    } catch (error) {
      if (stopped) return
      // Throttled, or the role could not be assumed: not the function's fault, so no retry is used up.
      const waitMs = Math.min(THROTTLE_MS.first * 2 ** Math.min(event.throttles, 20), THROTTLE_MS.last)
      log('lambda', 'an event waits: its function could not be started', facts(event, error))
      return again(event, waitMs, { throttles: event.throttles + 1 })
    }
    // A stop kills what runs: the event stays in the store and comes again.
    if (stopped && result.error) return
    if (!result.error) {
      pending.delete(event.requestId)
      return
    }
    const failures = event.failures + 1
    const waitMs = RETRY_MS[failures - 1] ?? 0
    if (failures > (record.invokeConfig?.maximumRetryAttempts ?? MAX_RETRIES))
      return give(record, { ...event, failures }, 'RetriesExhausted', result)
    if (tooOld(waitMs * factor)) return give(record, { ...event, failures }, 'EventAgeExceeded', result)
    again(event, waitMs, { failures })
  }

  /** To the on-failure destination and the dead-letter queue, whichever there are, under the function's role. */
  const give = async (
    record: FunctionRecord,
    event: Pending,
    condition: Condition,
    result: InvokeResult | undefined,
  ): Promise<void> => {
    const destination = record.invokeConfig?.destinationConfig?.OnFailure?.Destination
    const sender: Sender = {
      service: 'lambda.amazonaws.com',
      sourceArn: record.arn,
      sourceAccount: record.account,
      roleArn: record.role,
    }
    const send = async (queueArn: string, message: OutgoingMessage) => {
      try {
        await wires.sendMessage(queueArn, message, sender)
      } catch (error) {
        log('lambda', 'a failed event could not be put into its queue', { ...facts(event, error), queueArn })
      }
    }
    log('lambda', `an event has come to its end: ${condition}`, facts(event))
    if (destination) await send(destination, { body: destinationRecord(event, condition, result, now()) })
    if (record.deadLetterArn) await send(record.deadLetterArn, deadLetterMessage(event, result))
    pending.delete(event.requestId)
  }

  return {
    accept: (record, payload) => {
      if (Buffer.byteLength(payload) > MAX_EVENT_BYTES)
        throw new AwsError(
          'RequestTooLargeException',
          `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`,
          413,
        )
      const at = now()
      const event: Pending = {
        requestId: randomUUID(),
        functionArn: record.arn,
        payload,
        failures: 0,
        throttles: 0,
        acceptedAt: at,
        dueAt: at,
      }
      pending.put(event.requestId, event)
      schedule(event)
      return event.requestId
    },
    start: () => {
      for (const [id, event] of pending.entries()) if (!timers.has(id)) schedule(event)
    },
    stop: async () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await pool.close()
      await Promise.all(running)
    },
  }
}

const facts = (event: Pending, error?: unknown) => ({
  function: event.functionArn,
  requestId: event.requestId,
  ...(error === undefined ? {} : { error: String(error).slice(0, MAX_ERROR_MESSAGE) }),
})

const parsed = (text: string): unknown => JSON.parse(text)

/** Developer guide, "Adding a destination", example of an invocation record. */
const destinationRecord = (
  event: Pending,
  condition: Condition,
  result: InvokeResult | undefined,
  at: number,
): string =>
  JSON.stringify({
    version: '1.0',
    timestamp: new Date(at).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${event.functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: event.failures,
    },
    requestPayload: parsed(event.payload),
    ...(result
      ? {
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          responsePayload: parsed(result.payload),
        }
      : {}),
  })

/** Developer guide, "Dead-letter queues": the event as it came, and what happened in attributes. */
const deadLetterMessage = (event: Pending, result: InvokeResult | undefined): OutgoingMessage => ({
  body: event.payload,
  attributes: {
    RequestID: { DataType: 'String', StringValue: event.requestId },
    ErrorCode: { DataType: 'Number', StringValue: '200' },
    ErrorMessage: {
      DataType: 'String',
      StringValue: (result?.payload ?? 'Event age exceeded').slice(0, MAX_ERROR_MESSAGE),
    },
  },
})
