import type { CreateScheduleCommandInput, Target } from '@aws-sdk/client-scheduler'
import { AwsError, type Call } from '../gateway/service.ts'
import { nextRun, parseExpression } from './expression.ts'

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
  readonly startsAt?: number
  readonly endsAt?: number
  readonly afterCompletion: 'NONE' | 'DELETE'
  readonly createdAt: number
  readonly modifiedAt: number
  /** when it was due last and ran */
  readonly lastRun?: number
}

const NAME = /^[0-9a-zA-Z_.-]{1,64}$/
const TARGET_ARN = /^arn:aws:(sqs|lambda):[a-z0-9-]+:\d{12}:.+$/

const invalid = (text: string) => new AwsError('ValidationException', text)

export const scheduleArn = (call: Pick<Call, 'region' | 'account'>, group: string, name: string): string =>
  `arn:aws:scheduler:${call.region}:${call.account}:schedule/${group}/${name}`

/** When it is due next; undefined when it is disabled or over. */
export const dueAt = (schedule: Schedule): number | undefined =>
  schedule.state === 'DISABLED'
    ? undefined
    : nextRun({ ...schedule, timing: parseExpression(schedule.expression, schedule.timezone) })

/**
 * A schedule from the input of CreateSchedule or UpdateSchedule (EventBridge Scheduler API Reference).
 * @throws AwsError ValidationException
 */
export const scheduleFrom = (input: CreateScheduleCommandInput, call: Call, now: number): Schedule => {
  const name = input.Name ?? ''
  const group = input.GroupName ?? 'default'
  if (!NAME.test(name))
    throw invalid(`Value '${name}' at 'name' failed to satisfy constraint: ${NAME.source}`)
  if (group !== 'default')
    throw invalid(`This local cloud has the schedule group default only, not ${group}.`)
  if (input.FlexibleTimeWindow?.Mode !== 'OFF')
    throw invalid('This local cloud serves FlexibleTimeWindow with Mode OFF only.')
  const expression = input.ScheduleExpression ?? ''
  const timezone = input.ScheduleExpressionTimezone ?? 'UTC'
  parseExpression(expression, timezone)
  return {
    arn: scheduleArn(call, group, name),
    name,
    group,
    expression,
    timezone,
    state: input.State ?? 'ENABLED',
    target: checkTarget(input.Target),
    afterCompletion: input.ActionAfterCompletion ?? 'NONE',
    createdAt: now,
    modifiedAt: now,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.StartDate === undefined ? {} : { startsAt: input.StartDate.getTime() }),
    ...(input.EndDate === undefined ? {} : { endsAt: input.EndDate.getTime() }),
  }
}

const checkTarget = (target: Target | undefined): Target => {
  const arn = target?.Arn ?? ''
  const service = TARGET_ARN.exec(arn)?.[1]
  if (!target || !service)
    throw invalid(`Provided Arn ${arn} is no target that this local cloud serves: SQS or Lambda.`)
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(target.RoleArn ?? ''))
    throw invalid(
      `Value '${target.RoleArn}' at 'target.roleArn' failed to satisfy constraint: an IAM role's ARN`,
    )
  if (service === 'lambda' && target.Input !== undefined && !isJson(target.Input))
    throw invalid('Input of a Lambda target must be well-formed JSON.')
  const { MaximumRetryAttempts: attempts = 0, MaximumEventAgeInSeconds: age = 60 } = target.RetryPolicy ?? {}
  if (!(attempts >= 0 && attempts <= 185)) throw invalid('MaximumRetryAttempts must be between 0 and 185.')
  if (!(age >= 60 && age <= 86_400)) throw invalid('MaximumEventAgeInSeconds must be between 60 and 86400.')
  const queue = target.DeadLetterConfig?.Arn
  if (queue !== undefined && !/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+$/.test(queue))
    throw invalid(`The dead-letter queue ${queue} is no standard SQS queue.`)
  return target
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
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
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: schedule.afterCompletion,
  CreationDate: new Date(schedule.createdAt),
  LastModificationDate: new Date(schedule.modifiedAt),
  ...(schedule.description === undefined ? {} : { Description: schedule.description }),
  ...(schedule.startsAt === undefined ? {} : { StartDate: new Date(schedule.startsAt) }),
  ...(schedule.endsAt === undefined ? {} : { EndDate: new Date(schedule.endsAt) }),
})
