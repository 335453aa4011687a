import type {
  AddPermissionCommandInput,
  CreateQueueCommandInput,
  GetQueueAttributesCommandInput,
  GetQueueUrlCommandInput,
  ListDeadLetterSourceQueuesCommandInput,
  ListQueuesCommandInput,
  PurgeQueueCommandInput,
  RemovePermissionCommandInput,
  SetQueueAttributesCommandInput,
  TagQueueCommandInput,
  UntagQueueCommandInput,
} from '@aws-sdk/client-sqs'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { checkQueueName, queueArn } from './address.ts'
import { checkDocuments } from './attribute-documents.ts'
import {
  checkAttributes,
  checkTogether,
  describeAttributes,
  differingAttribute,
  isFifo,
  mergeAttributes,
  redriveOf,
} from './attributes.ts'
import { invalid, invalidValue, missing } from './errors.ts'
import type { LiveQueue } from './live.ts'
import { createMessageOperations } from './message-operations.ts'
import { type OperationParts, ownQueueOf, queueOf } from './operation-parts.ts'
import { createRedriveOperations } from './redrive.ts'
import { addPermission, removePermission } from './share.ts'
import { checkTags } from './tags.ts'

/** Milliseconds between two purges of a queue: SQS API Reference, PurgeQueue. */
const PURGE_PAUSE = 60_000
const MAX_LISTED = 1_000

/** The operations of SQS in the shapes of the AWS SDK. */
export const createOperations = (given: OperationParts): Record<string, Operation> => ({
  ...createQueueOperations(given),
  ...createAttributeOperations(given),
  ...createListings(given),
  ...createMessageOperations(given),
  ...createRedriveOperations(given),
})

const urlOf = (baseUrl: () => string, arn: string) => `${baseUrl()}/${arn.split(':').slice(4).join('/')}`

const createQueueOperations = ({
  parts,
  queues,
  waiting,
  baseUrl,
  nameRestMs,
}: OperationParts): Record<string, Operation> => {
  const purgedAt = new Map<string, number>()
  const deletedAt = new Map<string, number>()
  const isSoon = (at: number | undefined, ms: number) => at !== undefined && parts.now() - at < ms
  const create = (
    arn: string,
    name: string,
    attributes: Record<string, string>,
    input: CreateQueueCommandInput,
  ) => {
    if (isSoon(deletedAt.get(arn), nameRestMs))
      throw new AwsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      )
    const merged = mergeAttributes({}, attributes)
    checkTogether(merged)
    checkDocuments({ arn, attributes: merged }, attributes, (other) => queues.all.get(other)?.record)
    const [, , , region = '', account = ''] = arn.split(':')
    const at = parts.now()
    const tags = checkTags(input.tags ?? {})
    queues.save({ arn, name, account, region, attributes: merged, tags, createdAt: at, modifiedAt: at })
  }

  return {
    CreateQueue: (input: CreateQueueCommandInput, call: Call) => {
      const attributes = (input.Attributes ?? {}) as Record<string, string>
      const fifo = attributes.FifoQueue === 'true'
      const name = checkQueueName(input.QueueName, fifo)
      const arn = queueArn(call.region, call.account, name)
      checkAttributes(attributes, fifo)
      const known = queues.all.get(arn)
      const differing = known && differingAttribute(known.record, attributes)
      if (differing)
        throw new AwsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${differing}`,
        )
      if (!known) create(arn, name, attributes, input)
      return { QueueUrl: urlOf(baseUrl, arn) }
    },
    DeleteQueue: (input: { QueueUrl?: string }, call: Call) => {
      const { arn } = ownQueueOf(queues, input.QueueUrl, call).record
      queues.remove(arn)
      waiting.gone(arn)
      purgedAt.delete(arn)
      if (nameRestMs > 0) deletedAt.set(arn, parts.now())
      return {}
    },
    GetQueueUrl: (input: GetQueueUrlCommandInput, call: Call) => {
      const owner = input.QueueOwnerAWSAccountId ?? call.account
      if (!input.QueueName) throw missing('QueueName')
      const { arn } = queues.find(queueArn(call.region, owner, input.QueueName)).record
      return { QueueUrl: urlOf(baseUrl, arn) }
    },
    PurgeQueue: (input: PurgeQueueCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      const { arn, name } = queue.record
      if (isSoon(purgedAt.get(arn), PURGE_PAUSE))
        throw new AwsError(
          'PurgeQueueInProgress',
          `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
          403,
        )
      purgedAt.set(arn, parts.now())
      queues.purge(queue)
      return {}
    },
  }
}

/** Attributes, tags and permissions. */
const createAttributeOperations = ({ parts, queues }: OperationParts): Record<string, Operation> => {
  const setPolicy = ({ record }: LiveQueue, text: string) =>
    queues.save({ ...record, attributes: mergeAttributes(record.attributes, { Policy: text }) })
  const retag = ({ record }: LiveQueue, tags: Readonly<Record<string, string>>) =>
    queues.save({ ...record, tags })

  return {
    GetQueueAttributes: (input: GetQueueAttributesCommandInput, call: Call) => {
      const queue = queueOf(queues, input.QueueUrl, call)
      queues.expire(queue)
      // what became receivable meanwhile is counted as such
      queue.lane.next(parts.now())
      const found = describeAttributes(queue.record, queue.lane.counts, input.AttributeNames ?? [])
      return Object.keys(found).length > 0 ? { Attributes: found } : {}
    },
    SetQueueAttributes: (input: SetQueueAttributesCommandInput, call: Call) => {
      const { record } = ownQueueOf(queues, input.QueueUrl, call)
      const change = (input.Attributes ?? {}) as Record<string, string>
      checkAttributes(change, isFifo(record))
      const attributes = mergeAttributes(record.attributes, change)
      checkTogether(attributes)
      checkDocuments(record, change, (arn) => queues.all.get(arn)?.record)
      queues.save({ ...record, attributes, modifiedAt: parts.now() })
      return {}
    },
    AddPermission: (input: AddPermissionCommandInput, call: Call) => {
      const queue = ownQueueOf(queues, input.QueueUrl, call)
      setPolicy(queue, addPermission(queue.record, input))
      return {}
    },
    RemovePermission: (input: RemovePermissionCommandInput, call: Call) => {
      const queue = ownQueueOf(queues, input.QueueUrl, call)
      setPolicy(queue, removePermission(queue.record, input.Label))
      return {}
    },
    TagQueue: (input: TagQueueCommandInput, call: Call) => {
      const queue = ownQueueOf(queues, input.QueueUrl, call)
      if (Object.keys(input.Tags ?? {}).length === 0) throw missing('Tags')
      retag(queue, checkTags({ ...queue.record.tags, ...input.Tags }))
      return {}
    },
    UntagQueue: (input: UntagQueueCommandInput, call: Call) => {
      const queue = ownQueueOf(queues, input.QueueUrl, call)
      if (!input.TagKeys?.length) throw invalid('Tag keys must be between 1 and 128 characters in length.')
      const kept = Object.entries(queue.record.tags).filter(([key]) => !input.TagKeys?.includes(key))
      retag(queue, Object.fromEntries(kept))
      return {}
    },
    ListQueueTags: (input: { QueueUrl?: string }, call: Call) => {
      const { tags } = ownQueueOf(queues, input.QueueUrl, call).record
      return Object.keys(tags).length > 0 ? { Tags: tags } : {}
    },
  }
}

const createListings = ({ queues, baseUrl }: OperationParts): Record<string, Operation> => {
  const urlsIn = (account: string, region: string, keep: (queue: LiveQueue) => boolean) =>
    [...queues.all.values()]
      .filter(({ record }) => record.account === account && record.region === region)
      .filter(keep)
      .map(({ record }) => urlOf(baseUrl, record.arn))
      .sort()
  return {
    ListQueues: (input: ListQueuesCommandInput, call: Call) => {
      const prefix = input.QueueNamePrefix ?? ''
      const urls = urlsIn(call.account, call.region, ({ record }) => record.name.startsWith(prefix))
      return page(urls, input, (part) => (part.length > 0 ? { QueueUrls: part } : {}))
    },
    ListDeadLetterSourceQueues: (input: ListDeadLetterSourceQueuesCommandInput, call: Call) => {
      const { arn, account, region } = queueOf(queues, input.QueueUrl, call).record
      const urls = urlsIn(account, region, ({ record }) => redriveOf(record)?.deadLetterTargetArn === arn)
      return page(urls, input, (part) => ({ queueUrls: part }))
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
