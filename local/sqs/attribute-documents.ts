import { isFifo, parseObject } from './attributes.ts'
import { invalidAttribute, invalidValue } from './errors.ts'
import type { QueueRecord } from './types.ts'

type Queue = Pick<QueueRecord, 'arn' | 'attributes'>

/**
 * Checks the documents among attributes that are set; an empty one takes the document away.
 * @param find other queues by their ARN
 * @throws AwsError InvalidAttributeValue, InvalidParameterValueException
 */
export const checkDocuments = (
  queue: Queue,
  { Policy, RedrivePolicy, RedriveAllowPolicy }: Readonly<Record<string, string>>,
  find: (arn: string) => Queue | undefined,
): void => {
  if (Policy) checkPolicy(Policy)
  if (RedrivePolicy) checkRedrive(queue, RedrivePolicy, find)
  if (RedriveAllowPolicy) checkRedriveAllow(RedriveAllowPolicy)
}

const checkPolicy = (text: string): void => {
  const policy = parseObject(text)
  const statements = policy?.Statement
  if (!policy || typeof statements !== 'object' || statements === null) throw invalidAttribute('Policy')
  const each = Array.isArray(statements) ? statements : [statements]
  const good = each.every((one) => one?.Effect === 'Allow' || one?.Effect === 'Deny')
  if (!good) throw invalidAttribute('Policy')
}

const bad = (text: string, reason: string) => invalidValue(text, 'RedrivePolicy', reason)

/** API Reference, SetQueueAttributes; developer guide, "Using dead-letter queues". */
const checkRedrive = (source: Queue, text: string, find: (arn: string) => Queue | undefined): void => {
  const policy = parseObject(text)
  if (!policy) throw bad(text, 'Redrive policy is not a valid JSON map.')
  for (const name of ['deadLetterTargetArn', 'maxReceiveCount'])
    if (policy[name] === undefined || policy[name] === null || policy[name] === '')
      throw bad(text, `Redrive policy does not contain mandatory attribute: ${name}.`)
  const { deadLetterTargetArn: target, maxReceiveCount: given } = policy
  const count = Number(given)
  if (!Number.isInteger(count) || count < 1 || count > 1_000)
    throw bad(
      text,
      `Invalid value for maxReceiveCount: ${given}, valid values are from 1 to 1000 both inclusive.`,
    )
  if (typeof target !== 'string' || !/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(target))
    throw bad(text, 'Invalid value for deadLetterTargetArn.')
  const [own, theirs] = [source.arn.split(':'), target.split(':')]
  if (own[4] !== theirs[4]) throw bad(text, 'Dead-letter target owner should be same as the source.')
  const queue = own[3] === theirs[3] ? find(target) : undefined
  if (!queue) throw bad(text, 'Dead letter target does not exist.')
  if (isFifo(queue) !== isFifo(source))
    throw bad(text, 'Dead-letter queue must be same type of queue as the source.')
  // AWS's wording is not known
  if (!allows(queue, source.arn))
    throw bad(text, 'The RedriveAllowPolicy of the dead-letter queue does not allow this source queue.')
}

const allows = (deadLetterQueue: Queue, source: string): boolean => {
  const policy = parseObject(deadLetterQueue.attributes.RedriveAllowPolicy ?? '')
  if (policy?.redrivePermission === 'denyAll') return false
  return policy?.redrivePermission !== 'byQueue' || asList(policy.sourceQueueArns).includes(source)
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** AWS's wording is not known. */
const checkRedriveAllow = (text: string): void => {
  const refuse = (reason: string) => invalidValue(text, 'RedriveAllowPolicy', reason)
  const policy = parseObject(text)
  if (!policy) throw refuse('Redrive allow policy is not a valid JSON map.')
  const { redrivePermission: permission, sourceQueueArns: arns } = policy
  if (!['allowAll', 'denyAll', 'byQueue'].includes(String(permission)))
    throw refuse('Invalid value for redrivePermission, valid values are allowAll, denyAll and byQueue.')
  const many = asList(arns).length
  if (permission === 'byQueue' && (many < 1 || many > 10))
    throw refuse('sourceQueueArns must hold from 1 to 10 queue ARNs when redrivePermission is byQueue.')
  if (permission !== 'byQueue' && arns !== undefined)
    throw refuse('sourceQueueArns can be given only when redrivePermission is byQueue.')
}
