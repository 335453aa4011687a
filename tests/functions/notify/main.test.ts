import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Context } from 'aws-lambda'
import { build } from 'esbuild'
import { parseConfig } from '../../../shared/config/parse.ts'

// The bundle as it is deployed, against dynalite and a server that records what SNS is asked to publish.

// dynalite has no types
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

const TOPIC = 'arn:aws:sns:us-east-1:111111111111:codecommit-relay-test-team'
const before = { ...process.env }
const folder = mkdtempSync(join(tmpdir(), 'relay-notify-'))
const published: URLSearchParams[] = []
const database = dynalite({ createTableMs: 0 })
let gateway: Server
let handler: (event: unknown, context: Context) => Promise<unknown>
let modules: string[]

const listen = (server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
}) =>
  new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )

beforeAll(async () => {
  const databasePort = await listen(database)
  gateway = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      published.push(new URLSearchParams(Buffer.concat(chunks).toString()))
      response.setHeader('content-type', 'text/xml')
      response.end(
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
      )
    })
  })
  const gatewayPort = await listen(gateway)
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${databasePort}`,
    AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${gatewayPort}`,
    AWS_LAMBDA_FUNCTION_NAME: 'codecommit-relay-test-notify',
    RELAY_TABLE: 'relay',
    RELAY_TOPICS: JSON.stringify({ team: TOPIC }),
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  })
  const client = new DynamoDBClient({})
  await client.send(
    new CreateTableCommand({
      TableName: 'relay',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  client.destroy()
  const bundle = await build({
    entryPoints: [new URL('../../../functions/notify/main.ts', import.meta.url).pathname],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'silent',
  })
  modules = Object.keys(bundle.metafile.inputs)
  const config = parseConfig(
    "version: 1\nreplicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]\n",
  )
  writeFileSync(join(folder, 'relay.json'), JSON.stringify(config))
  ;({ handler } = (await import(pathToFileURL(join(folder, 'index.mjs')).href)) as {
    handler: typeof handler
  })
})

afterAll(async () => {
  process.env = before
  gateway.closeAllConnections()
  await new Promise((resolve) => gateway.close(resolve))
  await new Promise<void>((resolve) => database.close(() => resolve()))
  rmSync(folder, { recursive: true })
})

const run = (...bodies: unknown[]) =>
  handler(
    {
      Records: bodies.map((body, index) => ({
        messageId: `m${index}`,
        body: JSON.stringify(body),
        attributes: { ApproximateReceiveCount: '1' },
      })),
    },
    { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 } as Context,
  )

const tip = 'a7f719bf74e49f78da1a4edfed258b184a7054ff'
const arn = 'arn:aws:codecommit:us-east-1:111111111111:orders'
const nina = 'arn:aws:sts::111111111111:assumed-role/Builder/nina'

const byEventBridge = {
  version: '0',
  id: '8af024eb-e0b1-535c-b860-72cecbc0de26',
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: '111111111111',
  time: '2031-05-17T09:04:33Z',
  region: 'us-east-1',
  resources: [arn],
  detail: {
    event: 'referenceUpdated',
    repositoryName: 'orders',
    repositoryId: '841a0251-8d8b-539f-8548-5db82fc51725',
    callerUserArn: nina,
    referenceType: 'branch',
    referenceName: 'main',
    referenceFullName: 'refs/heads/main',
    commitId: tip,
    oldCommitId: '7f3c1de09a1f4b2c8d5e6f708192a3b4c5d6e7f8',
  },
}

const byTrigger = {
  Records: [
    {
      awsRegion: 'us-east-1',
      codecommit: { references: [{ commit: tip, ref: 'refs/heads/main' }] },
      eventId: '6d2f4c1a-0c55-4f7b-9d0e-5b1d8a9f0c33',
      eventName: 'ReferenceChanges',
      eventPartNumber: 1,
      eventSource: 'aws:codecommit',
      eventSourceARN: arn,
      eventTime: '2031-05-17T09:04:33.912+0000',
      eventTotalParts: 1,
      eventTriggerName: 'relay',
      eventVersion: '1.0',
      userIdentityARN: nina,
    },
  ],
}

test('one push, told by EventBridge twice and by a trigger, is one notice', async () => {
  expect(await run(byEventBridge)).toEqual({ batchItemFailures: [] })
  expect(await run(byTrigger, byEventBridge)).toEqual({ batchItemFailures: [] })
  expect(published.map((call) => [call.get('TopicArn'), call.get('Subject')])).toEqual([
    [TOPIC, 'orders: nina pushed to main (7f3c1de..a7f719b)'],
  ])
})

test('a message that is none of ours goes back, and on to the dead-letter queue', async () => {
  expect(await run({ source: 'aws.s3' })).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
})

test('the bundle carries neither the ECS client nor the YAML reader', () => {
  expect(modules.filter((path) => /client-ecs|client-sqs|node_modules\/yaml/.test(path))).toEqual([])
})
