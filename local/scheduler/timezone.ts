/** What a clock on the wall shows. Months from 1. */
export interface WallClock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()
const formatOf = (timezone: string): Intl.DateTimeFormat => {
  const known = formats.get(timezone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timezone, made)
  return made
}

/** Whether the IANA time zone is known. */
export const isTimezone = (timezone: string): boolean => {
  try {
    return formatOf(timezone) !== undefined && !/^[+-]/.test(timezone)
  } catch {
    return false
  }
}

/** What the clocks of a time zone show at a moment, milliseconds since the epoch. */
export const wallClock = (moment: number, timezone: string): WallClock => {
  if (timezone === 'UTC') {
    const date = new Date(moment)
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    }
  }
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return { year, month, day, hour, minute, second }
}

const asUtc = ({ year, month, day, hour, minute, second }: WallClock): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)

/** The moment at which the clocks show this, the first of two; undefined when they never do. */
export const momentIn = (shown: WallClock, timezone: string): number | undefined => {
  const utc = asUtc(shown)
  if (timezone === 'UTC') return utc
  const day = 86_400_000
  const offsets = [utc - day, utc + day].map((moment) => asUtc(wallClock(moment, timezone)) - moment)
  const fitting = offsets
    .map((offset) => utc - offset)
    .filter((moment) => asUtc(wallClock(moment, timezone)) === utc)
  return fitting.length === 0 ? undefined : Math.min(...fitting)
}
