import type {
  AddPermissionCommandInput,
  CreateTopicCommandInput,
  ListTagsForResourceCommandInput,
  RemovePermissionCommandInput,
  SetTopicAttributesCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-sns'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { accountOf, checkTopicArn } from './arn.ts'
import { invalidParameter, notServed, resourceNotFound } from './errors.ts'
import { page } from './page.ts'
import { addPermission, removePermission } from './policy.ts'
import { checkTags, tagsOf } from './tags.ts'
import { checkAttribute, describeAttributes, newAttributes } from './topic-attributes.ts'
import type { Topics } from './topics.ts'
import type { Topic } from './types.ts'

const NAME = /^[A-Za-z0-9_-]{1,256}$/
const FIFO_NAME = /^[A-Za-z0-9_-]{1,251}\.fifo$/

interface OfTopic {
  readonly TopicArn?: string
}

/** Operations on topics. */
export const createTopicOperations = (topics: Topics): Record<string, Operation> => {
  const find = (arn: string | undefined, call: Call): Topic =>
    topics.find(checkTopicArn('TopicArn', arn, call))
  const setAttribute = (topic: Topic, name: string, value: string) => {
    const { [name]: _, ...rest } = topic.attributes
    topics.save({ ...topic, attributes: value === '' ? rest : { ...rest, [name]: value } })
  }

  return {
    CreateTopic: (input: CreateTopicCommandInput, call: Call) => {
      const attributes = input.Attributes ?? {}
      const fifo = attributes.FifoTopic === 'true'
      const name = checkName(input.Name ?? '', fifo)
      if (input.DataProtectionPolicy !== undefined) throw notServed('DataProtectionPolicy')
      const arn = `arn:aws:sns:${call.region}:${call.account}:${name}`
      const wanted = newAttributes(attributes, fifo)
      const tags = checkTags(input.Tags)
      const known = topics.get(arn)
      if (known) checkSame(known, wanted, tags)
      else topics.save({ arn, name, account: call.account, region: call.region, attributes: wanted, tags })
      return { TopicArn: arn }
    },
    DeleteTopic: (input: OfTopic, call: Call) => {
      // deleting what is not there is no error
      topics.delete(checkTopicArn('TopicArn', input.TopicArn, call))
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
      return { Attributes: describeAttributes(topic, topics.subscriptionsOf(topic.arn)) }
    },
    SetTopicAttributes: (input: SetTopicAttributesCommandInput, call: Call) => {
      const topic = find(input.TopicArn, call)
      const { AttributeName: name = '', AttributeValue: value = '' } = input
      checkAttribute(name, value, topic.attributes.FifoTopic === 'true')
      setAttribute(topic, name, value)
      return {}
    },
    AddPermission: (input: AddPermissionCommandInput, call: Call) => {
      const topic = find(input.TopicArn, call)
      setAttribute(topic, 'Policy', addPermission(topic, input))
      return {}
    },
    RemovePermission: (input: RemovePermissionCommandInput, call: Call) => {
      const topic = find(input.TopicArn, call)
      setAttribute(topic, 'Policy', removePermission(topic, input.Label))
      return {}
    },
  }
}

/** Operations on the tags of topics. */
export const createTagOperations = (topics: Topics): Record<string, Operation> => {
  const find = (arn: string | undefined, call: Call): Topic => {
    const topic = topics.get(checkTopicArn('ResourceArn', arn, call))
    if (!topic) throw resourceNotFound()
    if (accountOf(topic.arn) !== call.account)
      throw new AwsError(
        'AuthorizationError',
        `User: ${call.caller.arn} is not authorized to perform: SNS:${call.operation} on resource: ${topic.arn}`,
        403,
      )
    return topic
  }
  return {
    TagResource: (input: TagResourceCommandInput, call: Call) => {
      const topic = find(input.ResourceArn, call)
      topics.save({ ...topic, tags: checkTags(input.Tags, topic.tags) })
      return {}
    },
    UntagResource: (input: UntagResourceCommandInput, call: Call) => {
      const topic = find(input.ResourceArn, call)
      const kept = Object.entries(topic.tags).filter(([key]) => !input.TagKeys?.includes(key))
      topics.save({ ...topic, tags: Object.fromEntries(kept) })
      return {}
    },
    ListTagsForResource: (input: ListTagsForResourceCommandInput, call: Call) => ({
      Tags: tagsOf(find(input.ResourceArn, call).tags),
    }),
  }
}

const checkName = (name: string, fifo: boolean): string => {
  if (fifo && !FIFO_NAME.test(name))
    throw new AwsError(
      'InvalidParameter',
      'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    )
  if (!fifo && !NAME.test(name)) throw invalidParameter('Topic Name')
  return name
}

/** Attributes and tags that are given must be those that the topic has; what is not given does not matter. */
const checkSame = (
  known: Topic,
  attributes: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
): void => {
  const described = describeAttributes(known, [])
  const held = (name: string) => known.attributes[name] ?? described[name] ?? ''
  if (Object.entries(attributes).some(([name, value]) => value !== held(name)))
    throw invalidParameter('Attributes Reason: Topic already exists with different attributes')
  if (Object.entries(tags).some(([key, value]) => known.tags[key] !== value))
    throw invalidParameter('Tags Reason: Topic already exists with different tags')
}
