import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Cloud, startCloud } from '../../local/cloud.ts'

let cloud: Cloud
beforeAll(async () => {
  cloud = await startCloud()
})
afterAll(() => cloud.stop())

test('with the fault diskFull writes fail, reads go on, and afterwards so does everything', async () => {
  const credentials = cloud.access[0]?.credentials
  if (!credentials) throw new Error('a cloud without an administrator')
  const to = { endpoint: cloud.url, region: 'us-east-1', credentials, maxAttempts: 1 }
  const [sqs, logs, tables] = [new SQSClient(to), new CloudWatchLogsClient(to), new DynamoDBClient(to)]
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
  const stream = { logGroupName: 'g', logStreamName: 's' }
  await logs.send(new CreateLogGroupCommand(stream))
  await logs.send(new CreateLogStreamCommand(stream))
  await tables.send(
    new CreateTableCommand({
      TableName: 'orchard',
      AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  const writes = (text: string) => [
    () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: text })),
    () =>
      logs.send(
        new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: Date.now(), message: text }] }),
      ),
    () => tables.send(new PutItemCommand({ TableName: 'orchard', Item: { k: { S: text } } })),
  ]
  const there = async () => [
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))).Messages?.map(
      ({ Body }) => Body,
    ) ?? [],
    (await logs.send(new GetLogEventsCommand(stream))).events?.map(({ message }) => message),
    (await tables.send(new ScanCommand({ TableName: 'orchard' }))).Items?.map(({ k }) => k?.S),
  ]

  cloud.faults.plan({ rules: [{ diskFull: true }] })
  for (const write of writes('lost'))
    await expect(write()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } })
  expect(await there()).toEqual([[], [], []])
  cloud.faults.plan({ rules: [] })
  for (const write of writes('kept')) await write()
  expect(await there()).toEqual([['kept'], ['kept'], ['kept']])

  const file = join(cloud.folder, 'cloud.log')
  const log = () => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  while (!log().includes('ENOSPC')) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('a cloud is left and begun anew while its disk is full', async () => {
  cloud.faults.plan({ rules: [{ diskFull: true }] })
  await cloud.reset()
  cloud.faults.plan({ rules: [] })
  expect(cloud.access).toHaveLength(2)
})
