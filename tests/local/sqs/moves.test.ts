import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Sqs } from '../../../local/contracts.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, caller, clock, type Folder, REGION, simpleIam, storeFolder, until } from './fixture.ts'

const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const url = (name: string) => `http://x/${ACCOUNT}/${name}`
const SourceArn = arn('dead')

let folder: Folder
let sqs: Sqs
let call: ReturnType<typeof caller>
const time = clock()

const open = () => {
  sqs = createSqs({ parts: folder.open(time.now), iam: simpleIam, baseUrl: () => 'http://x' })
  call = caller(sqs.service)
}

beforeEach(async () => {
  folder = storeFolder()
  open()
  for (const QueueName of ['dead', 'elsewhere']) await call('CreateQueue', { QueueName })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 })
  for (const QueueName of ['one', 'two'])
    await call('CreateQueue', { QueueName, Attributes: { RedrivePolicy } })
})

afterEach(async () => {
  await sqs.stop()
  folder.remove()
})

const fill = async (name: string, count: number) => {
  for (let n = 0; n < count; n += 1)
    await call('SendMessage', { QueueUrl: url(name), MessageBody: `${name}${n}` })
}
const bodies = async (name: string) => (await sqs.receive(arn(name), 1_000, 0)).map(({ body }) => body)
const kill = async (name: string, count: number) => {
  await fill(name, count)
  await bodies(name)
  time.pass(30_000)
  expect(await bodies(name)).toEqual([])
}
const list = async (MaxResults = 1) => (await call('ListMessageMoveTasks', { SourceArn, MaxResults })).Results
const start = (more: object = {}) => call('StartMessageMoveTask', { SourceArn, ...more })

test('without a destination each goes back to the queue that it came from', async () => {
  await kill('one', 3)
  await kill('two', 2)
  await start()
  expect(await list()).toEqual([
    {
      ApproximateNumberOfMessagesMoved: 5,
      ApproximateNumberOfMessagesToMove: 5,
      SourceArn,
      StartedTimestamp: time.now(),
      Status: 'COMPLETED',
    },
  ])
  expect([await bodies('one'), await bodies('two')]).toEqual([
    ['one0', 'one1', 'one2'],
    ['two0', 'two1'],
  ])
})

test('at a rate it takes its time, one task at once, and can be cancelled', async () => {
  await fill('dead', 10)
  const DestinationArn = arn('elsewhere')
  const { TaskHandle } = await start({ DestinationArn, MaxNumberOfMessagesPerSecond: 1 })
  expect(await list()).toEqual([
    {
      ApproximateNumberOfMessagesMoved: 0,
      ApproximateNumberOfMessagesToMove: 10,
      DestinationArn,
      MaxNumberOfMessagesPerSecond: 1,
      SourceArn,
      StartedTimestamp: time.now(),
      Status: 'RUNNING',
      TaskHandle,
    },
  ])
  await expect(start()).rejects.toMatchObject({
    message:
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
  })
  expect(await call('CancelMessageMoveTask', { TaskHandle })).toEqual({ ApproximateNumberOfMessagesMoved: 0 })
  const [cancelled] = await list()
  expect([cancelled.Status, cancelled.TaskHandle]).toEqual(['CANCELLED', undefined])
  await expect(call('CancelMessageMoveTask', { TaskHandle })).rejects.toMatchObject({
    message: 'Only an active task can be cancelled.',
  })
  expect(await bodies('dead')).toHaveLength(10)
})

test('goes on after a restart until all is moved', async () => {
  await fill('dead', 40)
  await start({ DestinationArn: arn('elsewhere'), MaxNumberOfMessagesPerSecond: 200 })
  await until(async () => (await list())[0].ApproximateNumberOfMessagesMoved > 0)
  await sqs.stop()
  open()
  await until(async () => (await list())[0].Status === 'COMPLETED')
  expect(await bodies('elsewhere')).toHaveLength(40)
})

test('fails when its destination goes away, and when a message has no source', async () => {
  await fill('dead', 10)
  await start({ DestinationArn: arn('elsewhere'), MaxNumberOfMessagesPerSecond: 20 })
  await call('DeleteQueue', { QueueUrl: url('elsewhere') })
  await until(async () => (await list())[0].Status === 'FAILED')
  expect((await list())[0].FailureReason).toBe('AWS.SimpleQueueService.NonExistentQueue')
  time.pass(1)
  await start()
  expect((await list())[0]).toMatchObject({
    Status: 'FAILED',
    FailureReason: 'CouldNotDetermineMessageSource',
  })
  expect(await list(10)).toHaveLength(2)
  expect(await bodies('dead')).toHaveLength(10)
})

test.each([
  [
    { taskId: 'x', sourceArn: 'arn:aws:sqs:eu-west-1:111111111111:no' },
    "The resource that you specified for the SourceArn parameter doesn't exist.",
  ],
  [{ taskId: 'x', sourceArn: SourceArn }, 'Task does not exist.'],
])('a handle of %j names nothing', async (content, message) => {
  const TaskHandle = Buffer.from(JSON.stringify(content)).toString('base64')
  await expect(call('CancelMessageMoveTask', { TaskHandle })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    status: 404,
    message,
  })
})
