import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import type { Sender } from '../gateway/wires.ts'
import type { Collection } from '../state/store.ts'
import { type Condition, type DestinationWires, deadLetterOf, type Ended, sendRecord } from './destination.ts'
import { tooLarge } from './errors.ts'
import { assertSettled, type Functions, type Target } from './functions.ts'
import { routed } from './invoke.ts'
import { functionArn, LATEST } from './names.ts'
import type { InvokeResult, Pool } from './pool.ts'
import { qualifiedOf, versionOf } from './records.ts'

/** An event that was accepted and has not come to its end; kept in the store until then. */
interface Pending {
  readonly requestId: string
  /** with the qualifier that was asked for, if any */
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
  /** stores the event, then returns; it is invoked soon after. @throws AwsError RequestEntityTooLargeException */
  accept(target: Target, payload: string): string
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
const MAX_FACT = 1024
/** until an event whose end the disk did not take comes again */
const UNWRITABLE_MS = 1_000

export interface AsyncParts {
  readonly parts: Parts
  readonly functions: Functions
  readonly pool: Pool
  readonly wires: DestinationWires
  /** by which waiting times are multiplied; below 1 only in tests */
  readonly factor: number
}

export const createAsyncInvoker = (given: AsyncParts): AsyncInvoker => {
  const { functions, pool, wires, factor } = given
  const { store, now, log } = given.parts
  const pending: Collection<Pending> = store.collection('lambda.async')
  const waiting = new Map<string, () => void>()
  const running = new Map<string, Promise<void>>()
  let stopped = false

  const schedule = (event: Pending) => {
    if (stopped) return
    const begin = () => {
      waiting.delete(event.requestId)
      const work = attempt(event)
        .catch((error) => {
          log('lambda', 'what became of an event cannot be stored now', facts(event, error))
          // it runs once more, as it would after a kill
          schedule({ ...event, dueAt: now() + UNWRITABLE_MS })
        })
        .finally(() => {
          // it may have been planned again meanwhile, and be under way anew
          if (running.get(event.requestId) === work) running.delete(event.requestId)
        })
      running.set(event.requestId, work)
    }
    const left = event.dueAt - now()
    if (left > 0) {
      const timer = setTimeout(begin, left)
      waiting.set(event.requestId, () => clearTimeout(timer))
    } else {
      // a timer would take a millisecond
      const turn = setImmediate(begin)
      waiting.set(event.requestId, () => clearImmediate(turn))
    }
  }
  const again = (event: Pending, waitMs: number, change: Partial<Pending>) => {
    const next = { ...event, ...change, dueAt: now() + waitMs }
    pending.put(event.requestId, next)
    schedule(next)
  }

  const attempt = async (event: Pending): Promise<void> => {
    const asked = functions.find(event.functionArn)
    if (!asked) {
      log('lambda', 'an event was dropped: its function is gone', facts(event))
      pending.delete(event.requestId)
      return
    }
    const target = routed(functions, asked)
    const config = qualifiedOf(target.function, target.qualifier).invokeConfig
    const maxAge = config?.maximumEventAgeInSeconds ?? MAX_AGE_SECONDS
    const tooOld = (waitMs: number) => now() + waitMs - event.acceptedAt > maxAge * 1000
    if (tooOld(0)) return end(target, event, 'EventAgeExceeded', undefined)
    let result: InvokeResult
    try {
      assertSettled(target.version, now())
      result = await pool.run({
        version: target.version,
        invokedArn: event.functionArn,
        reservedConcurrency: target.function.reservedConcurrency,
        payload: event.payload,
        requestId: event.requestId,
      })
    } catch (error) {
      if (stopped) return
      // Throttled, or the role could not be assumed: not the function's fault, so no retry is used up.
      const waitMs = Math.min(THROTTLE_MS.first * 2 ** Math.min(event.throttles, 20), THROTTLE_MS.last)
      log('lambda', 'an event waits: its function could not be started', facts(event, error))
      return again(event, waitMs * factor, { throttles: event.throttles + 1 })
    }
    // A stop kills what runs: the event stays in the store and comes again.
    if (stopped && result.error) return
    if (!result.error) return end(target, event, 'Success', result)
    const failed = { ...event, failures: event.failures + 1 }
    const waitMs = (RETRY_MS[failed.failures - 1] ?? 0) * factor
    if (failed.failures > (config?.maximumRetryAttempts ?? MAX_RETRIES))
      return end(target, failed, 'RetriesExhausted', result)
    if (tooOld(waitMs)) return end(target, failed, 'EventAgeExceeded', result)
    again(failed, waitMs, {})
  }

  /** To the destination of how it ended, and a failure to the dead-letter queue as well, under the function's role. */
  const end = async (
    target: Target,
    event: Pending,
    condition: Condition,
    result: InvokeResult | undefined,
  ): Promise<void> => {
    const record = target.function
    const to = qualifiedOf(record, target.qualifier).invokeConfig?.destinationConfig
    const good = condition === 'Success'
    const destination = (good ? to?.OnSuccess : to?.OnFailure)?.Destination
    const dead = good ? undefined : target.version.deadLetterArn
    if (!good) log('lambda', `an event has come to its end: ${condition}`, facts(event))
    if (destination || dead) {
      const sender: Sender = {
        service: 'lambda.amazonaws.com',
        sourceArn: record.arn,
        sourceAccount: record.account,
        roleArn: target.version.role,
      }
      const ended: Ended = {
        requestId: event.requestId,
        functionArn: functionArn(record, record.name, target.qualifier ?? LATEST),
        executedVersion: versionOf(target.version),
        payload: event.payload,
        invokeCount: event.failures + (good ? 1 : 0),
        condition,
        result,
        at: now(),
      }
      if (destination) await hand(event, destination, () => sendRecord(wires, destination, ended, sender))
      if (dead) await hand(event, dead, () => toDeadLetters(dead, ended, sender))
    }
    pending.delete(event.requestId)
  }

  const toDeadLetters = (arn: string, ended: Ended, sender: Sender) => {
    const message = deadLetterOf(ended)
    return arn.split(':')[2] === 'sns'
      ? wires.publish(arn, { body: message.body }, sender)
      : wires.sendMessage(arn, message, sender)
  }
  const hand = async (event: Pending, arn: string, give: () => Promise<void>) => {
    try {
      await give()
    } catch (error) {
      log('lambda', 'what became of an event could not be handed on', { ...facts(event, error), to: arn })
    }
  }

  return {
    accept: (target, payload) => {
      const bytes = Buffer.byteLength(payload)
      if (bytes > MAX_EVENT_BYTES)
        throw tooLarge(
          `${bytes} byte payload is too large for the Event invocation type (limit ${MAX_EVENT_BYTES} bytes)`,
        )
      const at = now()
      const event: Pending = {
        requestId: randomUUID(),
        functionArn: functionArn(target.function, target.function.name, target.qualifier),
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
      for (const [id, event] of pending.entries()) if (!waiting.has(id) && !running.has(id)) schedule(event)
    },
    stop: async () => {
      stopped = true
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
      await pool.close()
      await Promise.all(running.values())
    },
  }
}

const facts = (event: Pending, error?: unknown) => ({
  function: event.functionArn,
  requestId: event.requestId,
  ...(error === undefined ? {} : { error: String(error).slice(0, MAX_FACT) }),
})
