import type { Parts } from '../contracts.ts'
import type { Attempt, Verdict } from '../state/outbox.ts'

const AFTER_A_BUG_MS = 60_000
const UNWRITABLE_MS = 1_000

/** Deliveries that must happen in order: the next of a chain begins when the one before it is over. */
export interface Chains<T> {
  /** stored when this returns; joins a running transaction of the store */
  add(chain: string, job: T): void
  /** waits for the attempts under way; what is left is taken up by the next process */
  stop(): Promise<void>
}

interface Link<T> extends Attempt<T> {
  readonly chain: string
}

/**
 * Opens the chains `name` and takes up what a former process left in them.
 * @param perform makes one attempt; anything it throws is a bug: logged, and tried again later
 */
export const createChains = <T>(
  { store, now, log }: Parts,
  name: string,
  perform: (attempt: Attempt<T>) => Promise<Verdict>,
): Chains<T> => {
  const links = store.collection<Link<T>>(`${name}.chains`)
  const waiting = new Map<string, string[]>()
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Map<string, Promise<void>>()
  // delivered, which the disk did not take yet
  const settled = new Set<string>()
  let order = 0
  let stopped = false

  const start = (chain: string): void => {
    if (stopped || running.has(chain) || timers.has(chain)) return
    const key = waiting.get(chain)?.[0]
    if (key === undefined) {
      waiting.delete(chain)
      return
    }
    const run = attempt(chain, key).finally(() => {
      running.delete(chain)
      start(chain)
    })
    running.set(chain, run)
  }
  const attempt = async (chain: string, key: string): Promise<void> => {
    const link = links.get(key)
    const verdict =
      link && !settled.has(key)
        ? await perform(link).catch((error: unknown): Verdict => {
            log(name, 'a delivery failed unexpectedly and is tried again', { error: String(error) })
            return { againInMs: AFTER_A_BUG_MS }
          })
        : 'done'
    if (settle(key, link, verdict)) {
      waiting.get(chain)?.shift()
      return
    }
    if (verdict === 'done') settled.add(key)
    if (stopped) return
    const again = () => {
      timers.delete(chain)
      start(chain)
    }
    timers.set(chain, setTimeout(again, verdict === 'done' ? UNWRITABLE_MS : verdict.againInMs).unref())
  }
  /** true when the link is over and gone; false when it comes again, be it only because the disk does not take its end */
  const settle = (key: string, link: Link<T> | undefined, verdict: Verdict): boolean => {
    try {
      if (verdict === 'done') links.delete(key)
      else if (link) links.put(key, { ...link, tries: link.tries + 1 })
    } catch (error) {
      log(name, 'what became of a delivery cannot be stored now', { error: String(error) })
      return false
    }
    settled.delete(key)
    return verdict === 'done'
  }
  const enter = (chain: string, key: string): void => {
    const line = waiting.get(chain) ?? []
    waiting.set(chain, line)
    line.push(key)
    // later in this turn at the earliest: a transaction around `add` has ended by then
    setImmediate(start, chain)
  }

  for (const [key, { chain }] of links.entries()) {
    order = Number(key)
    enter(chain, key)
  }

  return {
    add: (chain, job) => {
      order += 1
      const key = String(order).padStart(16, '0')
      links.put(key, { chain, job, tries: 0, since: now() })
      enter(chain, key)
    },
    stop: async () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(running.values())
    },
  }
}
