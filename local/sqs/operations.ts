import type {
  CreateQueueCommandInput,
  GetQueueAttributesCommandInput,
  GetQueueUrlCommandInput,
  ListDeadLetterSourceQueuesCommandInput,
  ListQueuesCommandInput,
  PurgeQueueCommandInput,
  SetQueueAttributesCommandInput,
  TagQueueCommandInput,
  UntagQueueCommandInput,
} from '@aws-sdk/client-sqs'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { checkOwnAccount, checkQueueName, queueArn } from './address.ts'
import {
  checkAttributes,
  describeAttributes,
  differingAttribute,
  mergeAttributes,
  readRedrive,
  redriveOf,
} from './attributes.ts'
import { invalidValue } from './errors.ts'
import { createMessageOperations } from './message-operations.ts'
import { type OperationParts, queueOf } from './operation-parts.ts'
import type { LiveQueue } from './queues.ts'
import { createRedriveOperations } from './redrive.ts'

/** Milliseconds between two purges of a queue: SQS API Reference, PurgeQueue. */
const PURGE_PAUSE = 60_000
const MAX_LISTED = 1_000

/** The operations of SQS in the shapes of the AWS SDK. */
export const createOperations = (given: OperationParts): Record<string, Operation> => ({
  ...createQueueOperations(given),
  ...createMessageOperations(given),
  ...createRedriveOperations(given),
})

const createQueueOperations = ({
  parts,
  queues,
  waiting,
  baseUrl,
}: OperationParts): Record<string, Operation> => {
  const purgedAt = new Map<string, number>()
  const urlOf = (arn: string) => `${baseUrl()}/${arn.split(':').slice(4).join('/')}`
  const checkRedrive = (attributes: Readonly<Record<string, string>>, arn: string) => {
    const target = readRedrive(attributes.RedrivePolicy)?.deadLetterTargetArn
    if (target === undefined) return
    const near = target.split(':').slice(0, 5).join(':') === arn.split(':').slice(0, 5).join(':')
    if (!near || !queues.all.has(target))
      throw invalidValue(attributes.RedrivePolicy, 'RedrivePolicy', 'Dead letter target does not exist.')
  }
  const urlsIn = (call: Call, keep: (queue: LiveQueue) => boolean) =>
    [...queues.all.values()]
      .filter(({ record }) => record.account === call.account && record.region === call.region)
      .filter(keep)
      .map(({ record }) => urlOf(record.arn))
      .sort()
  const retag = (queue: LiveQueue, tags: Readonly<Record<string, string>>) =>
    queues.save({ ...queue.record, tags })

  return {
    CreateQueue: (input: CreateQueueCommandInput, call: Call) => {
      const name = checkQueueName(input.QueueName)
      const arn = queueArn(call.region, call.account, name)
      const attributes = (input.Attributes ?? {}) as Record<string, string>
      checkAttributes(attributes)
      const known = queues.all.get(arn)
      const differing = known && differingAttribute(known.record, attributes)
      if (differing)
        throw new AwsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${differing}`,
        )
      if (!known) {
        checkRedrive(attributes, arn)
        const at = parts.now()
        queues.save({
          arn,
          name,
          account: call.account,
          region: call.region,
          attributes: mergeAttributes({}, attributes),
          tags: input.tags ?? {},
          createdAt: at,
          modifiedAt: at,
        })
      }
      return { QueueUrl: urlOf(arn) }
    },
    DeleteQueue: (input: { QueueUrl?: string }, call: Call) => {
      const { arn } = queueOf(queues, input.QueueUrl, call).record
      queues.remove(arn)
      waiting.gone(arn)
      return {}
    },
    GetQueueUrl: (input: GetQueueUrlCommandInput, call: Call) => {
      const owner = input.QueueOwnerAWSAccountId ?? call.account
      const arn = queueArn(call.region, owner, checkQueueName(input.QueueName))
      checkOwnAccount(arn, call)
      return { QueueUrl: urlOf(queues.find(arn).record.arn) }
    },
    ListQueues: (input: ListQueuesCommandInput, call: Call) => {
      const urls = urlsIn(call, ({ record }) => record.name.startsWith(input.QueueNamePrefix ?? ''))
      return page(urls, input, (part) => ({ QueueUrls: part }))
    },
    ListDeadLetterSourceQueues: (input: ListDeadLetterSourceQueuesCommandInput, call: Call) => {
      const { arn } = queueOf(queues, input.QueueUrl, call).record
      const urls = urlsIn(call, ({ record }) => redriveOf(record)?.deadLetterTargetArn === arn)
      return page(urls, input, (part) => ({ queueUrls: part }))
    },
    GetQueueAttributes: (input: GetQueueAttributesCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      queues.expire(queue)
      // what became receivable meanwhile is counted as such
      queue.lane.next(parts.now())
      return { Attributes: describeAttributes(queue.record, queue.lane.counts, input.AttributeNames ?? []) }
    },
    SetQueueAttributes: (input: SetQueueAttributesCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const change = (input.Attributes ?? {}) as Record<string, string>
      checkAttributes(change)
      checkRedrive(change, queue.record.arn)
      const attributes = mergeAttributes(queue.record.attributes, change)
      queues.save({ ...queue.record, attributes, modifiedAt: parts.now() })
      return {}
    },
    PurgeQueue: (input: PurgeQueueCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const { arn, name } = queue.record
      if (parts.now() - (purgedAt.get(arn) ?? Number.NEGATIVE_INFINITY) < PURGE_PAUSE)
        throw new AwsError(
          'PurgeQueueInProgress',
          `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
          403,
        )
      purgedAt.set(arn, parts.now())
      queues.purge(queue)
      return {}
    },
    TagQueue: (input: TagQueueCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      retag(queue, { ...queue.record.tags, ...input.Tags })
      return {}
    },
    UntagQueue: (input: UntagQueueCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const kept = Object.entries(queue.record.tags).filter(([key]) => !input.TagKeys?.includes(key))
      retag(queue, Object.fromEntries(kept))
      return {}
    },
    ListQueueTags: (input: { QueueUrl?: string }, call: Call) => {
      const { tags } = queueOf(queues, input.QueueUrl, call).record
      return Object.keys(tags).length > 0 ? { Tags: tags } : {}
    },
  }
}

/** One page of sorted URLs; the token is the last URL of the page before. Without MaxResults: the first thousand, no token. */
const page = (
  urls: readonly string[],
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  shape: (part: readonly string[]) => object,
): object => {
  const { MaxResults: size = MAX_LISTED, NextToken: token } = input
  if (!Number.isInteger(size) || size < 1 || size > MAX_LISTED)
    throw invalidValue(size, 'MaxResults', 'MaxResults must be an integer between 1 and 1000.')
  const after = token ? Buffer.from(token, 'base64url').toString() : ''
  const rest = urls.filter((url) => url > after)
  const part = rest.slice(0, size)
  const last = part.at(-1)
  const more = input.MaxResults !== undefined && rest.length > part.length && last
  return { ...shape(part), ...(more ? { NextToken: Buffer.from(last).toString('base64url') } : {}) }
}
