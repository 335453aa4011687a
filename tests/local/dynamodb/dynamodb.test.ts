import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createDynamoDb } from '../../../local/dynamodb/dynamodb.ts'
import { openStore, type Store } from '../../../local/state/store.ts'

const A = { account: '111111111111', region: 'eu-west-1' }
const NOW = Date.parse('2031-05-17T09:04:33Z')

let folder: string
let store: Store
let logged: string[]
let dynamodb: ReturnType<typeof createDynamoDb>

const open = () =>
  createDynamoDb({
    parts: { store, now: () => NOW, log: (...line) => void logged.push(JSON.stringify(line)) },
    folder: join(folder, 'dynamodb'),
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dynamodb-'))
  store = openStore(join(folder, 'store.db'))
  logged = []
  dynamodb = open()
})
afterEach(async () => {
  await dynamodb.stop()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (operation: string, input: unknown, where = A) => {
  const body = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input))
  const answer = await dynamodb.handle({ ...where, target: `DynamoDB_20120810.${operation}`, body })
  return { status: answer.status, headers: answer.headers, value: JSON.parse(answer.body.toString()) }
}

const table = (name = 'orchard', more: object = {}) => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
  ...more,
})

/** DynamoDB answers CREATING first; callers wait as they do on AWS. */
const active = async (name = 'orchard', where = A) => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { value } = await ask('DescribeTable', { TableName: name }, where)
    if (value.Table?.TableStatus === 'ACTIVE') return value.Table
    await new Promise((done) => setTimeout(done, 5))
  }
  throw new Error(`table ${name} never became active`)
}

test('tables belong to an account and a region, and are named by them', async () => {
  await ask('CreateTable', table())
  expect((await active()).TableArn).toBe('arn:aws:dynamodb:eu-west-1:111111111111:table/orchard')
  for (const where of [
    { ...A, region: 'us-east-1' },
    { ...A, account: '222222222222' },
  ])
    expect((await ask('ListTables', {}, where)).value).toEqual({ TableNames: [] })
})

test('what a stack writes into a table’s definition is taken', async () => {
  const created = await ask(
    'CreateTable',
    table('orchard', {
      SSESpecification: { Enabled: true, SSEType: 'KMS' },
      Tags: [{ Key: 'team', Value: 'orchard' }],
      DeletionProtectionEnabled: false,
      TableClass: 'STANDARD',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  )
  expect(created.status).toBe(200)
  const { TableArn } = await active()
  const { value } = await ask('ListTagsOfResource', { ResourceArn: TableArn })
  expect(value.Tags).toEqual([{ Key: 'team', Value: 'orchard' }])
  expect(await ask('ListTagsOfResource', { ResourceArn: 'orchard' })).toMatchObject({
    status: 400,
    value: { message: 'Invalid TableArn: Invalid ResourceArn provided as input orchard' },
  })
})

test('conditional writes decide', async () => {
  await ask('CreateTable', table())
  await active()
  const put = {
    TableName: 'orchard',
    Item: { k: { S: 'a' } },
    ConditionExpression: 'attribute_not_exists(k)',
  }
  const both = await Promise.all([ask('PutItem', put), ask('PutItem', put)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  const refused = both.find(({ status }) => status === 400)
  expect(refused?.value.__type).toBe('com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException')
})

test('bad requests are answered, and the next one is served', async () => {
  for (const [operation, input, type] of [
    ['GetItem', '{', 'SerializationException'],
    ['GetItem', 'null', 'SerializationException'],
    ['GetItem', '[]', 'SerializationException'],
    ['GetItem', { TableName: 5 }, 'SerializationException'],
    ['GetItem', {}, 'ValidationException'],
    ['GetItem', { TableName: 'none', Key: { k: { S: 'a' } } }, 'ResourceNotFoundException'],
    ['Query', { TableName: 'orchard', KeyConditionExpression: '((' }, 'ValidationException'],
    ['TransactWriteItems', { TransactItems: [] }, 'UnknownOperationException'],
    ['constructor', {}, 'UnknownOperationException'],
  ] as const) {
    const { status, value } = await ask(operation, input)
    expect([operation, status, value.__type]).toEqual([operation, 400, expect.stringContaining(type)])
  }
  expect((await ask('TransactWriteItems', {})).value.message).toContain('dynamodb:TransactWriteItems')
  expect((await ask('ListTables', {})).status).toBe(200)
})

describe('time to live', () => {
  const seconds = Math.floor(NOW / 1000)
  const ttl = (enabled: boolean) => ({
    TableName: 'orchard',
    TimeToLiveSpecification: { Enabled: enabled, AttributeName: 'expiresAt' },
  })

  test('is switched on and off, and told', async () => {
    await ask('CreateTable', table())
    await active()
    const described = async () =>
      (await ask('DescribeTimeToLive', { TableName: 'orchard' })).value.TimeToLiveDescription
    expect(await described()).toEqual({ TimeToLiveStatus: 'DISABLED' })
    expect((await ask('UpdateTimeToLive', ttl(false))).value.message).toBe('TimeToLive is already disabled')
    expect((await ask('UpdateTimeToLive', ttl(true))).value).toEqual({
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    })
    expect(await described()).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' })
    expect((await ask('UpdateTimeToLive', ttl(true))).value.message).toBe('TimeToLive is already enabled')
    await dynamodb.stop()
    dynamodb = open()
    expect(await described()).toMatchObject({ TimeToLiveStatus: 'ENABLED' })
    await ask('DeleteTable', { TableName: 'orchard' })
    expect((await ask('UpdateTimeToLive', { ...ttl(true), TableName: 'none' })).value.__type).toContain(
      'NotFound',
    )
    await expect(dynamodb.sweepExpired()).resolves.toBe(0)
  })

  test('takes what has expired and nothing else', async () => {
    await ask('CreateTable', table())
    await active()
    await ask('UpdateTimeToLive', ttl(true))
    const items: [string, object][] = [
      ['past', { N: String(seconds - 1) }],
      ['now', { N: String(seconds) }],
      ['future', { N: String(seconds + 60) }],
      ['text', { S: String(seconds - 1) }],
      ['ancient', { N: String(seconds - 6 * 365 * 86_400) }],
    ]
    for (const [k, expiresAt] of items)
      await ask('PutItem', { TableName: 'orchard', Item: { k: { S: k }, expiresAt } })
    await ask('PutItem', { TableName: 'orchard', Item: { k: { S: 'without' } } })
    expect(await dynamodb.sweepExpired()).toBe(1)
    const { value } = await ask('Scan', { TableName: 'orchard' })
    expect(value.Items.map((item: { k: { S: string } }) => item.k.S).sort()).toEqual(
      ['ancient', 'future', 'now', 'text', 'without'].sort(),
    )
  })
})

test('continuous backups have a switch', async () => {
  await ask('CreateTable', table())
  await active()
  const status = (value: {
    ContinuousBackupsDescription: { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: string } }
  }) => value.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus
  expect(status((await ask('DescribeContinuousBackups', { TableName: 'orchard' })).value)).toBe('DISABLED')
  const on = { TableName: 'orchard', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }
  expect(status((await ask('UpdateContinuousBackups', on)).value)).toBe('ENABLED')
  expect(status((await ask('DescribeContinuousBackups', { TableName: 'orchard' })).value)).toBe('ENABLED')
})

describe('state', () => {
  test('is there after a stop', async () => {
    await ask('CreateTable', table())
    await active()
    await ask('PutItem', { TableName: 'orchard', Item: { k: { S: 'a' } } })
    await dynamodb.stop()
    expect((await ask('ListTables', {})).status).toBe(500)
    dynamodb = open()
    expect((await ask('GetItem', { TableName: 'orchard', Key: { k: { S: 'a' } } })).value).toEqual({
      Item: { k: { S: 'a' } },
    })
  })

  test('is there after kill -9, and a table half made is usable', async () => {
    const script = join(folder, 'writer.mjs')
    const marks = join(folder, 'marks')
    const from = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href)
    writeFileSync(
      script,
      `
import { appendFileSync } from 'node:fs'
import { createDynamoDb } from ${from('local/dynamodb/dynamodb.ts')}
import { openStore } from ${from('local/state/store.ts')}
const dynamodb = createDynamoDb({ parts: { store: openStore(':memory:'), now: Date.now, log: () => {} }, folder: ${JSON.stringify(join(folder, 'dynamodb'))} })
const ask = (operation, input) => dynamodb.handle({ ...${JSON.stringify(A)}, target: 'x.' + operation, body: Buffer.from(JSON.stringify(input)) })
if ((await ask('CreateTable', ${JSON.stringify(table())})).status !== 200) process.exit(1)
await new Promise((done) => setTimeout(done, 50))
for (let i = 0; i < 100000; i += 1) {
  const { status } = await ask('PutItem', { TableName: 'orchard', Item: { k: { S: String(i) } } })
  if (status === 200) appendFileSync(${JSON.stringify(marks)}, i + '\\n')
}
`,
    )
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      stdio: 'inherit',
    })
    const ended = new Promise((done) => child.once('exit', done))
    const written = () => (existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n') : [])
    while (written().length < 50 && child.exitCode === null) await new Promise((done) => setTimeout(done, 10))
    child.kill('SIGKILL')
    await ended
    const before = written().length
    expect(before).toBeGreaterThanOrEqual(50)
    const { value } = await ask('Scan', { TableName: 'orchard', Select: 'COUNT' })
    expect(value.Count).toBeGreaterThanOrEqual(before)
    await dynamodb.stop()

    // the tick that makes a table ACTIVE is lost when the process goes right after the answer
    const half = createDynamoDb({
      parts: { store, now: () => NOW, log: () => {} },
      folder: join(folder, 'half'),
    })
    const body = Buffer.from(JSON.stringify(table('half')))
    await half.handle({ ...A, target: 'x.CreateTable', body })
    await half.stop()
    dynamodb = createDynamoDb({
      parts: { store, now: () => NOW, log: () => {} },
      folder: join(folder, 'half'),
    })
    const described = await ask('DescribeTable', { TableName: 'half' })
    expect(described.value.Table.TableStatus).toBe('ACTIVE')
  })

  test('that cannot be opened is an error to each request and told to the log, not the end of the cloud', async () => {
    await ask('ListTables', {})
    const second = open()
    const answer = await second.handle({ ...A, target: 'x.ListTables', body: Buffer.from('{}') })
    expect(answer.status).toBe(500)
    expect(logged.at(-1)).toContain('dynamodb')
    await second.stop()
  })

  test('closes only after what is under way has been answered', async () => {
    await ask('CreateTable', table())
    await active()
    const query = {
      TableName: 'orchard',
      KeyConditionExpression: 'k = :k',
      ExpressionAttributeValues: { ':k': { S: 'a' } },
    }
    // dynalite does its work in several ticks: closed after each of them in turn
    for (let ticks = 0; ticks < 12; ticks += 1) {
      await ask('ListTables', {})
      const asked = Array.from({ length: 8 }, () => ask('Query', query))
      for (let tick = 0; tick < ticks; tick += 1) await new Promise((done) => setImmediate(done))
      await dynamodb.stop()
      for (const { status } of await Promise.all(asked)) expect([200, 500]).toContain(status)
      dynamodb = open()
    }
  })
})
