import type { Target } from '@aws-sdk/client-scheduler'
import type { Parts } from '../contracts.ts'
import { backoff } from '../eventbridge/deliver.ts'
import { AwsError } from '../gateway/service.ts'
import type { Sender, Wires } from '../gateway/wires.ts'
import { type Attempt, isPermanent, type Verdict } from '../state/outbox.ts'

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
  readonly wires: Pick<Wires, 'sendMessage' | 'invokeAsync'>
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
      const over = isPermanent(error) || tries >= attempts || given.parts.now() - since >= age
      return over ? giveUp(given, job, tries, error) : { againInMs: backoff(tries, given.random) }
    }
  }

/** The role's own policy is judged. `aws:SourceArn` is the schedule's group: user guide, "Confused deputy prevention". */
const senderOf = ({ scheduleArn, target }: Run): Sender => ({
  service: 'scheduler.amazonaws.com',
  sourceArn: scheduleArn.replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1'),
  sourceAccount: scheduleArn.split(':')[4] ?? '',
  roleArn: target.RoleArn ?? '',
})

const send = (wires: DeliverParts['wires'], job: Run, input: string): Promise<void> => {
  const arn = job.target.Arn ?? ''
  const groupId = job.target.SqsParameters?.MessageGroupId
  return arn.startsWith('arn:aws:sqs:')
    ? wires.sendMessage(arn, { body: input, ...(groupId ? { groupId } : {}) }, senderOf(job))
    : wires.invokeAsync(arn, input, senderOf(job))
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

const giveUp = async (given: DeliverParts, job: Run, tries: number, error: unknown): Promise<Verdict> => {
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
  }
  try {
    await given.wires.sendMessage(queue, { body: inputOf(job, tries + 1), attributes }, senderOf(job))
    log('scheduler', 'a run went to the dead-letter queue', facts)
    return 'done'
  } catch (failure) {
    if (!isPermanent(failure)) return { againInMs: backoff(tries, given.random) }
    log('scheduler', 'a run was dropped: its dead-letter queue refused it', { ...facts, queue })
    return 'done'
  }
}
