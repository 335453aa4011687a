import type { Target } from '@aws-sdk/client-scheduler'
import { AwsError } from '../gateway/service.ts'

/** What of a target's ARN decides how it is reached. */
export type TargetKind = 'sqs' | 'sns' | 'lambda' | 'bus' | 'ecs'

const SERVED: readonly (readonly [TargetKind, RegExp])[] = [
  ['sqs', /^arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:.+$/],
  ['sns', /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:.+$/],
  ['lambda', /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$/],
  ['bus', /^arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/],
  ['ecs', /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/.+$/],
]

export const kindOf = (arn: string): TargetKind | undefined =>
  SERVED.find(([, pattern]) => pattern.test(arn))?.[0]

/** Retry policy where a target sets none: EventBridge Scheduler API Reference, RetryPolicy. */
const DEFAULT_RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 }

const invalid = (text: string) => new AwsError('ValidationException', text)

/** The target with what AWS fills in. @throws AwsError ValidationException for what is refused, or not served here */
export const checkTarget = (target: Target | undefined): Target => {
  const arn = target?.Arn ?? ''
  if (!target || !/^arn:[\w-]+:[\w-]+:/.test(arn)) throw invalid('Provided Arn is not in correct format.')
  const kind = kindOf(arn)
  if (!kind)
    throw invalid(
      /:aws-sdk:/.test(arn)
        ? `The local cloud does not serve universal targets such as ${arn}: use the ARN of a queue, a topic, a function, an event bus or a cluster.`
        : `The local cloud does not deliver to ${arn}: it does to queues, topics, functions, event buses and clusters.`,
    )
  if (kind === 'sqs' && arn.endsWith('.fifo') && !target.SqsParameters?.MessageGroupId)
    throw invalid('SqsParameters with a MessageGroupId must be specified for a FIFO queue.')
  if (kind === 'bus' && !target.EventBridgeParameters)
    throw invalid('EventBridgeParameters must be specified for an event bus.')
  if (kind === 'ecs' && !target.EcsParameters) throw invalid('EcsParameters must be specified for a cluster.')
  if ((kind === 'lambda' || kind === 'bus') && target.Input !== undefined && !isJson(target.Input))
    throw invalid('Input must be well-formed JSON.')
  return { ...target, RetryPolicy: { ...DEFAULT_RETRY, ...target.RetryPolicy } }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text.replace(/<aws\.scheduler\.[a-z-]+>/g, 'x'))
    return true
  } catch {
    return false
  }
}
