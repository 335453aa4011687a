import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT, noSuchQueue, send, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.answers.clear()
  world.calls.length = 0
})

const ask = (parameters: Record<string, string>, path = `/${ACCOUNT}/q`) =>
  send(world, {
    path,
    service: 'sqs',
    credentials: world.admin,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({ Version: '2012-11-05', ...parameters }).toString(),
  })

test('SQS still takes its older protocol: flattened parameters, the queue in the path, answers in XML', async () => {
  world.answers.set('SendMessage', () => ({ MessageId: 'm-1', MD5OfMessageBody: 'd' }))
  const answer = await ask({
    Action: 'SendMessage',
    MessageBody: 'a <&> b',
    DelaySeconds: '5',
    'MessageAttribute.1.Name': 'colour',
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'red',
  })
  expect(world.calls[0]?.input).toEqual({
    QueueUrl: `http://127.0.0.1:${world.port}/${ACCOUNT}/q`,
    MessageBody: 'a <&> b',
    DelaySeconds: 5,
    MessageAttributes: { colour: { DataType: 'String', StringValue: 'red' } },
  })
  const id = world.calls[0]?.call.requestId
  expect([answer.status, answer.text]).toEqual([
    200,
    `<SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MD5OfMessageBody>d</MD5OfMessageBody><MessageId>m-1</MessageId></SendMessageResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></SendMessageResponse>`,
  ])
})

test('lists and maps of answers are flat too', async () => {
  world.answers.set('ReceiveMessage', () => ({
    Messages: ['1', '2'].map((MessageId) => ({ MessageId, Body: 'b', Attributes: { SentTimestamp: '3' } })),
  }))
  const answer = await ask({ Action: 'ReceiveMessage', 'AttributeName.1': 'All', MaxNumberOfMessages: '2' })
  expect(world.calls[0]?.input).toMatchObject({ AttributeNames: ['All'], MaxNumberOfMessages: 2 })
  const attribute = '<Attribute><Name>SentTimestamp</Name><Value>3</Value></Attribute>'
  const message = (id: string) => `<Message><MessageId>${id}</MessageId><Body>b</Body>${attribute}</Message>`
  expect(answer.text).toContain(`<ReceiveMessageResult>${message('1')}${message('2')}</ReceiveMessageResult>`)
})

test('batches, by their numbered entries', async () => {
  await ask({
    Action: 'SendMessageBatch',
    'SendMessageBatchRequestEntry.1.Id': 'a',
    'SendMessageBatchRequestEntry.1.MessageBody': 'x',
    'SendMessageBatchRequestEntry.2.Id': 'b',
    'SendMessageBatchRequestEntry.2.MessageBody': 'y',
  })
  expect(world.calls[0]?.input).toMatchObject({
    Entries: [
      { Id: 'a', MessageBody: 'x' },
      { Id: 'b', MessageBody: 'y' },
    ],
  })
})

test('errors by their older names, with what SQS adds to them', async () => {
  world.answers.set('SendMessage', () => {
    throw noSuchQueue()
  })
  const missing = await ask({ Action: 'SendMessage', MessageBody: 'x' })
  expect([missing.status, missing.text]).toEqual([
    400,
    expect.stringContaining('<Code>AWS.SimpleQueueService.NonExistentQueue</Code>'),
  ])
  expect(missing.text).toContain('<Detail/>')
  const nothing = await ask({ Action: 'SendMessage' })
  expect(nothing.text).toContain(
    '<Code>MissingParameter</Code><Message>The request must contain the parameter MessageBody.',
  )
  const unknown = await ask({ Action: 'Nonsense' }, '/')
  expect(unknown.text).toContain(
    '<Code>InvalidAction</Code><Message>The local cloud does not serve sqs:Nonsense.',
  )
})

test('without a version, and all in the query', async () => {
  const query = `Action=CreateQueue&QueueName=n&Version=2012-11-05`
  const answer = await send(world, {
    method: 'GET',
    path: `/?${query}`,
    service: 'sqs',
    credentials: world.admin,
  })
  expect([answer.status, world.calls[0]?.input]).toEqual([200, { QueueName: 'n' }])
  const bare = await send(world, {
    method: 'GET',
    path: '/?Action=CreateQueue&QueueName=n',
    service: 'sqs',
    credentials: world.admin,
  })
  expect([bare.status, world.calls.length]).toEqual([200, 2])
})
