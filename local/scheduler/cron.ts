import { momentIn, wallClock } from './timezone.ts'

/** A cron expression of AWS, read. Each set holds the numbers that fit. */
export interface Cron {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  /** whether a day fits; months from 1 */
  readonly day: (year: number, month: number, day: number) => boolean
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const FIRST_YEAR = 1970
const LAST_YEAR = 2199

interface Range {
  readonly low: number
  readonly high: number
  readonly names?: readonly string[]
}

/** Days of the week count from 1, Sunday: EventBridge Scheduler user guide, "Cron-based schedules". */
const RANGES = {
  minute: { low: 0, high: 59 },
  hour: { low: 0, high: 23 },
  monthDay: { low: 1, high: 31 },
  month: { low: 1, high: 12, names: MONTHS },
  weekDay: { low: 1, high: 7, names: DAYS },
  year: { low: FIRST_YEAR, high: LAST_YEAR },
} satisfies Record<string, Range>

const numberOf = (text: string, { low, high, names = [] }: Range): number | undefined => {
  const named = names.indexOf(text.toUpperCase())
  const value = named >= 0 ? named + low : /^\d{1,4}$/.test(text) ? Number(text) : undefined
  return value !== undefined && value >= low && value <= high ? value : undefined
}

/** The numbers of one entry of a list, such as `*`, `MON-FRI`, `0/15`, `8-18/2`; undefined when it is none. */
const entry = (text: string, range: Range): number[] | undefined => {
  const [span = '', step, ...more] = text.split('/')
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return undefined
  const [first = '', second, ...rest] = span.split('-')
  if (rest.length > 0) return undefined
  const all = span === '*'
  const from = all ? range.low : numberOf(first, range)
  const to = second !== undefined ? numberOf(second, range) : all || step !== undefined ? range.high : from
  if (from === undefined || to === undefined) return undefined
  // a range may run over the end: FRI-MON
  const size = range.high - range.low + 1
  const length = to >= from ? to - from + 1 : to - from + 1 + size
  const numbers: number[] = []
  for (let offset = 0; offset < length; offset += Number(step ?? 1))
    numbers.push(((from - range.low + offset) % size) + range.low)
  return numbers
}

const list = (text: string, range: Range): number[] | undefined => {
  const numbers: number[] = []
  for (const part of text.split(',')) {
    const some = entry(part, range)
    if (!some) return undefined
    numbers.push(...some)
  }
  return [...new Set(numbers)].sort((a, b) => a - b)
}

type DayTest = Cron['day']

const weekDayOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1

const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** The weekday nearest to a day, within its month. */
const nearestWeekday = (year: number, month: number, day: number): number => {
  const weekDay = weekDayOf(year, month, day)
  if (weekDay === 7) return day === 1 ? 3 : day - 1
  if (weekDay === 1) return day === lastDay(year, month) ? day - 2 : day + 1
  return day
}

const monthDayTest = (text: string): DayTest | undefined => {
  if (text === 'L') return (year, month, day) => day === lastDay(year, month)
  if (text === 'LW') return (year, month, day) => day === nearestWeekday(year, month, lastDay(year, month))
  const near = /^(\d{1,2})W$/.exec(text)?.[1]
  if (near !== undefined) {
    const wanted = numberOf(near, RANGES.monthDay)
    if (wanted === undefined) return undefined
    return (year, month, day) => wanted <= lastDay(year, month) && day === nearestWeekday(year, month, wanted)
  }
  const days = list(text, RANGES.monthDay)
  return days && ((_year, _month, day) => days.includes(day))
}

const weekDayTest = (text: string): DayTest | undefined => {
  if (text === 'L') return (year, month, day) => weekDayOf(year, month, day) === 7
  const [, last, nth, which] = /^(?:(\w+)L|(\w+)#([1-5]))$/.exec(text) ?? []
  if (last !== undefined || nth !== undefined) {
    const wanted = numberOf(last ?? nth ?? '', RANGES.weekDay)
    if (wanted === undefined) return undefined
    return (year, month, day) =>
      weekDayOf(year, month, day) === wanted &&
      (last === undefined ? Math.ceil(day / 7) === Number(which) : day + 7 > lastDay(year, month))
  }
  const days = list(text, RANGES.weekDay)
  return days && ((year, month, day) => days.includes(weekDayOf(year, month, day)))
}

/** Reads `cron(minutes hours day-of-month month day-of-week year)`, of whose days one must be `?`; undefined when it is none. */
export const parseCron = (text: string): Cron | undefined => {
  const fields = /^cron\(([^()]*)\)$/.exec(text)?.[1]?.split(/ +/)
  if (fields?.length !== 6) return undefined
  const [minute = '', hour = '', monthDay = '', month = '', weekDay = '', year = ''] = fields
  if ((monthDay === '?') === (weekDay === '?')) return undefined
  const minutes = list(minute, RANGES.minute)
  const hours = list(hour, RANGES.hour)
  const months = list(month, RANGES.month)
  const years = list(year, RANGES.year)
  const day = weekDay === '?' ? monthDayTest(monthDay) : weekDayTest(weekDay)
  if (!minutes || !hours || !months || !years || !day) return undefined
  return { minutes, hours, months: new Set(months), years: new Set(years), day }
}

/**
 * The first moment after `after` that fits, on the clocks of a time zone; undefined: never again. A time that the clocks leave out is
 * left out, one that they show twice counts once: Scheduler user guide, "Daylight savings time".
 */
export const nextOfCron = (cron: Cron, timezone: string, after: number): number | undefined => {
  const start = wallClock(after, timezone)
  const shown = Date.UTC(start.year, start.month - 1, start.day, start.hour, start.minute)
  for (let year = start.year; year <= LAST_YEAR; year += 1) {
    if (!cron.years.has(year)) continue
    for (let month = year === start.year ? start.month : 1; month <= 12; month += 1) {
      if (!cron.months.has(month)) continue
      const from = year === start.year && month === start.month ? start.day : 1
      for (let day = from; day <= lastDay(year, month); day += 1) {
        if (!cron.day(year, month, day)) continue
        const found = nextOfDay(cron, timezone, { year, month, day }, { after, shown })
        if (found !== undefined) return found
      }
    }
  }
  return undefined
}

/** By how much clocks may be set back at once, generously. */
const MOST_SET_BACK_MS = 3 * 3_600_000

const nextOfDay = (
  cron: Cron,
  timezone: string,
  date: { readonly year: number; readonly month: number; readonly day: number },
  { after, shown }: { readonly after: number; readonly shown: number },
): number | undefined => {
  const { year, month, day } = date
  for (const hour of cron.hours)
    for (const minute of cron.minutes) {
      // what the clocks showed long ago need not be looked at
      if (Date.UTC(year, month - 1, day, hour, minute) < shown - MOST_SET_BACK_MS) continue
      const moment = momentIn({ year, month, day, hour, minute, second: 0 }, timezone)
      if (moment !== undefined && moment > after) return moment
    }
  return undefined
}
