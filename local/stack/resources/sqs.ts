import { type Handler, type Handlers, identityOf, unless } from '../handler.ts'
import { document, tagMap, text, texts } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['QueueDoesNotExist', 'NonExistentQueue']

/** What an attribute goes back to when it leaves the template: SQS API reference, CreateQueue. */
const DEFAULTS: Readonly<Record<string, string>> = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  RedrivePolicy: '',
  RedriveAllowPolicy: '',
}
const PLAIN = [
  ...['VisibilityTimeout', 'DelaySeconds', 'MaximumMessageSize', 'MessageRetentionPeriod'],
  ...['ReceiveMessageWaitTimeSeconds', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'],
  ...['SqsManagedSseEnabled', 'FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope'],
  ...['FifoThroughputLimit'],
]
/** Fixed when a queue is made. */
const AT_CREATION = new Set(['FifoQueue'])

const attributesOf = (properties: JsonObject): Record<string, string> =>
  Object.fromEntries(
    [
      ...PLAIN.map((name) => [name, text(properties, name)] as const),
      ...['RedrivePolicy', 'RedriveAllowPolicy'].map((name) => [name, document(properties, name)] as const),
    ].filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

const queue: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const QueueName = text(properties, 'QueueName') ?? context.generatedName(logicalId, 80)
    const attributes = attributesOf(properties)
    const known = await unless(MISSING, context.call('sqs', 'GetQueueUrl', { QueueName }))
    let QueueUrl: string
    if (known) {
      QueueUrl = known.QueueUrl
      const before = former ? Object.keys(attributesOf(former.properties)) : []
      const reset = before.flatMap((name) => (name in attributes ? [] : [[name, DEFAULTS[name] ?? '']]))
      const Attributes = Object.fromEntries(
        [...Object.entries(attributes), ...reset].filter(([name = '']) => !AT_CREATION.has(name)),
      )
      if (Object.keys(Attributes).length > 0)
        await context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes })
    } else {
      const tags = tagMap(properties)
      const made = await context.call('sqs', 'CreateQueue', {
        QueueName,
        Attributes: attributes,
        ...(tags && { tags }),
      })
      QueueUrl = made.QueueUrl
    }
    return {
      physicalId: QueueUrl,
      attributes: { Arn: context.arn('sqs', QueueName), QueueName, QueueUrl },
    }
  },
  remove: async ({ physicalId }, context) => {
    await unless(MISSING, context.call('sqs', 'DeleteQueue', { QueueUrl: physicalId }))
  },
}

const queuePolicy: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const queues = texts(properties, 'Queues')
    const Policy = document(properties, 'PolicyDocument')
    for (const QueueUrl of queues)
      await context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy } })
    const stays = new Set(queues.map(identityOf))
    const left = former ? texts(former.properties, 'Queues').filter((url) => !stays.has(identityOf(url))) : []
    for (const QueueUrl of left)
      await unless(
        MISSING,
        context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: '' } }),
      )
    return { physicalId: context.generatedName(logicalId, 128), attributes: {} }
  },
  remove: async ({ properties }, context) => {
    for (const QueueUrl of texts(properties, 'Queues'))
      await unless(
        MISSING,
        context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: '' } }),
      )
  },
}

export const sqsHandlers: Handlers = { 'AWS::SQS::Queue': queue, 'AWS::SQS::QueuePolicy': queuePolicy }
