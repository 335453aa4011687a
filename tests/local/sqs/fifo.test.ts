import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Sqs } from '../../../local/contracts.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, caller, clock, type Folder, REGION, simpleIam, storeFolder } from './fixture.ts'

const QueueUrl = `http://x/${ACCOUNT}/q.fifo`
const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`

let folder: Folder
let sqs: Sqs
let time: ReturnType<typeof clock>
let call: ReturnType<typeof caller>

const open = () => {
  sqs = createSqs({
    parts: folder.open(time.now),
    iam: simpleIam,
    baseUrl: () => 'http://x',
    maxInFlight: 20,
  })
  call = caller(sqs.service)
}
const create = (Attributes: object = {}) =>
  call('CreateQueue', {
    QueueName: 'q.fifo',
    Attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true', ...Attributes },
  })

beforeEach(async () => {
  folder = storeFolder()
  time = clock()
  open()
  await create()
})

afterEach(async () => {
  await sqs.stop()
  folder.remove()
})

/** `g1-m2`: message m2 of group g1. */
const send = async (...bodies: string[]) => {
  for (const MessageBody of bodies)
    await call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: MessageBody.split('-')[0] })
}
interface Got {
  readonly Body: string
  readonly ReceiptHandle: string
  readonly MessageId: string
  readonly Attributes: Record<string, string>
}
const receive = async (max = 10, more: object = {}): Promise<Got[]> =>
  (await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: max, AttributeNames: ['All'], ...more }))
    .Messages ?? []
const bodies = async (max?: number, more?: object) => (await receive(max, more)).map(({ Body }) => Body)
const remove = ({ ReceiptHandle }: Got) => call('DeleteMessage', { QueueUrl, ReceiptHandle })
const hide = ({ ReceiptHandle }: Got, VisibilityTimeout: number) =>
  call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout })

describe('groups (cases as validated against AWS)', () => {
  test('a call takes one group as far as it goes, then the next', async () => {
    await send('g1-m1', 'g2-m1', 'g1-m2', 'g1-m3')
    expect(await bodies()).toEqual(['g1-m1', 'g1-m2', 'g1-m3', 'g2-m1'])
  })

  test('a group with messages in flight gives no more, until their time is over', async () => {
    await send('g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1', 'g3-m1')
    expect(await bodies(2)).toEqual(['g1-m1', 'g1-m2'])
    expect(await bodies(1)).toEqual(['g2-m1'])
    time.pass(30_000)
    expect(await bodies(10)).toEqual(['g3-m1', 'g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1'])
  })

  test('received with a timeout of zero, groups go to the end of the line', async () => {
    await send('g1-m1', 'g2-m1', 'g2-m2', 'g3-m1', 'g1-m2')
    expect(await bodies(3, { VisibilityTimeout: 0 })).toEqual(['g1-m1', 'g1-m2', 'g2-m1'])
    time.pass(1)
    expect(await bodies(10)).toEqual(['g3-m1', 'g1-m1', 'g1-m2', 'g2-m1', 'g2-m2'])
  })

  test.each([0, 1])(
    'a message that returns after %i s opens its group, but for what is in flight',
    async (seconds) => {
      await send('g1-m1', 'g1-m2', 'g1-m3', 'g2-m1')
      const [first] = await receive(2)
      await hide(first!, seconds)
      time.pass(seconds * 1_000)
      expect(await bodies()).toEqual(['g2-m1', 'g1-m1'])
    },
  )

  test('a group opens once all that was in flight is deleted, not before', async () => {
    await send('g1-m1', 'g1-m2', 'g1-m3')
    const [first, second] = await receive(2)
    await remove(first!)
    expect(await bodies()).toEqual([])
    const waiting = bodies(10, { WaitTimeSeconds: 20 })
    await remove(second!)
    expect(await waiting).toEqual(['g1-m3'])
  })

  test('order survives a restart', async () => {
    await send('g1-m1', 'g1-m2', 'g2-m1')
    const [first] = await receive(1)
    open()
    await send('g1-m3')
    expect(await bodies()).toEqual(['g1-m1', 'g1-m2', 'g1-m3', 'g2-m1'])
    await expect(remove(first!)).resolves.toEqual({})
  })
})

describe('repetitions', () => {
  test('the same content within five minutes is one message, deleted or not, over a restart', async () => {
    const sent = () => call('SendMessage', { QueueUrl, MessageBody: 'x', MessageGroupId: 'g' })
    const first = await sent()
    expect(first.SequenceNumber).toMatch(/^\d{20}$/)
    expect(await sent()).toEqual(first)
    // the group does not matter
    expect(await call('SendMessage', { QueueUrl, MessageBody: 'x', MessageGroupId: 'h' })).toEqual(first)
    const [got] = await receive()
    expect(got!.Attributes).toMatchObject({ MessageGroupId: 'g', SequenceNumber: first.SequenceNumber })
    await remove(got!)
    open()
    expect(await sent()).toEqual(first)
    expect(await bodies()).toEqual([])
    time.pass(300_000)
    expect((await sent()).MessageId).not.toBe(first.MessageId)
    expect(await bodies()).toEqual(['x'])
  })

  test('an id of the sender counts rather than the content; its scope may be the group', async () => {
    await call('SetQueueAttributes', {
      QueueUrl,
      Attributes: { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' },
    })
    for (const [MessageGroupId, MessageBody] of [
      ['g', 'one'],
      ['g', 'two'],
      ['h', 'three'],
    ])
      await call('SendMessage', { QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId: 'd' })
    expect(await bodies()).toEqual(['one', 'three'])
  })

  test('within one batch too', async () => {
    const entry = (Id: string) => ({ Id, MessageBody: 'x', MessageGroupId: 'g' })
    const { Successful } = await call('SendMessageBatch', { QueueUrl, Entries: [entry('a'), entry('b')] })
    expect(Successful[0].SequenceNumber).toBe(Successful[1].SequenceNumber)
    expect(await bodies()).toEqual(['x'])
  })
})

test('a handle whose time is over neither deletes nor hides', async () => {
  await send('g-m')
  const [got] = await receive()
  time.pass(30_000)
  const value = `Value ${got!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason:`
  await expect(remove(got!)).rejects.toMatchObject({ message: `${value} The receipt handle has expired.` })
  await expect(hide(got!, 5)).rejects.toMatchObject({ message: expect.stringContaining('not available') })
})

test('a receipt is repeated under its attempt id while nothing has happened to the messages', async () => {
  await send('g1-m1', 'g1-m2')
  const attempt = { ReceiveRequestAttemptId: 'a' }
  const first = await receive(1, attempt)
  time.pass(29_000)
  expect(await receive(1, attempt)).toEqual(first)
  time.pass(29_000)
  expect(await receive(1, { ReceiveRequestAttemptId: 'b' })).toEqual([])
  await remove(first[0]!)
  expect((await receive(1, attempt)).map(({ Body }) => Body)).toEqual(['g1-m2'])
})

test('the queue’s delay holds for all messages, and for those already delayed when it changes', async () => {
  await call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '60' } })
  await send('g-m1', 'g-m2')
  expect(await bodies()).toEqual([])
  await call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '5' } })
  time.pass(5_000)
  expect(await bodies()).toEqual(['g-m1', 'g-m2'])
})

test('too many in flight: a FIFO queue says nothing, a standard one OverLimit', async () => {
  await send(...Array.from({ length: 21 }, (_, n) => `g${n}-m`))
  expect([await bodies(), await bodies(), await bodies()].map((each) => each.length)).toEqual([10, 10, 0])
  await call('CreateQueue', { QueueName: 'plain' })
  const plain = { QueueUrl: `http://x/${ACCOUNT}/plain`, MaxNumberOfMessages: 10 }
  for (let n = 0; n < 21; n += 1)
    await call('SendMessage', { ...plain, MessageBody: 'x', MessageGroupId: 'fair' })
  await call('ReceiveMessage', plain)
  const { Messages } = await call('ReceiveMessage', { ...plain, AttributeNames: ['MessageGroupId'] })
  expect(Messages[0].Attributes).toEqual({ MessageGroupId: 'fair' })
  await expect(call('ReceiveMessage', plain)).rejects.toMatchObject({ code: 'OverLimit' })
})

test('a dead letter leaves its group free, keeps group and count, and is new in age', async () => {
  await call('CreateQueue', { QueueName: 'dead.fifo', Attributes: { FifoQueue: 'true' } })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead.fifo'), maxReceiveCount: '1' })
  await call('SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy } })
  await send('g-m1', 'g-m2')
  expect(await bodies(1)).toEqual(['g-m1'])
  time.pass(30_000)
  expect(await bodies(1)).toEqual(['g-m2'])
  const dead = await receive(1, { QueueUrl: `http://x/${ACCOUNT}/dead.fifo` })
  expect(dead[0]).toMatchObject({
    Body: 'g-m1',
    Attributes: {
      ApproximateReceiveCount: '2',
      MessageGroupId: 'g',
      DeadLetterQueueSourceArn: arn('q.fifo'),
      SentTimestamp: String(time.now()),
    },
  })
})
