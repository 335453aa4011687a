import * as db from '@aws-sdk/client-dynamodb'
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type KeyWorld, may, openKeyWorld, REGION } from '../kms/world.ts'

let world: KeyWorld
let owner: db.DynamoDBClient
beforeAll(async () => {
  world = await openKeyWorld()
  owner = new db.DynamoDBClient(world.owner)
})
afterAll(() => world.cloud.stop())

let number = 0
const create = async (SSESpecification: db.SSESpecification | undefined, client = owner) => {
  number += 1
  const { TableDescription } = await client.send(
    new db.CreateTableCommand({
      TableName: `table${number}`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
      SSESpecification,
    }),
  )
  await active(`table${number}`)
  return TableDescription!
}
const under = (KMSMasterKeyId: string): db.SSESpecification => ({
  Enabled: true,
  SSEType: 'KMS',
  KMSMasterKeyId,
})
const describeTable = async (TableName: string) =>
  (await owner.send(new db.DescribeTableCommand({ TableName }))).Table!
const active = async (TableName: string) => {
  while ((await describeTable(TableName)).TableStatus !== 'ACTIVE')
    await new Promise((done) => setTimeout(done, 5))
}
const Item = { k: { S: 'a' } }
const get = (TableName: string, client = owner) =>
  client.send(new db.GetItemCommand({ TableName, Key: Item }))
/** every operation on items */
const onItems = (TableName: string, client: db.DynamoDBClient): (() => Promise<unknown>)[] => [
  () => get(TableName, client),
  () => client.send(new db.PutItemCommand({ TableName, Item })),
  () => client.send(new db.UpdateItemCommand({ TableName, Key: Item })),
  () => client.send(new db.DeleteItemCommand({ TableName, Key: Item })),
  () => client.send(new db.ScanCommand({ TableName })),
  () =>
    client.send(
      new db.QueryCommand({
        TableName,
        KeyConditionExpression: 'k = :k',
        ExpressionAttributeValues: { ':k': Item.k },
      }),
    ),
  () => client.send(new db.BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Item] } } })),
  () =>
    client.send(new db.BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item } }] } })),
]
const client = async (name: string, ...statements: object[]) =>
  new db.DynamoDBClient(await world.user(name, may('dynamodb:*'), ...statements))

test('a table says under which key of the account it lies', async () => {
  const key = await world.key()
  const SSEDescription = { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: key }
  const made = await create(under(key.split('/').at(-1)!))
  expect(made.SSEDescription).toEqual(SSEDescription)
  expect((await describeTable(made.TableName!)).SSEDescription).toEqual(SSEDescription)
  expect((await create(undefined)).SSEDescription).toBeUndefined()
  const managed = await create({ Enabled: true })
  const { KeyMetadata } = await world.keys.send(new kms.DescribeKeyCommand({ KeyId: 'alias/aws/dynamodb' }))
  expect(managed.SSEDescription?.KMSMasterKeyArn).toBe(KeyMetadata!.Arn)
  for (const { TableName } of [made, managed]) for (const work of onItems(TableName!, owner)) await work()
})

describe('whoever reads or writes items must be allowed to decrypt', () => {
  const through = { StringEquals: { 'kms:ViaService': `dynamodb.${REGION}.amazonaws.com` } }

  test.each<[string, object[], boolean]>([
    ['nothing', [], false],
    ['encrypting alone', [may(['kms:Encrypt', 'kms:GenerateDataKey*'])], false],
    ['decrypting', [may('kms:Decrypt')], true],
    ['decrypting through DynamoDB', [may('kms:Decrypt', '*', through)], true],
    [
      'decrypting another table',
      [may('kms:Decrypt', '*', { StringEquals: { 'kms:EncryptionContext:aws:dynamodb:tableName': 'none' } })],
      false,
    ],
  ])('with %s', async (name, statements, allowed) => {
    const { TableName } = await create(under(await world.key()))
    const who = await client(`db-${name.replaceAll(' ', '-')}`, ...statements)
    for (const work of onItems(TableName!, who))
      if (allowed) await work()
      else
        await expect(work()).rejects.toMatchObject({
          name: 'AccessDeniedException',
          message: expect.stringMatching(
            /^KMS key access denied error: com\.amazonaws\.services\.kms\.model\.AWSKMSException: The ciphertext refers to .* \(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; /,
          ),
        })
    // about the table itself it need not be asked, nor under keys of AWS's own
    await who.send(new db.DescribeTableCommand({ TableName }))
    for (const plain of [await create(undefined), await create({ Enabled: true })])
      await get(plain.TableName!, who)
  })

  test('and nobody can while the key is disabled, or is going to be deleted', async () => {
    const key = await world.key()
    const { TableName } = await create(under(key))
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: key }))
    await expect(get(TableName!)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(
        /^KMS key disabled error: com\.amazonaws\.services\.kms\.model\.DisabledException: arn:aws:kms:\S+ is disabled\. \(Service/,
      ),
    })
    await world.keys.send(new kms.ScheduleKeyDeletionCommand({ KeyId: key }))
    await expect(get(TableName!)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('KMS validation error: com.amazonaws.services.kms.model.KMSInvalid'),
    })
    await world.keys.send(new kms.CancelKeyDeletionCommand({ KeyId: key }))
    await world.keys.send(new kms.EnableKeyCommand({ KeyId: key }))
    await get(TableName!)
  })
})

describe('whoever chooses a key for a table', () => {
  const ALL = [
    ...['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*'],
    'kms:ReEncrypt*',
  ]
  test.each(ALL)('must be allowed to %s', async (action) => {
    const key = await world.key()
    const rest = ALL.filter((one) => one !== action)
    const who = await client(`db-not-${action.replaceAll(/\W/g, '-')}`, may(rest))
    await expect(create(under(key), who)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(describeTable(`table${number}`)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('and the grant is for AWS alone', async () => {
    const forAws = { Bool: { 'kms:GrantIsForAWSResource': 'true' } }
    const rest = ALL.filter((action) => action !== 'kms:CreateGrant')
    const who = await client('db-chooses', may(rest), may('kms:CreateGrant', '*', forAws))
    await create(under(await world.key()), who)
  })

  test.each<[string, db.SSESpecification, string, string]>([
    [
      'no such key',
      under('alias/none'),
      'ValidationException',
      'KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Alias',
    ],
    [
      'a key id without a kind',
      { Enabled: true, KMSMasterKeyId: 'alias/none' },
      'ValidationException',
      'SSEType KMS is required if KMSMasterKeyId is specified',
    ],
    [
      'a kind that is none',
      { Enabled: true, SSEType: 'AES256' },
      'ValidationException',
      'SSEType AES256 is not supported',
    ],
    [
      'a kind and no encryption',
      { Enabled: false, SSEType: 'KMS' },
      'ValidationException',
      'SSEType can not be specified if Enabled is false',
    ],
    [
      'a key and no encryption',
      { KMSMasterKeyId: 'alias/none' },
      'ValidationException',
      'KMSMasterKeyId can not be specified if Enabled is false',
    ],
    [
      'an empty key id',
      under(''),
      'ValidationException',
      "Value '' at 'sSESpecification.kMSMasterKeyId' failed to satisfy constraint",
    ],
  ])('is told of %s', async (_, specification, name, message) => {
    await expect(create(specification)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    })
  })

  test('is told of one that does not encrypt symmetrically as of a fault of DynamoDB’s', async () => {
    const { KeyMetadata } = await world.keys.send(
      new kms.CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
    )
    await expect(create(under(KeyMetadata!.KeyId!))).rejects.toMatchObject({
      name: 'InternalServerError',
      message: expect.stringMatching(
        /^KMS internal error: .*symmetric encryption KMS key\. \(Service: AWSKMS; .*Error Code: ValidationException; /,
      ),
    })
  })

  test('may choose another one, as long as the former can be used', async () => {
    const [first, second] = [await world.key(), await world.key()]
    const { TableName } = await create(under(first))
    await owner.send(new db.PutItemCommand({ TableName, Item }))
    const update = (SSESpecification: db.SSESpecification) =>
      owner.send(new db.UpdateTableCommand({ TableName, SSESpecification }))
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: first }))
    await expect(update(under(second))).rejects.toMatchObject({ name: 'ValidationException' })
    await world.keys.send(new kms.EnableKeyCommand({ KeyId: first }))
    expect((await update(under(second))).TableDescription?.SSEDescription).toMatchObject({
      Status: 'UPDATING',
      KMSMasterKeyArn: second,
    })
    await active(TableName!)
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: first }))
    expect((await get(TableName!)).Item).toEqual(Item)
    await update({ Enabled: false })
    await active(TableName!)
    expect((await describeTable(TableName!)).SSEDescription).toBeUndefined()
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: second }))
    expect((await get(TableName!)).Item).toEqual(Item)
  })
})
