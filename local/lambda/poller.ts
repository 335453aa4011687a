import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Iam, Parts, QueueReader, Reader, ReceivedMessage } from '../contracts.ts'
import type { Collection } from '../state/store.ts'
import { judgeBatch, splitBySize, sqsEvent, type Verdict } from './batch.ts'
import { compileFilters } from './filter.ts'
import type { Functions, Target } from './functions.ts'
import { routed } from './invoke.ts'
import { assertMayRead, type MappingRecord } from './mappings.ts'
import type { Pool } from './pool.ts'

/** Messages that were taken from a queue and not yet deleted: after a kill they are given back at the next start. */
export interface Held {
  readonly queueArn: string
  readonly receiptHandles: readonly string[]
}

export interface PollerParts {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorize' | 'callerOfRole'>
  readonly queues: QueueReader
  readonly functions: Functions
  readonly pool: Pool
  readonly held: Collection<Held>
  /**
   * On AWS a failed message comes back when its visibility timeout ends, minutes later. With this many seconds it comes back
   * after them, if that is sooner: a deviation for people who wait in front of a screen.
   */
  readonly retryVisibilitySeconds?: number
}

export interface Poller {
  /** takes no more messages; resolves when the last batch is settled */
  stop(): Promise<void>
}

const LONG_POLL_MS = 20_000
const DEFAULT_CONCURRENCY = 5
const PROBLEM_MS = { first: 1000, last: 30_000 }
const THROTTLE_TRIES = 8

/** Reads a queue for a function until stopped. A FIFO queue is read one batch at a time, which keeps its order (inferred). */
export const startPoller = (mapping: MappingRecord, options: PollerParts): Poller => {
  const { parts, queues, functions, pool, held, retryVisibilitySeconds } = options
  const { queueArn } = mapping
  const stopping = new AbortController()
  const { signal } = stopping
  const batches = new Set<Promise<void>>()
  const returning = new Set<Promise<void>>()
  const width = queueArn.endsWith('.fifo') ? 1 : (mapping.maximumConcurrency ?? DEFAULT_CONCURRENCY)

  const isWanted = compileFilters(mapping.filters ?? [])

  const target = (): Target => {
    const found = functions.find(mapping.functionArn)
    if (!found) throw new Error(`function ${mapping.functionArn} is gone`)
    const chosen = routed(functions, found)
    assertMayRead(options.iam, chosen.version, queueArn)
    return chosen
  }
  const run = (payload: string) => {
    const { version, function: record } = target()
    return pool.run({
      version,
      invokedArn: mapping.functionArn,
      reservedConcurrency: record.reservedConcurrency,
      payload,
    })
  }

  /** What no filter lets through is done with: it leaves the queue unseen. */
  const filtered = (messages: readonly ReceivedMessage[]): ReceivedMessage[] => {
    const wanted = messages.filter(isWanted)
    const others = messages.filter((message) => !wanted.includes(message))
    if (others.length > 0)
      queues.deleteMessages(
        queueArn,
        others.map(({ receiptHandle }) => receiptHandle),
      )
    return wanted
  }

  /** The first messages, and with a window those that come before it ends or the batch is full. */
  const gather = async (reader: Reader): Promise<ReceivedMessage[]> => {
    const most = Math.min(mapping.batchSize, 10)
    const messages = await queues.receive(queueArn, most, LONG_POLL_MS, signal, reader)
    if (messages.length === 0 || mapping.windowSeconds === 0) return messages
    const end = performance.now() + mapping.windowSeconds * 1000
    while (messages.length < mapping.batchSize && !signal.aborted) {
      const left = end - performance.now()
      if (left <= 0) break
      const still = Math.min(mapping.batchSize - messages.length, 10)
      try {
        messages.push(...(await queues.receive(queueArn, still, left, signal, reader)))
      } catch (error) {
        // what has been taken already must not wait for it
        parts.log('lambda', 'PROBLEM: a queue cannot be read on', { queueArn, error: String(error) })
        break
      }
    }
    return messages
  }

  const process = async (messages: readonly ReceivedMessage[]): Promise<void> => {
    const receiptHandles = messages.map(({ receiptHandle }) => receiptHandle)
    const key = randomUUID()
    if (retryVisibilitySeconds !== undefined) held.put(key, { queueArn, receiptHandles })
    let verdict: Verdict
    try {
      verdict = await invoke(messages)
    } catch (error) {
      parts.log('lambda', 'a batch could not be handed over', { queueArn, error: String(error) })
      verdict = { done: [], failed: messages }
    }
    if (verdict.problem) parts.log('lambda', `a whole batch failed: ${verdict.problem}`, { queueArn })
    settle(key, verdict)
  }

  const invoke = async (messages: readonly ReceivedMessage[]): Promise<Verdict> => {
    const payload = JSON.stringify(sqsEvent(messages, queueArn))
    for (let tries = 1; ; tries += 1) {
      try {
        return judgeBatch(messages, await run(payload), mapping.reportFailures)
      } catch (error) {
        const throttled = (error as { code?: unknown }).code === 'TooManyRequestsException'
        if (!throttled || tries === THROTTLE_TRIES || signal.aborted) throw error
        await pause(100 * 2 ** tries)
      }
    }
  }

  const settle = (key: string, { done, failed }: Verdict) => {
    const handles = (list: readonly ReceivedMessage[]) => list.map(({ receiptHandle }) => receiptHandle)
    if (done.length > 0) queues.deleteMessages(queueArn, handles(done))
    if (retryVisibilitySeconds === undefined) return
    if (failed.length === 0) {
      held.delete(key)
      return
    }
    const giveBack = () => {
      held.delete(key)
      queues.release(queueArn, handles(failed))
    }
    if (signal.aborted) return giveBack()
    held.put(key, { queueArn, receiptHandles: handles(failed) })
    const later: Promise<void> = sleep(retryVisibilitySeconds * 1000, undefined, { signal, ref: false })
      .catch(() => undefined)
      .then(giveBack)
      .catch((error) =>
        parts.log('lambda', 'messages could not be given back', { queueArn, error: String(error) }),
      )
      .finally(() => returning.delete(later))
    returning.add(later)
  }

  /** Ends early when the poller is stopped. */
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)

  const loop = async () => {
    let waitMs = PROBLEM_MS.first
    while (!signal.aborted) {
      if (batches.size >= width) {
        await Promise.race(batches)
        continue
      }
      try {
        const { version } = target()
        const messages = await gather({
          // the queue's messages are decrypted in the function's name
          caller: options.iam.callerOfRole(version.role, version.name),
          refusedMs: retryVisibilitySeconds === undefined ? undefined : retryVisibilitySeconds * 1000,
        })
        waitMs = PROBLEM_MS.first
        if (signal.aborted) {
          queues.release(
            queueArn,
            messages.map(({ receiptHandle }) => receiptHandle),
          )
          break
        }
        for (const part of splitBySize(filtered(messages))) {
          const batch: Promise<void> = process(part)
            .catch((error) =>
              parts.log('lambda', 'a batch was not settled', { queueArn, error: String(error) }),
            )
            .finally(() => batches.delete(batch))
          batches.add(batch)
        }
      } catch (error) {
        if (signal.aborted) break
        parts.log('lambda', 'PROBLEM: a queue cannot be read', { queueArn, error: String(error) })
        await pause(waitMs)
        waitMs = Math.min(waitMs * 2, PROBLEM_MS.last)
      }
    }
  }

  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      await looping
      await Promise.all(batches)
      await Promise.all(returning)
    },
  }
}
