import { afterEach, expect, test } from '@jest/globals'
import { MAX_EVENT_BYTES } from '../../../local/lambda/async.ts'
import { ACCOUNT, bench, QUEUE, REGION, ROLE, until } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = (...args: Parameters<typeof bench>) => {
  const one = bench(...args)
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})

const sender = {
  service: 'codecommit.amazonaws.com',
  sourceArn: `arn:aws:codecommit:${REGION}:${ACCOUNT}:orchard`,
  sourceAccount: ACCOUNT,
}
const allow = (cloud: ReturnType<typeof bench>, name: string) =>
  cloud.run('AddPermission', {
    FunctionName: name,
    StatementId: 's',
    Action: 'lambda:InvokeFunction',
    Principal: 'codecommit.amazonaws.com',
    SourceArn: sender.sourceArn,
    SourceAccount: ACCOUNT,
  })
const FAIL = `export const handler = async (event) => { console.log('try'); throw new Error('no') }`
const tries = (cloud: ReturnType<typeof bench>) => cloud.lines.filter((line) => line === 'try').length

test('is refused without a resource policy, and without a function', async () => {
  const cloud = fresh()
  await cloud.create('work', 'export const handler = async () => {}')
  await expect(cloud.lambda.invokeAsync(cloud.arn('work'), '{}', sender)).rejects.toMatchObject({
    code: 'AccessDeniedException',
  })
  await expect(cloud.lambda.invokeAsync(cloud.arn('none'), '{}', sender)).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  })
})

test('the resource policy is as AWS writes it', async () => {
  const cloud = fresh()
  await cloud.create('work', FAIL)
  await allow(cloud, 'work')
  const { Policy } = await cloud.run('GetPolicy', { FunctionName: 'work' })
  expect(JSON.parse(Policy as unknown as string)).toEqual({
    Version: '2012-10-17',
    Id: 'default',
    Statement: [
      {
        Sid: 's',
        Effect: 'Allow',
        Principal: { Service: 'codecommit.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: cloud.arn('work'),
        Condition: {
          ArnLike: { 'AWS:SourceArn': sender.sourceArn },
          StringEquals: { 'AWS:SourceAccount': ACCOUNT },
        },
      },
    ],
  })
  await expect(allow(cloud, 'work')).rejects.toMatchObject({ code: 'ResourceConflictException' })
  await cloud.run('RemovePermission', { FunctionName: 'work', StatementId: 's' })
  await expect(cloud.run('GetPolicy', { FunctionName: 'work' })).rejects.toMatchObject({ status: 404 })
})

test('is tried three times, then goes to destination and dead-letter queue under the role', async () => {
  const cloud = fresh()
  await cloud.create('work', FAIL, { DeadLetterConfig: { TargetArn: QUEUE } })
  await allow(cloud, 'work')
  await cloud.run('PutFunctionEventInvokeConfig', {
    FunctionName: 'work',
    DestinationConfig: { OnFailure: { Destination: `${QUEUE}-failed` } },
  })
  await cloud.lambda.invokeAsync(cloud.arn('work'), '{"a":1}', sender)
  await until(() => cloud.sent.length === 2)
  expect(tries(cloud)).toBe(3)
  const [destination, dead] = cloud.sent
  expect(destination).toMatchObject({ queueArn: `${QUEUE}-failed`, sender: { roleArn: ROLE } })
  expect(JSON.parse(destination!.message.body)).toMatchObject({
    version: '1.0',
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { a: 1 },
    responseContext: { functionError: 'Unhandled' },
    responsePayload: { errorMessage: 'no' },
  })
  expect(dead).toMatchObject({ queueArn: QUEUE, message: { body: '{"a":1}' } })
  expect(dead!.message.attributes?.ErrorCode).toEqual({ DataType: 'Number', StringValue: '200' })
  expect(cloud.store.collection('lambda.async').entries()).toEqual([])
})

test('MaximumRetryAttempts 0 means one try', async () => {
  const cloud = fresh()
  await cloud.create('work', FAIL, { DeadLetterConfig: { TargetArn: QUEUE } })
  await allow(cloud, 'work')
  await cloud.run('PutFunctionEventInvokeConfig', { FunctionName: 'work', MaximumRetryAttempts: 0 })
  await cloud.lambda.invokeAsync(cloud.arn('work'), '{}', sender)
  await until(() => cloud.sent.length === 1)
  expect(tries(cloud)).toBe(1)
})

test('a throttled event waits and uses up no try', async () => {
  const cloud = fresh()
  await cloud.create('work', `export const handler = async () => { console.log('ran') }`)
  await allow(cloud, 'work')
  await cloud.run('PutFunctionConcurrency', { FunctionName: 'work', ReservedConcurrentExecutions: 0 })
  await cloud.lambda.invokeAsync(cloud.arn('work'), '{}', sender)
  await until(() =>
    cloud.said.some((line) => line.includes('TooManyRequests') || line.includes('Rate Exceeded')),
  )
  await cloud.run('DeleteFunctionConcurrency', { FunctionName: 'work' })
  await until(() => cloud.lines.includes('ran'))
})

test('is in the store before it is accepted, and runs after a restart', async () => {
  const { openStore } = await import('../../../local/state/store.ts')
  const { mkdtempSync, rmSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const folder = mkdtempSync(join(tmpdir(), 'lambda-'))
  const first = bench({ store: openStore(join(folder, 'state.db')), folder })
  await first.create(
    'work',
    `export const handler = async () => { console.log('ran'); await new Promise((r) => setTimeout(r, 60000)) }`,
    {
      Timeout: 100,
    },
  )
  await allow(first, 'work')
  await first.lambda.invokeAsync(first.arn('work'), '{}', sender)
  expect(first.store.collection('lambda.async').entries()).toHaveLength(1)
  await until(() => first.lines.includes('ran'))
  await first.end()

  const second = bench({ store: openStore(join(folder, 'state.db')), folder })
  second.lambda.start()
  await until(() => second.lines.includes('ran'))
  await second.end()
  rmSync(folder, { recursive: true, force: true })
})

test('takes a payload of one megabyte and no more', async () => {
  const cloud = fresh()
  await cloud.create('work', 'export const handler = async () => {}')
  await allow(cloud, 'work')
  const payload = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  await cloud.lambda.invokeAsync(cloud.arn('work'), payload(MAX_EVENT_BYTES), sender)
  await expect(
    cloud.lambda.invokeAsync(cloud.arn('work'), payload(MAX_EVENT_BYTES + 1), sender),
  ).rejects.toMatchObject({
    code: 'RequestEntityTooLargeException',
    status: 413,
    message: '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
  })
})

const settingsRefused: [settings: object, code: string, message: string | RegExp][] = [
  [{ MaximumRetryAttempts: 3 }, 'ValidationException', /'maximumRetryAttempts'.* less than or equal to 2$/],
  [{ MaximumEventAgeInSeconds: 59 }, 'ValidationException', /greater than or equal to 60$/],
  [{ MaximumEventAgeInSeconds: 21_601 }, 'ValidationException', /less than or equal to 21600$/],
  [
    { DestinationConfig: { OnFailure: { Destination: 'arn:aws:ec2:::bucket' } } },
    'InvalidParameterValueException',
    'The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=arn:aws:ec2:::bucket)) is invalid.',
  ],
  [
    { DestinationConfig: { OnFailure: { Destination: 'arn:aws:_-/!lambda:x' } } },
    'ValidationException',
    /'destinationConfig\.onFailure\.destination'/,
  ],
  [
    {
      DestinationConfig: {
        OnSuccess: { Destination: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:none` },
      },
    },
    'InvalidParameterValueException',
    `The destination ARN arn:aws:lambda:${REGION}:${ACCOUNT}:function:none is invalid.`,
  ],
  [
    {
      DestinationConfig: {
        OnSuccess: { Destination: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:work` },
      },
    },
    'InvalidParameterValueException',
    "You can't specify the function as a destination for itself.",
  ],
  [
    {},
    'InvalidParameterValueException',
    'You must specify at least one of error handling or destination setting.',
  ],
  [
    { FunctionName: 'none', MaximumRetryAttempts: 1 },
    'ResourceNotFoundException',
    "The function doesn't exist.",
  ],
]
test.each(settingsRefused)('refuses the settings %j', async (settings, code, message) => {
  const cloud = fresh()
  await cloud.create('work', FAIL)
  await expect(
    cloud.run('PutFunctionEventInvokeConfig', { FunctionName: 'work', ...settings }),
  ).rejects.toMatchObject({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })
})

test('settings are put, changed one by one, listed by qualifier, and taken away', async () => {
  const cloud = fresh()
  await cloud.create('work', FAIL)
  const FunctionName = 'work'
  const put = await cloud.run('PutFunctionEventInvokeConfig', { FunctionName, MaximumRetryAttempts: 1 })
  expect(put).toEqual({
    FunctionArn: `${cloud.arn('work')}:$LATEST`,
    LastModified: expect.any(Date),
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnSuccess: {}, OnFailure: {} },
  })
  const changed = await cloud.run('UpdateFunctionEventInvokeConfig', {
    FunctionName,
    MaximumEventAgeInSeconds: 60,
  })
  expect(changed).toMatchObject({ MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 })
  await cloud.run('PublishVersion', { FunctionName })
  await cloud.run('CreateAlias', { FunctionName, Name: 'live', FunctionVersion: '1' })
  await cloud.run('PutFunctionEventInvokeConfig', {
    FunctionName,
    Qualifier: 'live',
    MaximumRetryAttempts: 0,
  })
  const { FunctionEventInvokeConfigs: list } = await cloud.run('ListFunctionEventInvokeConfigs', {
    FunctionName,
  })
  expect(
    (list as unknown as { FunctionArn: string }[]).map(({ FunctionArn }) => FunctionArn.split(':').at(-1)),
  ).toEqual(['$LATEST', 'live'])
  await cloud.run('DeleteFunctionEventInvokeConfig', { FunctionName, Qualifier: 'live' })
  await expect(
    cloud.run('GetFunctionEventInvokeConfig', { FunctionName, Qualifier: 'live' }),
  ).rejects.toMatchObject({
    message: `The function ${cloud.arn('work')}:live doesn't have an EventInvokeConfig`,
  })
})

test('success and failure go to queue, topic, function or bus, each with its record', async () => {
  const cloud = fresh()
  await cloud.create(
    'work',
    `export const handler = async ({ bad }) => { if (bad) throw new Error('no'); return { fine: true } }`,
  )
  await cloud.create(
    'next',
    `export const handler = async (event) => console.log('got ' + event.requestContext.condition)`,
  )
  await allow(cloud, 'work')
  await cloud.run('AddPermission', {
    FunctionName: 'next',
    StatementId: 's',
    Action: 'lambda:InvokeFunction',
    Principal: 'lambda.amazonaws.com',
  })
  const settle = async (OnSuccess: string, OnFailure: string, event: object) => {
    await cloud.run('PutFunctionEventInvokeConfig', {
      FunctionName: 'work',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: OnSuccess }, OnFailure: { Destination: OnFailure } },
    })
    await cloud.lambda.invokeAsync(cloud.arn('work'), JSON.stringify(event), sender)
  }
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:told`
  const bus = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/own`
  await settle(QUEUE, topic, {})
  await until(() => cloud.sent.length === 1)
  expect(JSON.parse(cloud.sent[0]!.message.body)).toEqual({
    version: '1.0',
    timestamp: expect.stringMatching(/Z$/),
    requestContext: {
      requestId: expect.any(String),
      functionArn: `${cloud.arn('work')}:$LATEST`,
      condition: 'Success',
      approximateInvokeCount: 1,
    },
    requestPayload: {},
    responseContext: { statusCode: 200, executedVersion: '$LATEST' },
    responsePayload: { fine: true },
  })
  await settle(QUEUE, topic, { bad: true })
  await until(() => cloud.sent.length === 2)
  expect(cloud.sent[1]).toMatchObject({ queueArn: topic, sender: { roleArn: ROLE } })
  await settle(cloud.arn('next'), bus, {})
  await until(() => cloud.lines.includes('got Success'))
  await settle(cloud.arn('next'), bus, { bad: true })
  await until(() => cloud.emitted.length === 1)
  expect(cloud.emitted[0]).toMatchObject({
    bus,
    envelope: {
      source: 'lambda',
      'detail-type': 'Lambda Function Invocation Result - Failure',
      resources: [bus, `${cloud.arn('work')}:$LATEST`],
      detail: {
        requestContext: { condition: 'RetriesExhausted' },
        responseContext: { functionError: 'Unhandled' },
      },
    },
  })
  cloud.identity.denied.add('events:PutEvents')
  await settle(cloud.arn('next'), bus, { bad: true })
  await until(() =>
    cloud.said.some((line) => line.includes('could not be handed on') && line.includes('events:PutEvents')),
  )
  expect(cloud.emitted).toHaveLength(1)
})

test('an event that is too old is not tried again', async () => {
  const cloud = fresh({ retryDelayFactor: 1.1 })
  await cloud.create('work', FAIL)
  await allow(cloud, 'work')
  await cloud.run('PutFunctionEventInvokeConfig', {
    FunctionName: 'work',
    MaximumEventAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: QUEUE } },
  })
  await cloud.lambda.invokeAsync(cloud.arn('work'), '{}', sender)
  await until(() => cloud.sent.length === 1)
  expect(JSON.parse(cloud.sent[0]!.message.body)).toMatchObject({
    requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 1 },
  })
})
