import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT, ALLOW, REGION, until } from '../sqs/fixture.ts'
import { openWorld, type World } from './world.ts'

const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:t.fifo`
const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`

let world: World

beforeEach(async () => {
  world = await openWorld()
  for (const name of ['q', 'dead']) {
    const Attributes = { Policy: ALLOW, FifoQueue: 'true' }
    await world.queues('CreateQueue', { QueueName: `${name}.fifo`, Attributes })
  }
  await world.queues('CreateQueue', { QueueName: 'plain', Attributes: { Policy: ALLOW } })
  await world.topics('CreateTopic', {
    Name: 't.fifo',
    Attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
  })
})

afterEach(() => world.stop())

const subscribe = (name: string, Attributes: object = {}) =>
  world.topics('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: queueArn(name), Attributes })
const publish = (Message: string, more: object = {}) =>
  world.topics('Publish', { TopicArn, Message, MessageGroupId: 'g', ...more })
const waiting = async () => {
  const AttributeNames = ['ApproximateNumberOfMessages']
  const input = { QueueUrl: `${world.baseUrl}/${ACCOUNT}/q.fifo`, AttributeNames }
  return (await world.queues('GetQueueAttributes', input)).Attributes.ApproximateNumberOfMessages
}
const receive = (name = 'q.fifo', max = 10) => world.sqs.receive(queueArn(name), max, 10_000)

test('a FIFO queue gets what the topic numbers, under the message’s own deduplication id', async () => {
  const { SubscriptionArn } = await subscribe('q.fifo')
  const { MessageId, SequenceNumber } = await publish('Test', { Subject: 'News' })
  expect(SequenceNumber).toMatch(/^1\d{19}$/)
  const [message] = await receive()
  expect(message!.attributes).toMatchObject({
    MessageGroupId: 'g',
    MessageDeduplicationId: createHash('sha256').update('Test').digest('hex'),
    SequenceNumber: expect.stringMatching(/^\d{20}$/),
  })
  const body = JSON.parse(message!.body)
  // recorded: numbered, not signed
  expect(body).toEqual({
    Type: 'Notification',
    MessageId,
    SequenceNumber,
    TopicArn,
    Subject: 'News',
    Message: 'Test',
    Timestamp: expect.any(String),
    UnsubscribeURL: expect.stringContaining(SubscriptionArn),
  })
  expect(Object.keys(body).slice(0, 4)).toEqual(['Type', 'MessageId', 'SequenceNumber', 'TopicArn'])
})

test('a standard queue gets it too, without group', async () => {
  await subscribe('plain')
  await publish('Test')
  const [message] = await receive('plain')
  expect(message!.attributes).not.toHaveProperty('MessageGroupId')
  expect(JSON.parse(message!.body)).toHaveProperty('SequenceNumber')
})

test('a repetition within five minutes is accepted and goes nowhere, over a restart too', async () => {
  await subscribe('q.fifo')
  const first = await publish('same')
  expect(await publish('same')).toEqual(first)
  await world.restart()
  expect(await publish('same')).toEqual(first)
  const other = await publish('same', { MessageDeduplicationId: 'other' })
  expect(Number(other.SequenceNumber)).toBeGreaterThan(Number(first.SequenceNumber))
  await until(async () => (await waiting()) === '2')
  const got = await receive()
  expect(got.map(({ body }) => JSON.parse(body).MessageId)).toEqual([first.MessageId, other.MessageId])
  world.sqs.deleteMessages(
    queueArn('q.fifo'),
    got.map((one) => one.receiptHandle),
  )
  world.time.pass(300_000)
  const later = await publish('same')
  expect(later.MessageId).not.toBe(first.MessageId)
  expect(await receive()).toHaveLength(1)
})

test('order holds within a group, though the queue is closed for a while in between', async () => {
  await subscribe('q.fifo', { RawMessageDelivery: 'true' })
  const sent = Array.from({ length: 30 }, (_, n) => `m${n}`)
  for (const message of sent.slice(0, 20)) await publish(message)
  await world.restart()
  await world.topics('PublishBatch', {
    TopicArn,
    PublishBatchRequestEntries: sent
      .slice(20)
      .map((Message, n) => ({ Id: `${n}`, Message, MessageGroupId: 'g' })),
  })
  const got: string[] = []
  while (got.length < sent.length) {
    const some = await receive()
    got.push(...some.map(({ body }) => body))
    world.sqs.deleteMessages(
      queueArn('q.fifo'),
      some.map((one) => one.receiptHandle),
    )
  }
  expect(got).toEqual(sent)
})

test('what no queue takes goes to the FIFO dead-letter queue in order', async () => {
  await subscribe('gone.fifo', {
    RawMessageDelivery: 'true',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn('dead.fifo') }),
  })
  for (const message of ['a', 'b', 'c']) await publish(message)
  await until(() => world.logged.filter((line) => line.includes('dead-letter')).length === 3)
  expect((await receive('dead.fifo')).map(({ body }) => body)).toEqual(['a', 'b', 'c'])
})

test('FIFO topics are for queues; the scope of repetitions may be the group', async () => {
  await expect(
    world.topics('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'a@b.c' }),
  ).rejects.toMatchObject({ message: expect.stringContaining('Please use FIFO SQS queue') })
  await world.topics('SetTopicAttributes', {
    TopicArn,
    AttributeName: 'FifoThroughputScope',
    AttributeValue: 'MessageGroup',
  })
  const one = await publish('same')
  const two = await publish('same', { MessageGroupId: 'h' })
  expect(one.MessageId).not.toBe(two.MessageId)
})
