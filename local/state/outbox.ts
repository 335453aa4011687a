import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'

/** Deliveries under way at once, so that a burst does not start thousands of functions. */
const MAX_AT_ONCE = 64
const AFTER_A_BUG_MS = 60_000
/** until what the disk did not take is written again */
const UNWRITABLE_MS = 1_000

/** One delivery as its worker sees it. */
export interface Attempt<T> {
  readonly job: T
  /** attempts made before this one */
  readonly tries: number
  /** when it was accepted, milliseconds since the epoch */
  readonly since: number
}

export type Verdict = 'done' | { readonly againInMs: number }

/** Deliveries that were accepted and must happen at least once, whatever becomes of this process. */
export interface Outbox<T> {
  /** stored when this returns; joins a running transaction of the store, and vanishes with it if that fails */
  add(job: T, delayMs?: number): void
  /** waits for the attempts under way; what is left is taken up by the next process */
  stop(): Promise<void>
}

interface Letter<T> extends Attempt<T> {
  readonly due: number
}

/**
 * Opens the outbox `name` and takes up what a former process left in it.
 * @param perform makes one attempt; anything it throws is a bug: logged, and tried again later
 */
export const createOutbox = <T>(
  { store, now, log }: Parts,
  name: string,
  perform: (attempt: Attempt<T>) => Promise<Verdict>,
): Outbox<T> => {
  const letters = store.collection<Letter<T>>(`${name}.outbox`)
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  const ready: string[] = []
  let order = 0
  let stopped = false

  const plan = (key: string, delayMs: number) => {
    if (stopped) return
    if (delayMs <= 0) {
      ready.push(key)
      // later in this turn at the earliest: a transaction around `add` has ended by then
      setImmediate(pump)
      return
    }
    const wake = () => {
      timers.delete(key)
      ready.push(key)
      pump()
    }
    timers.set(key, setTimeout(wake, Math.min(delayMs, 2 ** 31 - 1)).unref())
  }
  const pump = () => {
    while (!stopped && running.size < MAX_AT_ONCE) {
      const key = ready.shift()
      if (key === undefined) return
      const run = attempt(key).finally(() => {
        running.delete(run)
        pump()
      })
      running.add(run)
    }
  }
  const attempt = async (key: string): Promise<void> => {
    const letter = letters.get(key)
    if (!letter) return
    const verdict = await perform(letter).catch((error: unknown): Verdict => {
      log(name, 'a delivery failed unexpectedly and is tried again', { error: String(error) })
      return { againInMs: AFTER_A_BUG_MS }
    })
    settle(key, letter, verdict)
  }
  const settle = (key: string, letter: Letter<T>, verdict: Verdict): void => {
    try {
      if (verdict === 'done') letters.delete(key)
      else letters.put(key, { ...letter, tries: letter.tries + 1, due: now() + verdict.againInMs })
    } catch (error) {
      log(name, 'what became of a delivery cannot be stored now', { error: String(error) })
      // delivered or not, that much is known as long as this process lives
      if (verdict === 'done') settleLater(key, letter)
    }
    if (verdict !== 'done') plan(key, verdict.againInMs)
  }
  const settleLater = (key: string, letter: Letter<T>): void => {
    const again = () => {
      timers.delete(key)
      settle(key, letter, 'done')
    }
    if (!stopped) timers.set(key, setTimeout(again, UNWRITABLE_MS).unref())
  }

  for (const [key, letter] of letters.entries()) {
    order = Number(key)
    plan(key, letter.due - now())
  }

  return {
    add: (job, delayMs = 0) => {
      order += 1
      const key = String(order).padStart(16, '0')
      const since = now()
      letters.put(key, { job, tries: 0, since, due: since + delayMs })
      plan(key, delayMs)
    },
    stop: async () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(running)
    },
  }
}

/**
 * Whether trying again is useless: the target does not exist, does not let the sender in, or refuses what is sent. Throttling
 * and faults of the target's own pass (EventBridge user guide, "How EventBridge retries delivering events"; SNS developer
 * guide, "Amazon SNS message delivery retries").
 */
export const isPermanent = (error: unknown): boolean =>
  error instanceof AwsError &&
  error.status < 500 &&
  error.status !== 429 &&
  !/Throttl|TooManyRequests|OverLimit/.test(error.code)
