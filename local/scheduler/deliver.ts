import { randomUUID } from 'node:crypto'
import type { Target } from '@aws-sdk/client-scheduler'
import type { Parts } from '../contracts.ts'
import { backoff } from '../eventbridge/deliver.ts'
import { runTaskInput, type TaskParameters } from '../eventbridge/ecs-request.ts'
import { AwsError } from '../gateway/service.ts'
import type { Sender, Wires } from '../gateway/wires.ts'
import { type Attempt, isPermanent, type Verdict } from '../state/outbox.ts'
import { kindOf } from './target.ts'

/** One run of a schedule. */
export interface Run {
  readonly scheduleArn: string
  readonly target: Target
  readonly executionId: string
  /** ISO 8601, whole seconds */
  readonly scheduledTime: string
}

export interface DeliverParts {
  readonly parts: Parts
  readonly wires: Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync' | 'putEvent' | 'runTask'>
  readonly random: () => number
}

/** Retry policy where a target sets none: EventBridge Scheduler API Reference, RetryPolicy. */
const DEFAULT_ATTEMPTS = 185
const DEFAULT_AGE_SECONDS = 86_400

/** Makes one attempt at a run, under the target's role; what fails for good goes to the dead-letter queue, or is dropped and logged. */
export const createDeliver =
  (given: DeliverParts) =>
  async ({ job, tries, since }: Attempt<Run>): Promise<Verdict> => {
    try {
      await send(given.wires, job, inputOf(job, tries + 1))
      return 'done'
    } catch (error) {
      const policy = job.target.RetryPolicy
      const attempts = policy?.MaximumRetryAttempts ?? DEFAULT_ATTEMPTS
      const age = (policy?.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS) * 1_000
      if (isPermanent(error)) return giveUp(given, job, tries, error)
      if (tries >= attempts) return giveUp(given, job, tries, error, 'MaximumRetryAttempts')
      if (given.parts.now() - since >= age)
        return giveUp(given, job, tries, error, 'MaximumEventAgeInSeconds')
      return { againInMs: backoff(tries, given.random) }
    }
  }

/** The role's own policy is judged. `aws:SourceArn` is the schedule's group: user guide, "Confused deputy prevention". */
export const senderOf = (scheduleArn: string, target: Target): Sender => ({
  service: 'scheduler.amazonaws.com',
  sourceArn: scheduleArn.replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1'),
  sourceAccount: scheduleArn.split(':')[4] ?? '',
  roleArn: target.RoleArn ?? '',
})

const notServed = (what: string) =>
  new AwsError('ResourceNotFoundException', `This local cloud does not deliver to ${what}.`, 400)

const send = async (wires: DeliverParts['wires'], job: Run, input: string): Promise<void> => {
  const { target } = job
  const arn = target.Arn ?? ''
  const sender = senderOf(job.scheduleArn, target)
  switch (kindOf(arn)) {
    case 'sqs': {
      const groupId = target.SqsParameters?.MessageGroupId
      return wires.sendMessage(arn, { body: input, ...(groupId ? { groupId } : {}) }, sender)
    }
    case 'sns':
      return wires.publish(arn, { body: input }, sender)
    case 'bus':
      if (!wires.putEvent) throw notServed('event buses')
      return wires.putEvent(arn, envelopeOf(job, input), sender)
    case 'ecs': {
      if (!wires.runTask) throw notServed('ECS')
      const parameters = (target.EcsParameters ?? {}) as TaskParameters
      const startedBy = `chronos-schedule/${job.scheduleArn.split('/').at(-1)}`
      const own = target.Input === undefined ? undefined : input
      return wires.runTask(arn, runTaskInput(arn, parameters, startedBy, own), sender)
    }
    default:
      return wires.invokeAsync(arn, input, sender)
  }
}

const envelopeOf = (job: Run, input: string) => {
  const [, , , region = '', account = ''] = job.scheduleArn.split(':')
  const { DetailType = '', Source = '' } = job.target.EventBridgeParameters ?? {}
  const detail: unknown = job.target.Input === undefined ? {} : JSON.parse(input)
  return {
    version: '0' as const,
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account,
    time: job.scheduledTime,
    region,
    resources: [job.scheduleArn],
    detail: (typeof detail === 'object' && detail !== null ? detail : {}) as object,
  }
}

/** The target's input with context attributes filled in, or Scheduler's default notification (user guide, "Adding context attributes"). */
const inputOf = (job: Run, attempt: number): string => {
  const context: Readonly<Record<string, string>> = {
    'schedule-arn': job.scheduleArn,
    'scheduled-time': job.scheduledTime,
    'execution-id': job.executionId,
    'attempt-number': String(attempt),
  }
  const [, , , region, account] = job.scheduleArn.split(':')
  return (
    job.target.Input?.replace(
      /<aws\.scheduler\.([a-z-]+)>/g,
      (whole, name: string) => context[name] ?? whole,
    ) ??
    JSON.stringify({
      version: '0',
      id: job.executionId,
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account,
      time: job.scheduledTime,
      region,
      resources: [job.scheduleArn],
      detail: '{}',
    })
  )
}

const giveUp = async (
  given: DeliverParts,
  job: Run,
  tries: number,
  error: unknown,
  exhausted?: string,
): Promise<Verdict> => {
  const { log } = given.parts
  const queue = job.target.DeadLetterConfig?.Arn
  const message = error instanceof Error ? error.message : String(error)
  const facts = { schedule: job.scheduleArn, target: job.target.Arn, error: message }
  if (!queue) {
    log('scheduler', 'a run was dropped: its target could not be reached and has no dead-letter queue', facts)
    return 'done'
  }
  const text = (value: string) => ({ DataType: 'String', StringValue: value })
  // attributes: user guide, "Configuring a dead-letter queue for EventBridge Scheduler"
  const attributes = {
    SCHEDULE_ARN: text(job.scheduleArn),
    TARGET_ARN: text(job.target.Arn ?? ''),
    EXECUTION_ID: text(job.executionId),
    SCHEDULED_TIME: text(job.scheduledTime),
    ERROR_CODE: text(error instanceof AwsError ? error.code : 'InternalError'),
    ERROR_MESSAGE: text(message || 'unknown'),
    RETRY_ATTEMPTS: text(String(tries)),
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: text(exhausted) }),
  }
  try {
    await given.wires.sendMessage(
      queue,
      { body: inputOf(job, tries + 1), attributes },
      senderOf(job.scheduleArn, job.target),
    )
    log('scheduler', 'a run went to the dead-letter queue', facts)
    return 'done'
  } catch (failure) {
    if (!isPermanent(failure)) return { againInMs: backoff(tries, given.random) }
    log('scheduler', 'a run was dropped: its dead-letter queue refused it', { ...facts, queue })
    return 'done'
  }
}
