import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateConnectionCommand,
  DescribeConnectionCommand,
  EventBridgeClient,
  InvalidEventPatternException,
  PutEventsCommand,
  PutRuleCommand,
  ResourceNotFoundException,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createDynamoDb } from '../../../local/dynamodb/dynamodb.ts'
import { createEventBridge } from '../../../local/eventbridge/eventbridge.ts'
import { createGateway } from '../../../local/gateway/gateway.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { openStore } from '../../../local/state/store.ts'
import { testWith } from '../../support/tools.ts'

const ACCOUNT = '111111111111'
const region = 'eu-west-1'
const run = promisify(execFile)

let url: string
let client: EventBridgeClient
let queues: SQSClient
let env: NodeJS.ProcessEnv
let stop: () => Promise<void>

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'events-'))
  const store = openStore(join(folder, 'store.db'))
  const parts = { store, now: Date.now, log: () => {} }
  const iam = createIam({ parts, accounts: [ACCOUNT] })
  const sqs = createSqs({ parts, iam, baseUrl: () => url })
  const events = createEventBridge({
    parts,
    iam,
    wires: { sendMessage: sqs.send, publish: async () => {}, invokeAsync: async () => {} },
  })
  const dynamodb = createDynamoDb({ parts, folder: join(folder, 'dynamodb') })
  const gateway = createGateway({
    parts,
    iam,
    services: [...iam.services, events.service, sqs.service],
    dynamodb,
    git: async () => {},
  })
  url = `http://127.0.0.1:${await gateway.listen(0)}`
  const { credentials } = iam.bootstrapAccount(ACCOUNT, 'admin')
  const { accessKeyId, secretAccessKey } = credentials
  const settings = { region, endpoint: url, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
  client = new EventBridgeClient(settings)
  queues = new SQSClient(settings)
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  }
  stop = async () => {
    client.destroy()
    queues.destroy()
    await gateway.stop()
    await events.stop()
    await sqs.stop()
    await dynamodb.stop()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
afterAll(() => stop())

test('SDK v3 gets typed errors with EventBridge’s words, and answers with dates', async () => {
  const refused = client.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"source": "x"}' }))
  await expect(refused).rejects.toBeInstanceOf(InvalidEventPatternException)
  await expect(refused).rejects.toMatchObject({
    message:
      'Event pattern is not valid. Reason: "source" must be an object or an array\n at [Source: (String)"{"source": "x"}"; line: 1, column: 13]',
    $metadata: { httpStatusCode: 400 },
  })
  await expect(client.send(new DescribeConnectionCommand({ Name: 'c' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  )
  const made = await client.send(
    new CreateConnectionCommand({
      Name: 'c',
      AuthorizationType: 'BASIC',
      AuthParameters: { BasicAuthParameters: { Username: 'u', Password: 'p' } },
    }),
  )
  expect(made).toMatchObject({ ConnectionState: 'AUTHORIZED', CreationTime: expect.any(Date) })
  const Event = JSON.stringify({
    id: '1',
    source: 'aws.ec2',
    account: ACCOUNT,
    time: '2031-05-17T09:04:33Z',
    region,
    'detail-type': 'EC2 Instance State-change Notification',
  })
  const matched = new TestEventPatternCommand({ EventPattern: '{"source":[{"prefix":"aws."}]}', Event })
  expect((await client.send(matched)).Result).toBe(true)
  const put = await client.send(
    new PutEventsCommand({ Entries: [{ Source: 'aws.ec2', DetailType: 'd', Detail: '{}' }] }),
  )
  expect(put).toMatchObject({
    FailedEntryCount: 1,
    Entries: [
      { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' },
    ],
  })
})

testWith('aws')('the AWS CLI’s documented steps: a rule, its target, an event, the message', async () => {
  const aws = async (...args: string[]) => {
    const { stdout } = await run('aws', ['--endpoint-url', url, '--output', 'json', ...args], { env })
    return stdout.trim() === '' ? {} : JSON.parse(stdout)
  }
  const QueueArn = `arn:aws:sqs:${region}:${ACCOUNT}:orders`
  const Statement = [
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: QueueArn,
    },
  ]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  const [{ QueueUrl }] = await Promise.all([
    aws('sqs', 'create-queue', '--queue-name', 'orders', '--attributes', JSON.stringify({ Policy })),
    aws('events', 'put-rule', '--name', 'orders', '--event-pattern', '{"source":["com.mycompany.myapp"]}'),
  ])
  expect(await aws('events', 'put-targets', '--rule', 'orders', '--targets', `Id=1,Arn=${QueueArn}`)).toEqual(
    {
      FailedEntryCount: 0,
      FailedEntries: [],
    },
  )
  const Entries = [
    {
      Source: 'com.mycompany.myapp',
      Detail: '{ "key1": "value1", "key2": "value2" }',
      Resources: ['resource1', 'resource2'],
      DetailType: 'myDetailType',
    },
  ]
  const answer = await aws('events', 'put-events', '--entries', JSON.stringify(Entries))
  expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] })
  const { Messages } = await queues.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }))
  expect(JSON.parse(Messages?.[0]?.Body ?? '')).toMatchObject({
    id: answer.Entries[0].EventId,
    'detail-type': 'myDetailType',
    resources: ['resource1', 'resource2'],
    detail: { key1: 'value1', key2: 'value2' },
  })
  expect(await aws('events', 'list-rules', '--name-prefix', 'ord')).toEqual({
    Rules: [
      {
        Name: 'orders',
        Arn: `arn:aws:events:${region}:${ACCOUNT}:rule/orders`,
        EventPattern: '{"source":["com.mycompany.myapp"]}',
        State: 'ENABLED',
        EventBusName: 'default',
      },
    ],
  })
})
