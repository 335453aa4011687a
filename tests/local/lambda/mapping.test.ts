import { afterEach, describe, expect, test } from '@jest/globals'
import type { QueueReader } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import { openStore } from '../../../local/state/store.ts'
import { bench, isGone, QUEUE, until } from './bench.ts'

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

// fails the messages whose body says so, and throws for the body `throw`
const SOURCE = `export const handler = async ({ Records }) => {
  console.log('batch ' + Records.map(({ body }) => body).join(','))
  if (Records.some(({ body }) => body === 'throw')) throw new Error('whole batch')
  return { batchItemFailures: Records.filter(({ body, attributes }) => body === 'bad' || (body === 'once' && attributes.ApproximateReceiveCount === '1')).map(({ messageId }) => ({ itemIdentifier: messageId })) }
}`

const map = (cloud: ReturnType<typeof bench>, more: object = {}) =>
  cloud.run('CreateEventSourceMapping', {
    FunctionName: 'work',
    EventSourceArn: QUEUE,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...more,
  })

describe('a queue that a function reads', () => {
  test('successes are deleted; failures stay invisible, as on AWS', async () => {
    const cloud = fresh()
    await cloud.create('work', SOURCE)
    await map(cloud)
    for (const body of ['good', 'bad', 'fine']) cloud.queue.put(body)
    cloud.lambda.start()
    await until(() => cloud.queue.deleted.length === 2)
    expect(cloud.queue.deleted).toEqual(['m1', 'm3'])
    await until(() => cloud.lambda.counts(cloud.arn('work')).invocations === 1)
    expect([...cloud.queue.inFlight.keys()]).toEqual(['m2#1'])
    expect(cloud.queue.waiting).toEqual([])
  })

  test('with retryVisibilitySeconds failures come back soon', async () => {
    const cloud = fresh({ retryVisibilitySeconds: 0.05 })
    await cloud.create('work', SOURCE)
    await map(cloud)
    cloud.queue.put('once')
    cloud.lambda.start()
    await until(() => cloud.queue.deleted.length === 1)
    expect(cloud.lines.filter((line) => line === 'batch once')).toHaveLength(2)
    expect(cloud.store.collection('lambda.held').entries()).toEqual([])
  })

  test('an error fails the whole batch', async () => {
    const cloud = fresh()
    await cloud.create('work', SOURCE)
    await map(cloud)
    for (const body of ['good', 'throw']) cloud.queue.put(body)
    cloud.lambda.start()
    await until(() => cloud.lambda.counts(cloud.arn('work')).errors === 1)
    expect(cloud.queue.deleted).toEqual([])
    expect(cloud.queue.inFlight.size).toBe(2)
  })

  test('a window gathers what comes before it ends', async () => {
    const cloud = fresh()
    await cloud.create('work', SOURCE)
    await map(cloud, { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 })
    cloud.lambda.start()
    for (let index = 0; index < 15; index += 1) cloud.queue.put(`n${index}`)
    await until(() => cloud.queue.deleted.length === 15)
    expect(cloud.lambda.counts(cloud.arn('work')).invocations).toBe(1)
  })

  test('reads only what the role may read', async () => {
    const cloud = fresh()
    await cloud.create('work', SOURCE)
    cloud.identity.denied.add('sqs:DeleteMessage')
    await expect(map(cloud)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: 'The function execution role does not have permissions to call DeleteMessage on SQS',
    })
    cloud.identity.denied.clear()
    await map(cloud)
    cloud.identity.denied.add('sqs:ReceiveMessage')
    cloud.queue.put('good')
    cloud.lambda.start()
    await until(() => cloud.said.some((line) => line.startsWith('PROBLEM')))
    expect(cloud.queue.waiting).toHaveLength(1)
    cloud.identity.denied.clear()
    await until(() => cloud.queue.deleted.length === 1)
  })

  test('is left alone while disabled, and read again once enabled', async () => {
    const cloud = fresh()
    await cloud.create('work', SOURCE)
    const { UUID } = await map(cloud, { Enabled: false })
    cloud.lambda.start()
    cloud.queue.put('good')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(cloud.queue.waiting).toHaveLength(1)
    await cloud.run('UpdateEventSourceMapping', { UUID, Enabled: true })
    await until(() => cloud.queue.deleted.length === 1)
    await cloud.run('DeleteEventSourceMapping', { UUID })
    cloud.queue.put('good')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(cloud.queue.waiting).toHaveLength(1)
  })

  test('batches run side by side, at most as many as the mapping allows', async () => {
    const cloud = fresh()
    await cloud.create(
      'work',
      `export const handler = async () => { console.log('begin'); await new Promise((r) => setTimeout(r, 300)); console.log('end') }`,
    )
    await map(cloud, { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } })
    for (let index = 0; index < 4; index += 1) cloud.queue.put('x')
    cloud.lambda.start()
    await until(() => cloud.queue.deleted.length === 4)
    let open = 0
    const most = Math.max(
      ...cloud.lines
        .filter((line) => /^(begin|end)$/.test(line))
        .map((line) => (open += line === 'begin' ? 1 : -1)),
    )
    expect(most).toBe(2)
  })

  test('stopping in the middle gives messages back and leaves no process', async () => {
    const cloud = bench({ retryVisibilitySeconds: 60 })
    await cloud.create(
      'work',
      `export const handler = async () => { console.log('pid ' + process.pid); await new Promise((r) => setTimeout(r, 60000)) }`,
      { Timeout: 100 },
    )
    await map(cloud)
    cloud.queue.put('x')
    cloud.lambda.start()
    await until(() => cloud.lines.some((line) => line.startsWith('pid ')))
    const pid = Number(cloud.lines.find((line) => line.startsWith('pid '))?.slice(4))
    await cloud.end()
    expect(await isGone(pid)).toBe(true)
    expect(cloud.queue.waiting).toHaveLength(1)
  })

  test('what a killed cloud had taken out is given back at the next start', async () => {
    const store = openStore(':memory:')
    const cloud = fresh({ store, retryVisibilitySeconds: 60 })
    cloud.queue.put('x')
    const [message] = await cloud.queue.reader.receive(QUEUE, 10, 0)
    store.collection('lambda.held').put('k', { queueArn: QUEUE, receiptHandles: [message!.receiptHandle] })
    cloud.lambda.start()
    expect(cloud.queue.waiting).toHaveLength(1)
  })
})

const invalid = 'InvalidParameterValueException'
const violated = 'ValidationException'
test.each([
  ['batch of 0', { BatchSize: 0 }, violated, /'batchSize' failed .* greater than or equal to 1$/],
  ['batch of 11 without window', { BatchSize: 11 }, invalid, /^Maximum batch window in seconds must be/],
  [
    'batch of 10,001',
    { BatchSize: 10_001, MaximumBatchingWindowInSeconds: 1 },
    violated,
    /less than or equal to 10000$/,
  ],
  ['window of 301', { MaximumBatchingWindowInSeconds: 301 }, violated, /less than or equal to 300$/],
  ['concurrency of 1', { ScalingConfig: { MaximumConcurrency: 1 } }, violated, /greater than or equal to 2$/],
  [
    'a filter that is none',
    { FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } },
    invalid,
    /^Invalid filter pattern definition\.$/,
  ],
  [
    'six filters',
    { FilterCriteria: { Filters: Array.from({ length: 6 }, () => ({ Pattern: '{"body":["x"]}' })) } },
    invalid,
    /limit of 5/,
  ],
  [
    'a stream',
    { EventSourceArn: 'arn:aws:kinesis:eu-west-1:111111111111:stream/x' },
    invalid,
    /^Unrecognized event source, must be sqs/,
  ],
  [
    'a starting position',
    { StartingPosition: 'LATEST' },
    invalid,
    /^StartingPosition is not valid for SQS event sources\.$/,
  ],
  [
    'a destination',
    { DestinationConfig: { OnFailure: { Destination: QUEUE } } },
    invalid,
    /^Unsupported DestinationConfig parameter for given event source mapping type\.$/,
  ],
  ['no source', { EventSourceArn: undefined }, invalid, /^Unrecognized event source\.$/],
  ['no such function', { FunctionName: 'other' }, invalid, /^Function does not exist$/],
  [
    'a window on a FIFO queue',
    { EventSourceArn: `${QUEUE}.fifo`, MaximumBatchingWindowInSeconds: 1 },
    invalid,
    /FIFO/,
  ],
])('refuses a mapping with %s', async (_what, more, code, message) => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  await expect(map(cloud, more)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

test('refuses a queue that shows a message again while the function may still work on it, and one that is not there', async () => {
  const visible = { seconds: 30 }
  const cloud = fresh({
    queues: {
      ...({} as QueueReader),
      visibilitySeconds: () => {
        if (visible.seconds === 0) throw new AwsError('QueueDoesNotExist', 'no')
        return visible.seconds
      },
    },
  })
  await cloud.create('work', SOURCE, { Timeout: 60 })
  await expect(map(cloud)).rejects.toMatchObject({
    code: invalid,
    message: 'Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds',
  })
  visible.seconds = 0
  await expect(map(cloud)).rejects.toMatchObject({
    code: invalid,
    message: expect.stringContaining('AWS.SimpleQueueService.NonExistentQueue'),
  })
})

test('tells what is under way in the answer of each change, and what is afterwards', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  const { UUID, State, ...created } = await map(cloud, { Tags: { a: '1' } })
  expect(State).toBe('Creating')
  expect(created).toEqual({
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    EventSourceArn: QUEUE,
    EventSourceMappingArn: `arn:aws:lambda:eu-west-1:111111111111:event-source-mapping:${UUID}`,
    FunctionArn: cloud.arn('work'),
    LastModified: expect.any(Date),
    StateTransitionReason: 'USER_INITIATED',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  })
  const state = async () => (await cloud.run('GetEventSourceMapping', { UUID })).State
  const update = async (more: object) =>
    (await cloud.run('UpdateEventSourceMapping', { UUID, ...more })).State
  expect(await state()).toBe('Enabled')
  expect(await update({ Enabled: false })).toBe('Disabling')
  expect(await state()).toBe('Disabled')
  expect(await update({ BatchSize: 5 })).toBe('Updating')
  expect(await update({ Enabled: true })).toBe('Enabling')
  expect(await cloud.run('ListTags', { Resource: created.EventSourceMappingArn })).toEqual({
    Tags: { a: '1' },
  })
  expect(
    (await cloud.run('ListEventSourceMappings', { FunctionName: 'work' })).EventSourceMappings,
  ).toHaveLength(1)
  expect((await cloud.run('DeleteEventSourceMapping', { UUID })).State).toBe('Deleting')
  await expect(state()).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The resource you requested does not exist.',
  })
})

test('what no filter lets through leaves the queue unseen', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  await map(cloud, { FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["push"]}}' }] } })
  for (const body of ['{"kind":"push"}', '{"kind":"pull"}', 'text']) cloud.queue.put(body)
  cloud.lambda.start()
  await until(() => cloud.queue.deleted.length === 3)
  await until(() => cloud.lines.some((line) => line.startsWith('REPORT')))
  expect(cloud.lines.filter((line) => line.startsWith('batch'))).toEqual(['batch {"kind":"push"}'])
})

test('an alias as target: the version behind it gets the messages', async () => {
  const cloud = fresh()
  await cloud.create(
    'work',
    'export const handler = async (e, c) => console.log(c.functionVersion, c.invokedFunctionArn)',
  )
  await cloud.run('PublishVersion', { FunctionName: 'work' })
  await cloud.run('CreateAlias', { FunctionName: 'work', Name: 'live', FunctionVersion: '1' })
  await map(cloud, { FunctionName: `${cloud.arn('work')}:live` })
  cloud.queue.put('x')
  cloud.lambda.start()
  await until(() => cloud.lines.includes(`1 ${cloud.arn('work')}:live`))
})

test('refuses the same mapping twice', async () => {
  const cloud = fresh()
  await cloud.create('work', SOURCE)
  const { UUID } = await map(cloud)
  await expect(map(cloud)).rejects.toMatchObject({
    code: 'ResourceConflictException',
    message: `An event source mapping with SQS arn (" ${QUEUE} ") and function (" work ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
  })
})
