import { randomUUID } from 'node:crypto'
import type { PublishBatchCommandInput, PublishCommandInput } from '@aws-sdk/client-sns'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'
import { checkContent, MAX_BYTES, sizeOf } from './publish-input.ts'
import { checkOwn, type Topics } from './topics.ts'
import type { Published } from './types.ts'

const MAX_BATCH = 10

/** Publishing, alone and in batches of at most ten; `accept` has stored what must be delivered when it returns. */
export const createPublishOperations = (
  { store, now }: Parts,
  topics: Topics,
  accept: (published: Published) => void,
): Record<string, Operation> => {
  const topicArnOf = (arn: string | undefined, call: Call): string => {
    if (!arn) throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
    checkOwn(arn, call)
    return topics.find(arn).arn
  }
  const publish = (topicArn: string, content: ReturnType<typeof checkContent>): { MessageId: string } => {
    const id = randomUUID()
    accept({ ...content, id, topicArn, at: now() })
    return { MessageId: id }
  }

  return {
    Publish: (input: PublishCommandInput, call: Call) => {
      if (input.PhoneNumber !== undefined)
        throw invalidParameter('PhoneNumber Reason: this local cloud sends no text messages')
      return publish(topicArnOf(input.TopicArn ?? input.TargetArn, call), checkContent(input))
    },
    PublishBatch: (input: PublishBatchCommandInput, call: Call) => {
      const topicArn = topicArnOf(input.TopicArn, call)
      const entries = checkEntries(input.PublishBatchRequestEntries)
      const Successful: object[] = []
      const Failed: object[] = []
      store.transaction(() => {
        for (const entry of entries) {
          try {
            Successful.push({ Id: entry.Id, ...publish(topicArn, checkContent(entry)) })
          } catch (error) {
            if (!(error instanceof AwsError)) throw error
            Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true })
          }
        }
      })
      return { Successful, Failed }
    },
  }
}

const checkEntries = (entries: PublishBatchCommandInput['PublishBatchRequestEntries'] = []) => {
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'The batch request contains no entries.')
  if (entries.length > MAX_BATCH)
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `The batch request contains more entries than permissible: ${entries.length}, at most ${MAX_BATCH}.`,
    )
  const ids = entries.map(({ Id }) => Id ?? '')
  if (ids.some((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id)))
    throw new AwsError(
      'InvalidBatchEntryId',
      'The Id of a batch entry in a batch request does not abide by the specification.',
    )
  if (new Set(ids).size < ids.length)
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    )
  // attributes are counted again, exactly, entry by entry
  const bytes = entries.reduce(
    (sum, { Message = '' }) => sum + sizeOf({ message: Message, attributes: {} }),
    0,
  )
  if (bytes > MAX_BYTES)
    throw new AwsError(
      'BatchRequestTooLong',
      'The length of all the batch messages put together is more than the limit.',
    )
  return entries
}
