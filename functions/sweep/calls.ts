import type { Range } from './plan.ts'

/** What a message in the sweep's queue asks for. */
export type Call =
  /** a whole sweep. `scheduled`: another follows soon, so it may be left out while one is under way */
  | { readonly kind: 'begin'; readonly scheduled: boolean }
  | { readonly kind: 'slice'; readonly work: SliceCall }

export interface SliceCall {
  readonly sweep: string
  readonly slice: number
  /** region of the sources → their names */
  readonly repositories: Readonly<Record<string, readonly string[]>>
  /** what the table knows in it and is not named has no source any more; absent: nothing is known of that */
  readonly range?: Range
}

/** Reason of the message that EventBridge Scheduler sends (stack/schedule.ts). */
const SCHEDULED = 'schedule'

/** Whatever is no slice is a wake-up call: what it says does not matter. */
export const readCall = (body: string): Call => {
  const said = parse(body)
  if (isSlice(said)) {
    const { sweep, slice, repositories, range } = said
    return { kind: 'slice', work: { sweep, slice, repositories, ...(isRange(range) ? { range } : {}) } }
  }
  return { kind: 'begin', scheduled: (said as { reason?: unknown } | undefined)?.reason === SCHEDULED }
}

export const beginBody = (reason: string): string => JSON.stringify({ reason })

export const sliceBody = (
  sweep: string,
  slice: number,
  repositories: readonly { readonly region: string; readonly name: string }[],
  range?: Range,
): string => {
  const byRegion = Object.groupBy(repositories, ({ region }) => region)
  const names = Object.entries(byRegion).map(([region, all]) => [region, (all ?? []).map(({ name }) => name)])
  const work: SliceCall = {
    sweep,
    slice,
    repositories: Object.fromEntries(names),
    ...(range ? { range } : {}),
  }
  return JSON.stringify(work)
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const isSlice = (said: unknown): said is SliceCall => {
  const { sweep, slice, repositories } = (said ?? {}) as Record<string, unknown>
  return (
    typeof sweep === 'string' &&
    typeof slice === 'number' &&
    typeof repositories === 'object' &&
    repositories !== null &&
    Object.values(repositories).every(
      (names) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
    )
  )
}

const isRange = (range: unknown): range is Range => {
  if (typeof range !== 'object' || range === null) return false
  const { after, upTo } = range as Record<string, unknown>
  return [after, upTo].every((bound) => bound === undefined || typeof bound === 'string')
}
