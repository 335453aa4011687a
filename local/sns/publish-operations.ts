import { randomUUID } from 'node:crypto'
import type { PublishBatchCommandInput, PublishCommandInput } from '@aws-sdk/client-sns'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { checkTopicArn } from './arn.ts'
import type { SealFor } from './encryption.ts'
import { invalidParameter, notServed } from './errors.ts'
import { fitTopic, openSequences } from './order.ts'
import { type Content, checkContent, checkMessage, MAX_BYTES, sizeOf } from './publish-input.ts'
import type { Topics } from './topics.ts'
import type { Published, Topic } from './types.ts'

const MAX_BATCH = 10

interface Accepted {
  readonly MessageId: string
  readonly SequenceNumber?: string
}

/** Takes a message for a topic: what must be delivered is stored when it returns. */
export type Publish = (topic: Topic, content: Content) => Accepted

export const createPublish = (parts: Parts, accept: (published: Published) => void): Publish => {
  const sequences = openSequences(parts)
  return (topic, given) => {
    const content = fitTopic(topic, given)
    const id = randomUUID()
    const at = parts.now()
    return parts.store.transaction(() => {
      if (topic.attributes.FifoTopic !== 'true') {
        accept({ ...content, id, topicArn: topic.arn, at })
        return { MessageId: id }
      }
      const earlier = sequences.repeated(topic, content)
      if (earlier) return { MessageId: earlier.id, SequenceNumber: earlier.sequence }
      const sequence = sequences.next(topic, content, id)
      accept({ ...content, id, topicArn: topic.arn, sequence, at })
      return { MessageId: id, SequenceNumber: sequence }
    })
  }
}

/** Publishing, alone and in batches of at most ten. */
export const createPublishOperations = ({
  parts: { store },
  topics,
  publish,
  sealFor,
}: {
  readonly parts: Parts
  readonly topics: Topics
  readonly publish: Publish
  readonly sealFor: SealFor
}): Record<string, Operation> => ({
  Publish: (input: PublishCommandInput, call: Call) => {
    if (input.Subject === '') throw invalidParameter('Subject')
    if (input.PhoneNumber !== undefined) refusePhone(input.PhoneNumber)
    const content = checkMessage(input)
    const topic = topics.find(targetOf(input, call))
    sealFor(topic, call.caller)
    return publish(topic, content)
  },
  PublishBatch: (input: PublishBatchCommandInput, call: Call) => {
    const topic = topics.find(checkTopicArn('TopicArn', input.TopicArn, call))
    const entries = checkEntries(input.PublishBatchRequestEntries)
    // one bad entry refuses the batch (recorded)
    const contents = entries.map((entry) => fitTopic(topic, checkContent(entry)))
    const bytes = entries.reduce(
      (sum, { Message }, index) => sum + sizeOf(Message, contents[index] as Content),
      0,
    )
    if (bytes > MAX_BYTES)
      throw new AwsError(
        'BatchRequestTooLong',
        'The length of all the messages put together is more than the limit.',
      )
    sealFor(topic, call.caller)
    return store.transaction(() => ({
      Successful: entries.map(({ Id }, index) => ({ Id, ...publish(topic, contents[index] as Content) })),
      Failed: [],
    }))
  },
})

const targetOf = (input: PublishCommandInput, call: Call): string => {
  const target = input.TopicArn ?? input.TargetArn
  if (target === undefined)
    throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
  if (input.TopicArn === undefined && target.includes(':endpoint/'))
    throw invalidParameter('TargetArn Reason: No endpoint found for the target arn specified')
  return checkTopicArn('TopicArn', target, call)
}

const refusePhone = (phone: string): never => {
  if (!/^\+[1-9]\d{4,14}$/.test(phone))
    throw invalidParameter(`PhoneNumber Reason: ${phone} is not valid to publish to`)
  throw notServed('PhoneNumber')
}

const checkEntries = (entries: PublishBatchCommandInput['PublishBatchRequestEntries'] = []) => {
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequest', "The batch request doesn't contain any entries.")
  if (entries.length > MAX_BATCH)
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    )
  const ids = entries.map(({ Id }) => Id ?? '')
  if (ids.some((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id)))
    throw new AwsError(
      'InvalidBatchEntryId',
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    )
  if (new Set(ids).size < ids.length)
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    )
  return entries
}
