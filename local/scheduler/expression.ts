import { AwsError } from '../gateway/service.ts'

/** When a schedule runs: every `everyMs`, or once at a moment (milliseconds since the epoch). */
export type Timing = { readonly everyMs: number } | { readonly at: number }

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

const invalid = (text: string, why: string) =>
  new AwsError('ValidationException', `Invalid Schedule Expression ${text}. ${why}`)

/**
 * Reads a schedule expression: EventBridge Scheduler user guide, "Schedule types".
 * @throws AwsError ValidationException; for cron and for time zones other than UTC too, which are not served yet
 */
export const parseExpression = (text: string, timezone = 'UTC'): Timing => {
  const [, amount = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text) ?? []
  const every = UNITS[unit]
  if (every !== undefined) {
    if (Number(amount) < 1) throw invalid(text, 'The value of a rate must be a positive number.')
    return { everyMs: Number(amount) * every }
  }
  const [, moment] = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/.exec(text) ?? []
  if (moment !== undefined) {
    if (timezone !== 'UTC')
      throw invalid(text, `This local cloud serves at() in UTC only, not in ${timezone}.`)
    const at = Date.parse(`${moment}Z`)
    if (Number.isNaN(at)) throw invalid(text, 'There is no such moment.')
    return { at }
  }
  if (text.startsWith('cron('))
    throw invalid(text, 'This local cloud does not serve cron() yet: use rate() or at().')
  throw invalid(text, 'Expected rate(value unit), at(yyyy-mm-ddThh:mm:ss) or cron(fields).')
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
 * was made, and keeps that rhythm; runs missed while nothing ran become one.
 */
export const nextRun = ({ timing, createdAt, startsAt, endsAt, lastRun }: RunState): number | undefined => {
  if ('at' in timing) return lastRun === undefined ? timing.at : undefined
  const first = startsAt ?? createdAt
  const due =
    lastRun === undefined || lastRun < first
      ? first
      : first + (Math.floor((lastRun - first) / timing.everyMs) + 1) * timing.everyMs
  return endsAt !== undefined && due > endsAt ? undefined : due
}
