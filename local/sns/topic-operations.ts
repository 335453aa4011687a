import type {
  CreateTopicCommandInput,
  ListTagsForResourceCommandInput,
  SetTopicAttributesCommandInput,
  Tag,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-sns'
import type { Call, Operation } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'
import { page } from './page.ts'
import { defaultPolicy } from './policy.ts'
import { checkOwn, type Topics } from './topics.ts'
import type { Topic } from './types.ts'

const NAME = /^[A-Za-z0-9_-]{1,256}$/
/** SNS API Reference, SetTopicAttributes. Kept and shown; only Policy has an effect here. */
const SETTABLE =
  /^(DisplayName|Policy|DeliveryPolicy|KmsMasterKeyId|SignatureVersion|TracingConfig|ArchivePolicy|(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)Feedback(RoleArn|SampleRate))$/

interface OfTopic {
  readonly TopicArn?: string
}

/** Operations on topics and their tags. */
export const createTopicOperations = (topics: Topics): Record<string, Operation> => {
  const find = (arn: string | undefined, call: Call): Topic => {
    if (!arn) throw invalidParameter('TopicArn')
    checkOwn(arn, call)
    return topics.find(arn)
  }

  return {
    CreateTopic: (input: CreateTopicCommandInput, call: Call) => {
      const name = checkName(input)
      const arn = `arn:aws:sns:${call.region}:${call.account}:${name}`
      const attributes = input.Attributes ?? {}
      for (const [key, value] of Object.entries(attributes)) checkAttribute(key, value)
      const known = topics.get(arn)
      if (known) {
        const differs = Object.entries(attributes).some(
          ([key, value]) => value !== (known.attributes[key] ?? ''),
        )
        if (differs)
          throw invalidParameter('Attributes Reason: Topic already exists with different attributes')
        const tags = Object.entries(tagsOf(input.Tags))
        if (tags.some(([key, value]) => known.tags[key] !== value))
          throw invalidParameter('Tags Reason: Topic already exists with different tags')
      } else
        topics.save({
          arn,
          name,
          account: call.account,
          region: call.region,
          attributes,
          tags: tagsOf(input.Tags),
        })
      return { TopicArn: arn }
    },
    DeleteTopic: (input: OfTopic, call: Call) => {
      if (!input.TopicArn) throw invalidParameter('TopicArn')
      checkOwn(input.TopicArn, call)
      // deleting what is not there is no error
      topics.delete(input.TopicArn)
      return {}
    },
    ListTopics: (input: { NextToken?: string }, call: Call) =>
      page(
        topics.inPlace(call).map(({ arn }) => arn),
        input.NextToken,
        (arn) => arn,
        (part) => ({ Topics: part.map((arn) => ({ TopicArn: arn })) }),
      ),
    GetTopicAttributes: (input: OfTopic, call: Call) => {
      const topic = find(input.TopicArn, call)
      return {
        Attributes: {
          DisplayName: '',
          Policy: defaultPolicy(topic),
          ...topic.attributes,
          TopicArn: topic.arn,
          Owner: topic.account,
          SubscriptionsConfirmed: String(topics.subscriptionsOf(topic.arn).length),
          SubscriptionsPending: '0',
          SubscriptionsDeleted: '0',
        },
      }
    },
    SetTopicAttributes: (input: SetTopicAttributesCommandInput, call: Call) => {
      const topic = find(input.TopicArn, call)
      const { AttributeName: name = '', AttributeValue: value = '' } = input
      checkAttribute(name, value)
      const entries = Object.entries({ ...topic.attributes, [name]: value })
      topics.save({ ...topic, attributes: Object.fromEntries(entries.filter(([, text]) => text !== '')) })
      return {}
    },
    TagResource: (input: TagResourceCommandInput, call: Call) => {
      const topic = find(input.ResourceArn, call)
      topics.save({ ...topic, tags: { ...topic.tags, ...tagsOf(input.Tags) } })
      return {}
    },
    UntagResource: (input: UntagResourceCommandInput, call: Call) => {
      const topic = find(input.ResourceArn, call)
      const kept = Object.entries(topic.tags).filter(([key]) => !input.TagKeys?.includes(key))
      topics.save({ ...topic, tags: Object.fromEntries(kept) })
      return {}
    },
    ListTagsForResource: (input: ListTagsForResourceCommandInput, call: Call) => ({
      Tags: Object.entries(find(input.ResourceArn, call).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  }
}

const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))

const checkName = (input: CreateTopicCommandInput): string => {
  const name = input.Name ?? ''
  if (name.endsWith('.fifo') || input.Attributes?.FifoTopic === 'true')
    throw invalidParameter('FIFO topics are not served by this local cloud yet')
  if (!NAME.test(name)) throw invalidParameter('Topic Name')
  return name
}

const checkAttribute = (name: string, value: string): void => {
  if (!SETTABLE.test(name)) throw invalidParameter('AttributeName')
  if (name !== 'Policy' || value === '') return
  try {
    JSON.parse(value)
  } catch {
    throw invalidParameter('Policy failed to parse JSON string')
  }
}
