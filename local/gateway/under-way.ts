import { setTimeout as delay } from 'node:timers/promises'

/** Who is inside at the moment. */
export interface UnderWay {
  run<T>(work: () => Promise<T>): Promise<T>
  /** settles when nobody is inside any more, or after so long */
  settled(mostMs: number): Promise<void>
}

export const createUnderWay = (): UnderWay => {
  let inside = 0
  let empty = () => {}
  return {
    run: async (work) => {
      inside += 1
      try {
        return await work()
      } finally {
        inside -= 1
        if (inside === 0) empty()
      }
    },
    settled: async (mostMs) => {
      if (inside === 0) return
      const enough = new AbortController()
      const emptied = new Promise<void>((resolve) => {
        empty = resolve
      })
      await Promise.race([emptied, delay(mostMs, undefined, { signal: enough.signal, ref: false })])
      enough.abort()
    },
  }
}
