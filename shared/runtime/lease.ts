import { type ErrorData, RelayError } from './errors.ts'
import { describeFailure, type Log } from './log.ts'

export interface LeaseParts {
  /** @returns false: another has the claim */
  readonly extend: (until: number) => Promise<boolean>
  readonly now: () => number
  /** waits this many milliseconds, or until the signal */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
  readonly log: Log
}

export interface LeaseTerms {
  /** how long each extension holds, and how often it is extended, in milliseconds */
  readonly leaseMs: number
  readonly beatMs: number
  /** milliseconds since the epoch: to when the claim holds now; where that is over or not known (now), it is extended at once */
  readonly until: number
  /** what is claimed and by which claim, for the log and the error */
  readonly facts: ErrorData
}

export interface Lease {
  /** aborted when the claim is lost, with a RelayError CLAIM_LOST as its reason */
  readonly signal: AbortSignal
  /** whether another holds the claim now; false when it only could not be extended */
  taken(): boolean
  /** the claim is not extended any more; resolves when nothing is under way */
  stop(): Promise<void>
}

/**
 * Extends a claim until stopped. When it is another's, or could not be extended until too near its end, whoever works under it
 * is told to stop.
 */
export const openLease = (
  { extend, now, pause, log }: LeaseParts,
  { leaseMs, beatMs, until, facts }: LeaseTerms,
): Lease => {
  const over = new AbortController()
  const lost = new AbortController()
  let taken = false
  const lose = () => lost.abort(new RelayError('CLAIM_LOST', facts))
  const beat = async (): Promise<void> => {
    let holds = until
    for (let isDue = until <= now(); !over.signal.aborted && !lost.signal.aborted; isDue = false) {
      // an abort is how the pause ends when all is done
      if (!isDue) await pause(beatMs, over.signal).catch(() => undefined)
      if (over.signal.aborted) return
      const next = now() + leaseMs
      try {
        if (await extend(next)) holds = next
        else {
          taken = true
          lose()
        }
      } catch (error) {
        log.warn('claim not extended', { ...facts, ...describeFailure(error) })
        if (now() + beatMs >= holds) lose()
      }
    }
  }
  const beating = beat()
  return {
    signal: lost.signal,
    taken: () => taken,
    stop: async () => {
      over.abort()
      await beating
    },
  }
}

/**
 * Waits until a lease is lost.
 * @returns only by throwing
 * @throws RelayError CLAIM_LOST
 */
export const whenLost = ({ signal }: Pick<Lease, 'signal'>): Promise<never> =>
  new Promise((_, reject) => {
    const tell = () => reject(signal.reason)
    if (signal.aborted) tell()
    else signal.addEventListener('abort', tell, { once: true })
  })
