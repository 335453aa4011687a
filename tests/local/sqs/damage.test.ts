import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Parts } from '../../../local/contracts.ts'
import { createSns } from '../../../local/sns/sns.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import type { Collection, Store } from '../../../local/state/store.ts'
import { ACCOUNT, caller, clock, type Folder, REGION, simpleIam, storeFolder } from './fixture.ts'

const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const url = (name: string) => `http://x/${ACCOUNT}/${name}`
const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:t`

let folder: Folder
let time: ReturnType<typeof clock>

beforeEach(() => {
  folder = storeFolder()
  time = clock()
})
afterEach(() => folder.remove())

const openSqs = (parts: Parts) => createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
const openSns = (parts: Parts) => {
  const wires = { sendMessage: async () => {}, invokeAsync: async () => {} }
  return createSns({ parts, iam: simpleIam, wires, baseUrl: () => 'http://x' })
}

test('what cannot be read is said and left out; the rest works', async () => {
  const parts = folder.open(time.now)
  const queues = caller(openSqs(parts).service)
  const topics = caller(openSns(parts).service)
  for (const name of ['good', 'bad']) {
    await queues('CreateQueue', { QueueName: name })
    await queues('SendMessage', { QueueUrl: url(name), MessageBody: name })
    await queues('SendMessage', { QueueUrl: url(name), MessageBody: 'gone' })
  }
  await topics('CreateTopic', { Name: 't' })
  for (const name of ['good', 'bad'])
    await topics('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: arn(name) })
  const subscriptions = parts.store.collection<object>('sns.subscriptions')
  const [[key, subscription] = ['', {}]] = subscriptions.entries()
  subscriptions.put(key, { ...subscription, attributes: { FilterPolicy: '{' } })
  parts.store.collection('sns.topics').put(`${TopicArn}2`, null)
  parts.store.collection('sqs.queues').put(arn('bad'), null)
  const messages = parts.store.collection('sqs.messages')
  const [, [second] = ['']] = messages.entries(arn('good'))
  messages.put(second, 7)

  const logged: string[] = []
  const again = { ...folder.open(time.now), log: (_: string, text: string) => void logged.push(text) }
  const sqs = openSqs(again)
  expect((await sqs.receive(arn('good'), 10, 0)).map(({ body }) => body)).toEqual(['good'])
  expect(await caller(sqs.service)('ListQueues')).toEqual({ QueueUrls: [url('good')] })
  const after = caller(openSns(again).service)
  expect((await after('ListSubscriptionsByTopic', { TopicArn })).Subscriptions).toHaveLength(1)
  expect((await after('ListTopics')).Topics).toEqual([{ TopicArn }])
  expect(logged.filter((line) => line.includes('cannot be read'))).toHaveLength(3)
})

test('a disk that is full in the middle of a receipt loses nothing', async () => {
  const { store, ...rest } = folder.open(time.now)
  let room = Number.POSITIVE_INFINITY
  const tight: Store = {
    ...store,
    collection: <T>(name: string): Collection<T> => {
      const collection = store.collection<T>(name)
      return {
        ...collection,
        put: (key: string, value: T) => {
          room -= 1
          if (room < 0) throw new Error('the disk is full')
          collection.put(key, value)
        },
      }
    },
  }
  const sqs = openSqs({ ...rest, store: tight })
  const call = caller(sqs.service)
  await call('CreateQueue', { QueueName: 'dead' })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 })
  await call('CreateQueue', { QueueName: 'q', Attributes: { RedrivePolicy } })
  for (const MessageBody of ['a', 'b', 'c']) await call('SendMessage', { QueueUrl: url('q'), MessageBody })
  await sqs.receive(arn('q'), 10, 0)
  time.pass(30_000)
  await call('SendMessage', { QueueUrl: url('q'), MessageBody: 'd' })
  // two become dead letters, then nothing more can be written
  room = 2
  await expect(sqs.receive(arn('q'), 10, 0)).rejects.toThrow('full')
  room = Number.POSITIVE_INFINITY
  expect(await sqs.receive(arn('dead'), 10, 0)).toEqual([])
  expect((await sqs.receive(arn('q'), 10, 0)).map(({ body }) => body)).toEqual(['d'])
  expect((await sqs.receive(arn('dead'), 10, 0)).map(({ body }) => body).sort()).toEqual(['a', 'b', 'c'])
  await sqs.stop()
})
