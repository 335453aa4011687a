import { AwsError } from '../gateway/service.ts'
import { type Cron, nextOfCron, parseCron } from './cron.ts'
import { isTimezone, momentIn } from './timezone.ts'

/** When a schedule runs: every `everyMs`, once at a moment (milliseconds since the epoch), or as a cron expression says. */
export type Timing =
  | { readonly everyMs: number }
  | { readonly at: number }
  | { readonly cron: Cron; readonly timezone: string }

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

const invalid = (text: string) => new AwsError('ValidationException', text)

/**
 * The schedule of an EventBridge rule; undefined when it is none. One minute is `1 minute`, five are `5 minutes`: EventBridge
 * user guide, "Creating a rule that runs on a schedule".
 */
export const parseRuleSchedule = (text: string): Timing | undefined => {
  const [, amount = '', unit = '', plural] = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(text) ?? []
  const every = UNITS[unit]
  if (every !== undefined && Number(amount) > 0 && (Number(amount) === 1) === (plural === ''))
    return { everyMs: Number(amount) * every }
  const cron = parseCron(text)
  return cron && { cron, timezone: 'UTC' }
}

/**
 * Reads a schedule expression of Scheduler: user guide, "Schedule types".
 * @throws AwsError ValidationException
 */
export const parseExpression = (text: string, timezone = 'UTC'): Timing => {
  if (!isTimezone(timezone)) throw invalid(`Invalid Schedule Expression Timezone ${timezone}.`)
  const [, amount = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text) ?? []
  const every = UNITS[unit]
  if (every !== undefined && Number(amount) > 0) return { everyMs: Number(amount) * every }
  const cron = parseCron(text)
  if (cron) return { cron, timezone }
  const at = momentOf(text, timezone)
  if (at !== undefined) return { at }
  throw invalid(`Invalid Schedule Expression ${text}.`)
}

const momentOf = (text: string, timezone: string): number | undefined => {
  const fields = /^at\((\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\)$/.exec(text)?.slice(1)
  if (!fields) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number)
  const real = new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString()
  if (!real.startsWith(text.slice(3, -1))) return undefined
  // an hour that the clocks leave out in spring: the one after it
  return [hour, hour + 1]
    .map((shown) => momentIn({ year, month, day, hour: shown, minute, second }, timezone))
    .find((moment) => moment !== undefined)
}

/** What the next run depends on. Times in milliseconds since the epoch. */
export interface RunState {
  readonly timing: Timing
  readonly createdAt: number
  readonly startsAt?: number
  readonly endsAt?: number
  readonly lastRun?: number
}

/**
 * When the schedule is due next, in the past if it was missed; undefined: never again. A rate begins at its start date, or when it
 * was made, and keeps that rhythm; runs missed while nothing ran become one. Start and end do not concern `at`.
 */
export const nextRun = (state: RunState): number | undefined => {
  const { timing, createdAt, startsAt, endsAt, lastRun } = state
  if ('at' in timing) return lastRun === undefined ? timing.at : undefined
  const first = startsAt ?? createdAt
  const due =
    'cron' in timing
      ? nextOfCron(timing.cron, timing.timezone, sinceOf(state))
      : rateAfter(timing.everyMs, first, lastRun)
  return due === undefined || (endsAt !== undefined && due > endsAt) ? undefined : due
}

/** A cron schedule looks on from its last run, else from its start, itself included. */
const sinceOf = ({ createdAt, startsAt, lastRun }: RunState): number =>
  Math.max(lastRun ?? createdAt, startsAt === undefined ? Number.NEGATIVE_INFINITY : startsAt - 1)

const rateAfter = (everyMs: number, first: number, lastRun: number | undefined): number =>
  lastRun === undefined || lastRun < first
    ? first
    : first + (Math.floor((lastRun - first) / everyMs) + 1) * everyMs
