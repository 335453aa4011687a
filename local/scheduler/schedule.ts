import type { CreateScheduleCommandInput, Target } from '@aws-sdk/client-scheduler'
import { AwsError, type Call } from '../gateway/service.ts'
import { nextRun, parseExpression } from './expression.ts'
import { checkTarget } from './target.ts'

/** A schedule as the store keeps it, under its ARN. Times are milliseconds since the epoch. */
export interface Schedule {
  readonly arn: string
  readonly name: string
  readonly group: string
  readonly expression: string
  readonly timezone: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly target: Target
  readonly description?: string
  readonly kmsKey?: string
  readonly startsAt?: number
  readonly endsAt?: number
  /** a run begins within so many minutes after it is due */
  readonly windowMinutes?: number
  readonly afterCompletion: 'NONE' | 'DELETE'
  readonly createdAt: number
  readonly modifiedAt: number
  /** when it was due last and ran */
  readonly lastRun?: number
}

/** API Reference, CreateSchedule: how far a start date may lie in the past. */
const START_TOLERANCE_MS = 5 * 60_000

const invalid = (text: string) => new AwsError('ValidationException', text)

export const scheduleArn = (call: Pick<Call, 'region' | 'account'>, group: string, name: string): string =>
  `arn:aws:scheduler:${call.region}:${call.account}:schedule/${group}/${name}`

/** When it is due next; undefined when it is disabled or over. */
export const dueAt = (schedule: Schedule): number | undefined =>
  schedule.state === 'DISABLED'
    ? undefined
    : nextRun({ ...schedule, timing: parseExpression(schedule.expression, schedule.timezone) })

/**
 * A schedule from the input of CreateSchedule or UpdateSchedule (EventBridge Scheduler API Reference), whose members' lengths and
 * patterns were checked before.
 * @throws AwsError ValidationException
 */
export const scheduleFrom = (input: CreateScheduleCommandInput, call: Call, now: number): Schedule => {
  const { Name: name = '', GroupName: group = 'default' } = input
  const expression = input.ScheduleExpression ?? ''
  const timezone = input.ScheduleExpressionTimezone ?? 'UTC'
  const timing = parseExpression(expression, timezone)
  if (!('at' in timing)) checkDates(input, now)
  return {
    arn: scheduleArn(call, group, name),
    name,
    group,
    expression,
    timezone,
    state: input.State ?? 'ENABLED',
    target: checkTarget(input.Target),
    ...windowOf(input.FlexibleTimeWindow),
    afterCompletion: input.ActionAfterCompletion ?? 'NONE',
    createdAt: now,
    modifiedAt: now,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.KmsKeyArn === undefined ? {} : { kmsKey: input.KmsKeyArn }),
    ...(input.StartDate === undefined ? {} : { startsAt: input.StartDate.getTime() }),
    ...(input.EndDate === undefined ? {} : { endsAt: input.EndDate.getTime() }),
  }
}

const checkDates = ({ StartDate, EndDate }: CreateScheduleCommandInput, now: number): void => {
  if (StartDate && StartDate.getTime() < now - START_TOLERANCE_MS)
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.')
  if (EndDate && EndDate.getTime() < now) throw invalid('The EndDate you specify cannot be in the past.')
  if (StartDate && EndDate && EndDate <= StartDate)
    throw invalid('The EndDate you specify must come after the StartDate.')
}

const windowOf = (
  window: CreateScheduleCommandInput['FlexibleTimeWindow'],
): Pick<Schedule, 'windowMinutes'> => {
  const { Mode, MaximumWindowInMinutes: minutes } = window ?? {}
  if (Mode === 'FLEXIBLE' && minutes === undefined)
    throw invalid('MaximumWindowInMinutes must be provided for a flexible time window.')
  if (Mode === 'OFF' && minutes !== undefined)
    throw invalid('MaximumWindowInMinutes must not be provided when the flexible time window is OFF.')
  return minutes === undefined ? {} : { windowMinutes: minutes }
}

/** What GetSchedule answers. */
export const describe = (schedule: Schedule): object => ({
  Arn: schedule.arn,
  Name: schedule.name,
  GroupName: schedule.group,
  ScheduleExpression: schedule.expression,
  ScheduleExpressionTimezone: schedule.timezone,
  State: schedule.state,
  Target: schedule.target,
  FlexibleTimeWindow:
    schedule.windowMinutes === undefined
      ? { Mode: 'OFF' }
      : { Mode: 'FLEXIBLE', MaximumWindowInMinutes: schedule.windowMinutes },
  ActionAfterCompletion: schedule.afterCompletion,
  CreationDate: new Date(schedule.createdAt),
  LastModificationDate: new Date(schedule.modifiedAt),
  ...(schedule.description === undefined ? {} : { Description: schedule.description }),
  ...(schedule.kmsKey === undefined ? {} : { KmsKeyArn: schedule.kmsKey }),
  ...(schedule.startsAt === undefined ? {} : { StartDate: new Date(schedule.startsAt) }),
  ...(schedule.endsAt === undefined ? {} : { EndDate: new Date(schedule.endsAt) }),
})

/** What ListSchedules answers for each. */
export const summary = (schedule: Schedule): object => ({
  Arn: schedule.arn,
  Name: schedule.name,
  GroupName: schedule.group,
  State: schedule.state,
  CreationDate: new Date(schedule.createdAt),
  LastModificationDate: new Date(schedule.modifiedAt),
  Target: { Arn: schedule.target.Arn },
})
