import { type Context, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, document, needText, objects, text, texts } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['NotFound']

const topicAttributes = (properties: JsonObject): Record<string, string> =>
  Object.fromEntries(
    [
      ...[
        'DisplayName',
        'KmsMasterKeyId',
        'FifoTopic',
        'ContentBasedDeduplication',
        'SignatureVersion',
        'TracingConfig',
      ].map((name) => [name, text(properties, name)] as const),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

/** Makes a subscription, or finds the one of the same protocol and endpoint. */
export const subscribe = async (
  context: Context,
  TopicArn: string,
  Protocol: string,
  Endpoint: string,
): Promise<string> => {
  const answer = await context.call('sns', 'Subscribe', {
    TopicArn,
    Protocol,
    Endpoint,
    ReturnSubscriptionArn: true,
  })
  return answer.SubscriptionArn
}

export const unsubscribe = (context: Context, SubscriptionArn: string) =>
  unless(MISSING, context.call('sns', 'Unsubscribe', { SubscriptionArn }))

const topic: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const Name = text(properties, 'TopicName') ?? context.generatedName(logicalId, 256)
    const attributes = topicAttributes(properties)
    const TopicArn = context.arn('sns', Name)
    if (await unless(MISSING, context.call('sns', 'GetTopicAttributes', { TopicArn }))) {
      const before = former ? Object.keys(topicAttributes(former.properties)) : []
      for (const AttributeName of new Set([...Object.keys(attributes), ...before]))
        if (AttributeName !== 'FifoTopic')
          await context.call('sns', 'SetTopicAttributes', {
            TopicArn,
            AttributeName,
            AttributeValue: attributes[AttributeName] ?? '',
          })
    } else
      await context.call(
        'sns',
        'CreateTopic',
        defined({ Name, Attributes: attributes, Tags: properties.Tags }),
      )
    const wanted = await inlineSubscriptions(context, TopicArn, properties)
    for (const arn of (former?.notes?.subscriptions ?? []) as string[])
      if (!wanted.includes(arn)) await unsubscribe(context, arn)
    return {
      physicalId: TopicArn,
      attributes: { TopicArn, TopicName: Name },
      notes: { subscriptions: wanted },
    }
  },
  remove: async ({ physicalId }, context) => {
    await unless(MISSING, context.call('sns', 'DeleteTopic', { TopicArn: physicalId }))
  },
}

const inlineSubscriptions = async (context: Context, topicArn: string, properties: JsonObject) => {
  const arns: string[] = []
  for (const item of objects(properties, 'Subscription'))
    arns.push(await subscribe(context, topicArn, needText(item, 'Protocol'), needText(item, 'Endpoint')))
  return arns
}

const topicPolicy: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const topics = texts(properties, 'Topics')
    const AttributeValue = document(properties, 'PolicyDocument')
    for (const TopicArn of topics)
      await context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue })
    for (const TopicArn of former ? texts(former.properties, 'Topics') : [])
      if (!topics.includes(TopicArn)) await clearPolicy(context, TopicArn)
    return { physicalId: context.generatedName(logicalId, 128), attributes: {} }
  },
  remove: async ({ properties }, context) => {
    for (const TopicArn of texts(properties, 'Topics')) await clearPolicy(context, TopicArn)
  },
}

/** Back to the policy that a topic has from the beginning: its owner's account may do all (SNS developer guide, "Default policy"). */
const clearPolicy = (context: Context, TopicArn: string) => {
  const policy = {
    Version: '2008-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['SNS:Publish', 'SNS:Subscribe', 'SNS:GetTopicAttributes', 'SNS:SetTopicAttributes'],
        Resource: TopicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': context.place.account } },
      },
    ],
  }
  return unless(
    MISSING,
    context.call('sns', 'SetTopicAttributes', {
      TopicArn,
      AttributeName: 'Policy',
      AttributeValue: JSON.stringify(policy),
    }),
  )
}

/** Attributes of a subscription and what clears them. */
const SUBSCRIPTION_ATTRIBUTES: Readonly<Record<string, string>> = {
  FilterPolicyScope: 'MessageAttributes',
  FilterPolicy: '{}',
  RawMessageDelivery: 'false',
  RedrivePolicy: '{}',
  DeliveryPolicy: '{}',
}

const subscription: Handler = {
  apply: async ({ properties, former }, context) => {
    const arn = await subscribe(
      context,
      needText(properties, 'TopicArn'),
      needText(properties, 'Protocol'),
      needText(properties, 'Endpoint'),
    )
    for (const [AttributeName, cleared] of Object.entries(SUBSCRIPTION_ATTRIBUTES)) {
      const value = attributeText(properties, AttributeName)
      const before = former && attributeText(former.properties, AttributeName)
      if (value !== undefined || before !== undefined)
        await context.call('sns', 'SetSubscriptionAttributes', {
          SubscriptionArn: arn,
          AttributeName,
          AttributeValue: value ?? cleared,
        })
    }
    return { physicalId: arn, attributes: { Arn: arn } }
  },
  remove: async ({ physicalId }, context) => {
    await unsubscribe(context, physicalId)
  },
}

const attributeText = (properties: JsonObject, name: string): string | undefined =>
  typeof properties[name] === 'object' ? document(properties, name) : text(properties, name)

export const snsHandlers: Handlers = {
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': topicPolicy,
  'AWS::SNS::Subscription': subscription,
}
