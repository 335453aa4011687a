import type { Target } from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Envelope, Sender, Wires } from '../gateway/wires.ts'
import { type Attempt, isPermanent, type Verdict } from '../state/outbox.ts'
import { runTaskInput } from './ecs-request.ts'
import { inputFor } from './input.ts'
import type { Invoker } from './invoke-destination.ts'
import { kindOf } from './target-check.ts'

/** One event for one target of one rule. */
export interface Delivery {
  readonly envelope: Envelope
  readonly ruleArn: string
  readonly ruleName: string
  readonly target: Target
  /** ISO 8601 */
  readonly ingestionTime: string
  /** over how many buses the event came before */
  readonly hops?: number
}

export interface DeliverParts {
  readonly parts: Parts
  readonly wires: Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync' | 'runTask' | 'putLogEvent'>
  readonly invoker: Pick<Invoker, 'invoke'>
  /** onto another bus; throws AwsError when it does not let the sender in */
  readonly forward: (busArn: string, envelope: Envelope, sender: Sender, hops: number) => void
  readonly random: () => number
}

/** Retry policy where a target sets none: EventBridge user guide, "How EventBridge retries delivering events". */
const DEFAULT_ATTEMPTS = 185
const DEFAULT_AGE_SECONDS = 86_400

// EventBridge's own delays are not published; these start short, so that a laptop recovers while one looks on
const FIRST_DELAY_MS = 200
const LONGEST_DELAY_MS = 300_000

/** Exponential backoff, half of it jitter; `random` gives 0 to 1. */
export const backoff = (tries: number, random: () => number): number => {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries, 20), LONGEST_DELAY_MS)
  return Math.round(full * (0.5 + random() / 2))
}

/** Makes one attempt at a delivery; a failure for good goes to the target's dead-letter queue, or is dropped and logged. */
export const createDeliver =
  (given: DeliverParts) =>
  async ({ job, tries, since }: Attempt<Delivery>): Promise<Verdict> => {
    try {
      await send(given, job, inputFor(job.target, job.envelope, job))
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

const senderOf = ({ ruleArn, target }: Delivery): Sender => ({
  service: 'events.amazonaws.com',
  sourceArn: ruleArn,
  sourceAccount: ruleArn.split(':')[4] ?? '',
  ...(target.RoleArn ? { roleArn: target.RoleArn } : {}),
})

const notServed = (what: string) =>
  new AwsError('ResourceNotFoundException', `This local cloud does not deliver to ${what}.`, 400)

const send = async (given: DeliverParts, job: Delivery, input: string): Promise<void> => {
  const { target, envelope } = job
  const { wires } = given
  const arn = target.Arn ?? ''
  const sender = senderOf(job)
  switch (kindOf(arn)) {
    case 'sqs': {
      const groupId = target.SqsParameters?.MessageGroupId
      return wires.sendMessage(arn, { body: input, ...(groupId ? { groupId } : {}) }, sender)
    }
    case 'sns':
      return wires.publish(arn, { body: input }, sender)
    case 'bus':
      return given.forward(arn, envelope, sender, (job.hops ?? 0) + 1)
    case 'destination':
      return given.invoker.invoke(arn, target.HttpParameters, input)
    case 'logs':
      if (!wires.putLogEvent) throw notServed('log groups')
      return wires.putLogEvent(arn, input, sender)
    case 'ecs': {
      if (!wires.runTask) throw notServed('ECS')
      const own = target.Input ?? target.InputPath ?? target.InputTransformer
      const request = runTaskInput(
        arn,
        target.EcsParameters ?? { TaskDefinitionArn: undefined },
        `events-rule/${job.ruleName}`,
        own === undefined ? undefined : input,
      )
      return wires.runTask(arn, request, sender)
    }
    default:
      return wires.invokeAsync(arn, input, sender)
  }
}

const giveUp = async (
  given: DeliverParts,
  job: Delivery,
  tries: number,
  error: unknown,
  exhausted?: string,
): Promise<Verdict> => {
  const { log } = given.parts
  const message = textOf(error)
  const facts = { rule: job.ruleArn, target: job.target.Arn, event: job.envelope.id, error: message }
  const queue = job.target.DeadLetterConfig?.Arn
  if (!queue) {
    log('events', 'an event was dropped: its target could not be reached and has no dead-letter queue', facts)
    return 'done'
  }
  const { roleArn: _, ...sender } = senderOf(job)
  const attributes = deadLetterAttributes({
    RULE_ARN: job.ruleArn,
    TARGET_ARN: job.target.Arn,
    ERROR_CODE: errorCode(error),
    ERROR_MESSAGE: message,
    EXHAUSTED_RETRY_CONDITION: exhausted,
    RETRY_ATTEMPTS: String(tries),
  })
  try {
    await given.wires.sendMessage(queue, { body: JSON.stringify(job.envelope), attributes }, sender)
    log('events', 'an event went to the dead-letter queue of its target', facts)
    return 'done'
  } catch (failure) {
    if (!isPermanent(failure)) return { againInMs: backoff(tries, given.random) }
    log('events', 'an event was dropped: its dead-letter queue refused it', {
      ...facts,
      queue,
      refusal: textOf(failure),
    })
    return 'done'
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** User guide, "Using dead-letter queues to process undelivered events"; that all are strings is inferred. */
const deadLetterAttributes = (values: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value ? [[name, { DataType: 'String', StringValue: value }]] : [],
    ),
  )

const errorCode = (error: unknown): string => {
  if (!(error instanceof AwsError)) return 'INTERNAL_ERROR'
  if (/AccessDenied|AuthorizationError|NotAuthorized/.test(error.code)) return 'NO_PERMISSIONS'
  if (/NotFound|DoesNotExist/.test(error.code)) return 'NO_RESOURCE'
  if (!isPermanent(error)) return error.status < 500 ? 'THROTTLING' : 'INTERNAL_ERROR'
  return 'SDK_CLIENT_ERROR'
}
