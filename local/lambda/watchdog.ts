import { residentBytes } from '../processes/inspect.ts'

/** Looks at the memory of running functions and says when one takes more than it may. */
export interface Watchdog {
  /** @returns ends the watch */
  watch(pid: number, limitBytes: number, exceeded: () => void): () => void
  close(): void
}

const EVERY_MS = 100

/**
 * Memory is what the system calls resident: for Node on Linux about 50 MB before any code of one's own. Between two looks a
 * function may pass its limit for a moment; the heap limit that its process was started with does not wait.
 */
export const createWatchdog = (failed: (error: unknown) => void): Watchdog => {
  const watched = new Map<number, { limitBytes: number; exceeded: () => void }>()
  let timer: NodeJS.Timeout | undefined

  const look = async () => {
    for (const [pid, bytes] of await residentBytes([...watched.keys()])) {
      const entry = watched.get(pid)
      if (entry && bytes > entry.limitBytes) entry.exceeded()
    }
  }
  const schedule = () => {
    if (watched.size === 0 || timer) return
    timer = setTimeout(() => {
      look()
        .catch(failed)
        .finally(() => {
          timer = undefined
          schedule()
        })
    }, EVERY_MS)
  }
  return {
    watch: (pid, limitBytes, exceeded) => {
      watched.set(pid, { limitBytes, exceeded })
      schedule()
      return () => watched.delete(pid)
    },
    close: () => {
      watched.clear()
      clearTimeout(timer)
    },
  }
}
