import { type Code, codeOf, RelayError } from './errors.ts'

/** How much is asked of one server at a time, and how that changes. */
export interface LaneLimits {
  /** asked side by side at the beginning, and at most */
  readonly first: number
  readonly most: number
  /** of one piece of work, when the server asks us to slow down */
  readonly tries: number
  /** pieces of work that fail one after another before the lane is closed, and rests without a success between them */
  readonly closeAfter: number
  readonly closeAfterRests: number
  /** milliseconds for which a lane rests after the first refusal; doubled with each that follows */
  readonly restMs: number
}

/** Eight rests are half a minute. */
export const LANE_LIMITS: LaneLimits = {
  first: 8,
  most: 32,
  tries: 4,
  closeAfter: 5,
  closeAfterRests: 8,
  restMs: 500,
}
const LONGEST_REST_MS = 8_000
/** A lane that was ever refused widens so many times more slowly: each step may be the one too much. */
const CAUTION = 8

export interface Lanes {
  /**
   * Runs work against one server when its lane has room. REMOTE_THROTTLED halves the lane, lets it rest, and is tried again; as many
   * successes as the lane is wide widen it by one, eight times as many once it was refused. A lane whose work keeps failing for
   * throttling or as unreachable is closed: what comes after fails at once, with the same code and `skipped` in its data.
   * @throws what the work threw in the end
   */
  run<T>(name: string, work: () => Promise<T>): Promise<T>
  /** closes all lanes: the time is up */
  close(): void
  /** opens all lanes again, as wide as they were left */
  reopen(): void
  /** work that was refused for throttling since the last {@link reopen}, tries included */
  throttled(): number
}

interface Lane {
  limit: number
  active: number
  successes: number
  cautious: boolean
  /** refusals since the last success */
  refusals: number
  /** failures since the last success, and of what kind */
  failures: number
  closed?: Code
  rest: Promise<unknown> | undefined
  /** how many there were */
  rests: number
  readonly waiting: (() => void)[]
}

/** What a server asked for by Retry-After. */
const askedMsOf = (error: unknown): number => Number((error as Partial<RelayError>).data?.retryAfterMs ?? 0)

/** @param pause waits this many milliseconds */
export const openLanes = (
  pause: (milliseconds: number) => Promise<unknown>,
  limits: LaneLimits = LANE_LIMITS,
): Lanes => {
  const lanes = new Map<string, Lane>()
  let throttled = 0

  const laneOf = (name: string): Lane => {
    const known = lanes.get(name)
    if (known) return known
    const rest = undefined
    const lane: Lane = {
      limit: limits.first,
      active: 0,
      successes: 0,
      cautious: false,
      rests: 0,
      refusals: 0,
      failures: 0,
      rest,
      waiting: [],
    }
    lanes.set(name, lane)
    return lane
  }

  /** A place is held by what is under way only, never during a rest. `again`: before those that have not been tried yet */
  const enter = async (lane: Lane, again: boolean): Promise<void> => {
    let first = again
    while (lane.rest || lane.active >= lane.limit) {
      if (lane.rest) await lane.rest
      else await new Promise<void>((go) => (first ? lane.waiting.unshift(go) : lane.waiting.push(go)))
      first = true
    }
    lane.active += 1
  }
  const leave = (lane: Lane): void => {
    lane.active -= 1
    for (let room = lane.limit - lane.active; room > 0; room -= 1) lane.waiting.shift()?.()
  }

  const succeeded = (lane: Lane): void => {
    lane.refusals = 0
    lane.failures = 0
    lane.successes += 1
    if (lane.successes < lane.limit * (lane.cautious ? CAUTION : 1)) return
    lane.successes = 0
    lane.limit = Math.min(limits.most, lane.limit + 1)
  }
  const refused = (lane: Lane, begunAfter: number, askedMs: number): void => {
    throttled += 1
    lane.successes = 0
    lane.cautious = true
    // what was under way beside the first refusal is refused for the same reason
    if (begunAfter < lane.rests) return
    lane.rests += 1
    lane.limit = Math.max(1, Math.floor(lane.limit / 2))
    const milliseconds = Math.min(LONGEST_REST_MS, Math.max(askedMs, limits.restMs * 2 ** lane.refusals))
    lane.refusals += 1
    if (lane.refusals >= limits.closeAfterRests) lane.closed = 'REMOTE_THROTTLED'
    lane.rest = pause(milliseconds).finally(() => {
      lane.rest = undefined
    })
  }
  const failed = (lane: Lane, code: Code): void => {
    lane.failures += 1
    if (lane.failures >= limits.closeAfter) lane.closed = code
  }

  /** One try, in its own place in the lane: a lane that narrows narrows for what is tried again, too. */
  const attempt = async <T>(name: string, lane: Lane, work: () => Promise<T>, again: boolean): Promise<T> => {
    await enter(lane, again)
    try {
      if (lane.closed) throw new RelayError(lane.closed, { lane: name, skipped: true })
      const begunAfter = lane.rests
      try {
        const value = await work()
        succeeded(lane)
        return value
      } catch (error) {
        if (codeOf(error) === 'REMOTE_THROTTLED') refused(lane, begunAfter, askedMsOf(error))
        throw error
      }
    } finally {
      leave(lane)
    }
  }

  return {
    run: async (name, work) => {
      const lane = laneOf(name)
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(name, lane, work, tries > 1)
        } catch (error) {
          const code = codeOf(error)
          if (code !== 'REMOTE_THROTTLED' && code !== 'REMOTE_UNREACHABLE') throw error
          if (lane.closed) throw error
          if (code === 'REMOTE_THROTTLED' && tries < limits.tries) continue
          failed(lane, code)
          throw error
        }
      }
    },
    close: () => {
      for (const lane of lanes.values()) lane.closed ??= 'REMOTE_THROTTLED'
    },
    reopen: () => {
      throttled = 0
      for (const lane of lanes.values()) {
        lane.failures = 0
        lane.refusals = 0
        delete lane.closed
      }
    },
    throttled: () => throttled,
  }
}
