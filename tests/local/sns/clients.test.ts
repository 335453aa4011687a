import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AddPermissionCommand as AddTopicPermission,
  CreateTopicCommand,
  InvalidParameterException,
  InvalidParameterValueException,
  NotFoundException,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns'
import {
  AddPermissionCommand as AddQueuePermission,
  CreateQueueCommand,
  DeleteMessageCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Cloud, startCloud } from '../../../local/cloud.ts'
import { testWith } from '../../support/tools.ts'

const run = promisify(execFile)

let cloud: Cloud
let folder: string
let sqs: SQSClient
let sns: SNSClient
let account: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'messaging-'))
  cloud = await startCloud({ folder: join(folder, 'state'), port: 0 })
  const { credentials, account: first } = cloud.access[0]!
  account = first
  const access = { endpoint: cloud.url, region: 'us-east-1', credentials, maxAttempts: 1 }
  sqs = new SQSClient(access)
  sns = new SNSClient(access)
})

afterAll(async () => {
  sqs.destroy()
  sns.destroy()
  await cloud.stop()
  rmSync(folder, { recursive: true, force: true })
})

const openTo = (QueueName: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: `arn:aws:sqs:us-east-1:${account}:${QueueName}`,
    },
  })

test('SDK v3: a FIFO topic into a FIFO queue, digests checked by the client, order kept', async () => {
  const Attributes = { FifoQueue: 'true', Policy: openTo('q.fifo') }
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q.fifo', Attributes }))
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({
      Name: 't.fifo',
      Attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
    }),
  )
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:us-east-1:${account}:q.fifo`,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  )
  const sent = ['a', 'b', 'c']
  const { Successful } = await sns.send(
    new PublishBatchCommand({
      TopicArn,
      PublishBatchRequestEntries: sent.map((Message) => ({
        Id: Message,
        Message,
        MessageGroupId: 'g',
        MessageAttributes: { n: { DataType: 'Binary', BinaryValue: Uint8Array.of(1) } },
      })),
    }),
  )
  expect(Successful?.map(({ SequenceNumber }) => SequenceNumber)).toHaveLength(3)
  const got: string[] = []
  while (got.length < 3) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    )
    for (const { Body, ReceiptHandle, Attributes: system, MessageAttributes } of Messages) {
      got.push(Body!)
      expect([system?.MessageGroupId, MessageAttributes?.n?.BinaryValue]).toEqual(['g', Uint8Array.of(1)])
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
  expect(got).toEqual(sent)
})

test('SDK v3: errors have their types', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'plain' }))
  await expect(
    sqs.send(new CreateQueueCommand({ QueueName: 'plain', Attributes: { DelaySeconds: '3' } })),
  ).rejects.toBeInstanceOf(QueueNameExists)
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'x' })),
  ).rejects.toBeInstanceOf(QueueDoesNotExist)
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 901 })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValue', $metadata: { httpStatusCode: 400 } })
  await expect(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toMatchObject({
    name: 'EmptyBatchRequest',
  })
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  await expect(sqs.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
    name: 'PurgeQueueInProgress',
    $metadata: { httpStatusCode: 403 },
  })
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'plain' }))
  const publish = (more: object) => sns.send(new PublishCommand({ TopicArn, Message: 'x', ...more }))
  await expect(publish({ TopicArn: `${TopicArn}x` })).rejects.toBeInstanceOf(NotFoundException)
  await expect(publish({ Subject: '' })).rejects.toBeInstanceOf(InvalidParameterException)
  const MessageAttributes = { a: { DataType: 'String', StringValue: '' } }
  await expect(publish({ MessageAttributes })).rejects.toBeInstanceOf(InvalidParameterValueException)
})

test('another account gets in where a policy lets it, and an explicit deny keeps the owner out', async () => {
  const { credentials, account: other } = cloud.access[1]!
  const access = { endpoint: cloud.url, region: 'us-east-1', credentials, maxAttempts: 1 }
  const [theirQueues, theirTopics] = [new SQSClient(access), new SNSClient(access)]
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'shared' }))
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'shared' }))
  const message = new SendMessageCommand({ QueueUrl, MessageBody: 'x' })
  const notice = new PublishCommand({ TopicArn, Message: 'x' })
  await expect(theirQueues.send(message)).rejects.toMatchObject({
    message: expect.stringContaining('no resource-based policy allows'),
  })
  await expect(theirTopics.send(notice)).rejects.toMatchObject({ name: 'AuthorizationErrorException' })
  await sqs.send(
    new AddQueuePermission({ QueueUrl, Label: 'l', AWSAccountIds: [other], Actions: ['SendMessage'] }),
  )
  await sns.send(
    new AddTopicPermission({ TopicArn, Label: 'l', AWSAccountId: [other], ActionName: ['Publish'] }),
  )
  await theirQueues.send(message)
  await theirTopics.send(notice)
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' },
  })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  await expect(sqs.send(message)).rejects.toMatchObject({
    message: expect.stringContaining('explicit deny'),
  })
  theirQueues.destroy()
  theirTopics.destroy()
})

testWith('aws')('AWS CLI: topics, queues and what passes between them', async () => {
  const { credentials } = cloud.access[0]!
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
  }
  const aws = async (...args: string[]) => {
    const { stdout } = await run('aws', [...args, '--endpoint-url', cloud.url], { env })
    return stdout === '' ? {} : JSON.parse(stdout)
  }
  const attributes = JSON.stringify({ Policy: openTo('MyQueue'), MessageRetentionPeriod: '259200' })
  const [{ QueueUrl }, { TopicArn }] = await Promise.all([
    aws('sqs', 'create-queue', '--queue-name', 'MyQueue', '--attributes', attributes),
    aws('sns', 'create-topic', '--name', 'my-topic', '--tags', 'Key=team,Value=harvest'),
  ])
  expect([QueueUrl, TopicArn]).toEqual([
    `${cloud.url}/${account}/MyQueue`,
    `arn:aws:sns:us-east-1:${account}:my-topic`,
  ])
  const endpoint = `arn:aws:sqs:us-east-1:${account}:MyQueue`
  const filter = JSON.stringify({ FilterPolicy: '{"kind":["push"]}', RawMessageDelivery: 'true' })
  await aws(
    ...[
      'sns',
      'subscribe',
      '--topic-arn',
      TopicArn,
      '--protocol',
      'sqs',
      '--notification-endpoint',
      endpoint,
    ],
    ...['--attributes', filter],
  )
  const kind = '{"kind":{"DataType":"String","StringValue":"push"}}'
  const refused = aws('sns', 'subscribe', '--topic-arn', TopicArn, '--protocol', 'pigeon')
  await Promise.all([
    aws('sns', 'publish', '--topic-arn', TopicArn, '--message', 'hello', '--message-attributes', kind),
    expect(refused).rejects.toMatchObject({
      stderr: expect.stringContaining(
        'An error occurred (InvalidParameter) when calling the Subscribe operation: Invalid parameter: Amazon SNS does not support this protocol string: pigeon',
      ),
    }),
  ])
  const { Messages } = await aws(
    ...['sqs', 'receive-message', '--queue-url', QueueUrl, '--attribute-names', 'All'],
    ...['--message-attribute-names', 'All', '--max-number-of-messages', '10', '--wait-time-seconds', '20'],
  )
  expect(Messages).toMatchObject([
    { Body: 'hello', MessageAttributes: { kind: { StringValue: 'push', DataType: 'String' } } },
  ])
})
