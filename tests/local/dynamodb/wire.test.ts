import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, startWorld, type World } from '../gateway/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const config = (credentials = world.admin) => ({
  region: 'eu-west-1',
  endpoint: world.url,
  credentials,
  maxAttempts: 1,
})

test('through the gateway: signed, authorized by table and index, answered', async () => {
  const admin = new DynamoDBClient(config())
  await admin.send(
    new CreateTableCommand({
      TableName: 'relay',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'k', AttributeType: 'S' },
        { AttributeName: 's', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-s',
          KeySchema: [{ AttributeName: 's', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  await waitUntilTableExists(
    { client: admin, maxWaitTime: 5, minDelay: 1, maxDelay: 1 },
    { TableName: 'relay' },
  )
  await admin.send(
    new UpdateTimeToLiveCommand({
      TableName: 'relay',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    }),
  )
  const Item = { k: { S: 'a' }, s: { S: 'x' }, bytes: { B: new Uint8Array([0, 255]) } }
  await admin.send(new PutItemCommand({ TableName: 'relay', Item }))

  const iam = new IAMClient(config())
  await iam.send(new CreateUserCommand({ UserName: 'reader' }))
  const policy = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:BatchGetItem'],
      Resource: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/relay`,
    },
  }
  await iam.send(
    new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'p', PolicyDocument: JSON.stringify(policy) }),
  )
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'reader' }))
  const reader = new DynamoDBClient(
    config({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }),
  )
  const Key = { k: { S: 'a' } }
  expect((await reader.send(new GetItemCommand({ TableName: 'relay', Key }))).Item).toEqual(Item)
  const denied = (resource: string) => ({
    name: 'AccessDeniedException',
    message: expect.stringContaining(`on resource: arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${resource}`),
  })
  await expect(reader.send(new PutItemCommand({ TableName: 'relay', Item }))).rejects.toMatchObject(
    denied('relay'),
  )
  await expect(reader.send(new GetItemCommand({ TableName: 'other', Key }))).rejects.toMatchObject(
    denied('other'),
  )
  const both = { relay: { Keys: [Key] }, other: { Keys: [Key] } }
  await expect(reader.send(new BatchGetItemCommand({ RequestItems: both }))).rejects.toMatchObject(
    denied('other'),
  )
  const query = { TableName: 'relay', IndexName: 'by-s', KeyConditionExpression: 's = :s' }
  const values = { ExpressionAttributeValues: { ':s': { S: 'x' } } }
  await expect(reader.send(new QueryCommand({ ...query, ...values }))).rejects.toMatchObject(
    denied('relay/index/by-s'),
  )
  expect((await admin.send(new QueryCommand({ ...query, ...values }))).Count).toBe(1)
})

test('typed errors, and transactions refused by name', async () => {
  const client = new DynamoDBClient(config())
  await expect(
    client.send(new GetItemCommand({ TableName: 'nowhere', Key: { k: { S: 'a' } } })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(
    client.send(new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: 't', Key: {} } }] })),
  ).rejects.toMatchObject({ name: 'UnknownOperationException' })
})
