import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Sqs } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import type { Wires } from '../../../local/gateway/wires.ts'
import { createSns, type LocalSns } from '../../../local/sns/sns.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, ALLOW, caller, type Folder, REGION, simpleIam, storeFolder, until } from '../sqs/fixture.ts'
import { shareKey } from './world.ts'

const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`
const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:t`
const CHAT = 'https://global.sns-api.chatbot.amazonaws.com'
const AT = Date.parse('2031-05-17T09:04:33.512Z')
const sender = { service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:x', sourceAccount: ACCOUNT }

let folder: Folder
let sqs: Sqs
let sns: LocalSns
let call: ReturnType<typeof caller>
let invoke: Wires['invokeAsync']

const open = () => {
  const parts = folder.open(() => AT)
  sqs = createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
  const wires = {
    sendMessage: sqs.send,
    invokeAsync: (...given: Parameters<typeof invoke>) => invoke(...given),
  }
  sns = createSns({ parts, iam: simpleIam, wires, baseUrl: () => 'http://127.0.0.1:4566' })
  call = caller(sns.service)
}
const close = async () => {
  await sns.stop()
  await sqs.stop()
}

beforeEach(async () => {
  folder = storeFolder()
  invoke = async () => {}
  await shareKey(folder.open())
  open()
  const queues = caller(sqs.service)
  for (const QueueName of ['q', 'dead'])
    await queues('CreateQueue', { QueueName, Attributes: { Policy: ALLOW, VisibilityTimeout: '0' } })
  await queues('CreateQueue', { QueueName: 'closed' })
  await call('CreateTopic', { Name: 't' })
})

afterEach(async () => {
  await close()
  folder.remove()
})

const subscribe = async (Protocol: string, Endpoint: string, Attributes: object = {}): Promise<string> =>
  (await call('Subscribe', { TopicArn, Protocol, Endpoint, Attributes })).SubscriptionArn
const receive = (name = 'q', waitMs = 10_000) => sqs.receive(queueArn(name), 10, waitMs)

describe('delivery', () => {
  test('a queue gets SNS’s JSON, byte for byte', async () => {
    const arn = await subscribe('sqs', queueArn('q'))
    const { MessageId } = await call('Publish', {
      TopicArn,
      Subject: 'Push',
      Message: 'line\n"two"',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'push' } },
    })
    const [message] = await receive()
    const { Signature, SigningCertURL } = JSON.parse(message!.body)
    expect(message!.body).toBe(`{
  "Type" : "Notification",
  "MessageId" : "${MessageId}",
  "TopicArn" : "${TopicArn}",
  "Subject" : "Push",
  "Message" : "line\\n\\"two\\"",
  "Timestamp" : "2031-05-17T09:04:33.512Z",
  "SignatureVersion" : "1",
  "Signature" : "${Signature}",
  "SigningCertURL" : "${SigningCertURL}",
  "UnsubscribeURL" : "http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=${arn}",
  "MessageAttributes" : {"kind":{"Type":"String","Value":"push"}}
}`)
  })

  test('raw delivery hands on body and attributes', async () => {
    await subscribe('sqs', queueArn('q'), { RawMessageDelivery: 'true' })
    await call('Publish', {
      TopicArn,
      Message: 'bare',
      MessageAttributes: { n: { DataType: 'Number', StringValue: '7' } },
    })
    expect(await receive()).toMatchObject([
      { body: 'bare', messageAttributes: { n: { dataType: 'Number', stringValue: '7' } } },
    ])
  })

  test('a function gets one record, subject null where there is none', async () => {
    const invoked = new Promise<string>((resolve) => {
      invoke = async (_, payload) => resolve(payload)
    })
    const arn = await subscribe('lambda', functionArn)
    await call('Publish', { TopicArn, Message: 'hi' })
    expect(JSON.parse(await invoked)).toEqual({
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: arn,
          Sns: expect.objectContaining({ Subject: null, Message: 'hi', TopicArn, MessageAttributes: {} }),
        },
      ],
    })
  })

  test('each protocol its own text', async () => {
    await subscribe('email', 'nina@example.com')
    await until(() => sns.inbox(ACCOUNT, REGION).length > 0)
    const [question] = sns.inbox(ACCOUNT, REGION)
    expect(question).toMatchObject({ subject: 'AWS Notification - Subscription Confirmation' })
    const link = /http:\/\/[^/]+(\S+)/.exec(question!.text)![1]!
    expect(sns.answerPublic({ method: 'GET', url: link, signed: false })?.status).toBe(200)
    await subscribe('sqs', queueArn('q'), { RawMessageDelivery: 'true' })
    const Message = JSON.stringify({ default: 'for all', email: 'for readers', lambda: 7 })
    await call('Publish', { TopicArn, Message, MessageStructure: 'json', Subject: 'News' })
    expect((await receive())[0]!.body).toBe('for all')
    await until(() => sns.inbox(ACCOUNT, REGION).length > 1)
    const mails = sns.inbox(ACCOUNT, REGION).filter(({ messageId }) => messageId !== question!.messageId)
    expect(mails).toMatchObject([
      { to: 'nina@example.com', subject: 'News', text: expect.stringMatching(/^for readers\n/), at: AT },
    ])
    expect(sns.inbox('222222222222', REGION)).toEqual([])
  })

  test('chat shows custom notifications and marks all else', async () => {
    await subscribe('https', CHAT)
    const content = {
      textType: 'client-markdown',
      title: 'Push',
      description: '*nina* pushed',
      keywords: ['main'],
    }
    const messages = [
      JSON.stringify({ version: '1.0', source: 'custom', content, metadata: { threadId: 'pr-1' } }),
      'plain text',
      JSON.stringify({ version: '1.0', source: 'aws.codecommit', content }),
      JSON.stringify({ version: 1, source: 'custom', content }),
      JSON.stringify({ version: '1.0', source: 'custom', content: { title: 'x' } }),
      JSON.stringify({ version: '1.0', source: 'custom', content: { ...content, nextSteps: 'x' } }),
      JSON.stringify({ version: '0', source: 'aws.codecommit', detail: {} }),
    ]
    for (const Message of messages) await call('Publish', { TopicArn, Message })
    await until(() => sns.chatInbox(ACCOUNT, REGION).length === messages.length)
    const shown = sns.chatInbox(ACCOUNT, REGION)
    expect(shown.filter((one) => one.supported)).toMatchObject([
      {
        card: {
          title: 'Push',
          description: '*nina* pushed',
          keywords: ['main'],
          nextSteps: [],
          threadId: 'pr-1',
        },
      },
    ])
    expect(shown.filter((one) => !one.supported)).toHaveLength(6)
  })

  test('a refusing queue means the dead-letter queue, a faulty function another try', async () => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('dead') })
    await subscribe('sqs', queueArn('closed'), { RedrivePolicy })
    await subscribe('sqs', queueArn('gone'))
    let tries = 0
    const invoked = new Promise<void>((resolve) => {
      invoke = async () => {
        tries += 1
        if (tries < 3) throw new AwsError('ServiceException', 'boom', 500)
        resolve()
      }
    })
    await subscribe('lambda', functionArn)
    const { MessageId } = await call('Publish', { TopicArn, Message: 'x' })
    expect(JSON.parse((await receive('dead'))[0]!.body)).toMatchObject({ MessageId, Message: 'x' })
    await invoked
    expect(tries).toBe(3)
  })

  test('survives a kill', async () => {
    const begun = new Promise<void>((begin) => {
      invoke = () => new Promise(() => begin())
    })
    await subscribe('lambda', functionArn)
    await call('Publish', { TopicArn, Message: 'kept' })
    await begun
    const arrived = await new Promise<string>((resolve) => {
      invoke = async (_, payload) => resolve(payload)
      open()
    })
    expect(JSON.parse(arrived).Records[0].Sns.Message).toBe('kept')
  })
})

describe('publishing', () => {
  test.each([
    [{ Message: '' }, 'InvalidParameter'],
    [{ Message: 'é'.repeat(131_073) }, 'InvalidParameter'],
    [{ Message: 'x', Subject: 'x'.repeat(101) }, 'InvalidParameter'],
    [{ Message: 'x', Subject: 'two\nlines' }, 'InvalidParameter'],
    [{ Message: 'x', Subject: 'é' }, 'InvalidParameter'],
    [{ Message: 'x', Subject: ' x' }, 'InvalidParameter'],
    [{ Message: 'x', Subject: '' }, 'InvalidParameter'],
    [{ Message: 'x', MessageStructure: 'json' }, 'InvalidParameter'],
    [{ Message: '{"email":"x"}', MessageStructure: 'json' }, 'InvalidParameter'],
    [
      { Message: 'x', MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
      'ParameterValueInvalid',
    ],
    [
      { Message: 'x', MessageAttributes: { a: { DataType: 'Text', StringValue: 'y' } } },
      'ParameterValueInvalid',
    ],
    [
      { Message: 'x', MessageAttributes: { a: { DataType: 'String.Array', StringValue: '{' } } },
      'ParameterValueInvalid',
    ],
    [{ Message: 'x', TopicArn: `${TopicArn}x` }, 'NotFound'],
  ])('refuses case %#', async (input, code) => {
    await expect(call('Publish', { TopicArn, ...input })).rejects.toMatchObject({ code })
  })

  test('takes the largest message', async () => {
    await call('Publish', { TopicArn, Message: 'é'.repeat(131_072), Subject: 'x'.repeat(100) })
  })

  test('in batches', async () => {
    const batch = (PublishBatchRequestEntries: object[]) =>
      call('PublishBatch', { TopicArn, PublishBatchRequestEntries })
    await subscribe('sqs', queueArn('q'), { RawMessageDelivery: 'true' })
    const one = { Id: 'a', Message: 'one' }
    await expect(batch([one, { Id: 'b', Message: '' }])).rejects.toMatchObject({ code: 'InvalidParameter' })
    expect(await batch([one])).toMatchObject({ Successful: [{ Id: 'a' }], Failed: [] })
    expect((await receive()).map((message) => message.body)).toEqual(['one'])
    const refusals: [object[], string][] = [
      [[], 'EmptyBatchRequest'],
      [Array.from({ length: 11 }, (_, n) => ({ Id: `i${n}`, Message: 'x' })), 'TooManyEntriesInBatchRequest'],
      [
        [
          { Id: 'a', Message: 'x' },
          { Id: 'a', Message: 'x' },
        ],
        'BatchEntryIdsNotDistinct',
      ],
      [[{ Id: 'a b', Message: 'x' }], 'InvalidBatchEntryId'],
      [
        [
          { Id: 'a', Message: 'x'.repeat(200_000) },
          { Id: 'b', Message: 'x'.repeat(200_000) },
        ],
        'BatchRequestTooLong',
      ],
    ]
    for (const [entries, code] of refusals) await expect(batch(entries)).rejects.toMatchObject({ code })
  })

  test('services need the topic’s policy; CodeCommit of the own account does not', async () => {
    await expect(sns.publish(TopicArn, { body: 'x' }, sender)).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
    await sns.publish(TopicArn, { body: 'x' }, { ...sender, service: 'codecommit.amazonaws.com' })
    await expect(
      sns.publish(
        TopicArn,
        { body: 'x' },
        { ...sender, service: 'codecommit.amazonaws.com', sourceAccount: '2' },
      ),
    ).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await call('SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue: ALLOW })
    await sns.publish(TopicArn, { body: 'x' }, sender)
  })
})

describe('topics and subscriptions', () => {
  test('are made once, described, kept over a restart, deleted together', async () => {
    expect(await call('CreateTopic', { Name: 't' })).toEqual({ TopicArn })
    await expect(call('CreateTopic', { Name: 't', Attributes: { DisplayName: 'x' } })).rejects.toMatchObject({
      code: 'InvalidParameter',
    })
    const first = await subscribe('sqs', queueArn('q'))
    expect(await subscribe('sqs', queueArn('q'))).toBe(first)
    await call('TagResource', { ResourceArn: TopicArn, Tags: [{ Key: 'team', Value: 'harvest' }] })
    await close()
    open()
    expect((await call('ListTopics')).Topics).toEqual([{ TopicArn }])
    expect((await call('ListTagsForResource', { ResourceArn: TopicArn })).Tags).toEqual([
      { Key: 'team', Value: 'harvest' },
    ])
    expect((await call('GetTopicAttributes', { TopicArn })).Attributes).toMatchObject({
      Owner: ACCOUNT,
      SubscriptionsConfirmed: '1',
    })
    expect((await call('ListSubscriptionsByTopic', { TopicArn })).Subscriptions).toEqual([
      { SubscriptionArn: first, TopicArn, Owner: ACCOUNT, Protocol: 'sqs', Endpoint: queueArn('q') },
    ])
    expect((await call('GetSubscriptionAttributes', { SubscriptionArn: first })).Attributes).toMatchObject({
      PendingConfirmation: 'false',
      RawMessageDelivery: 'false',
    })
    await call('DeleteTopic', { TopicArn })
    await call('DeleteTopic', { TopicArn })
    expect((await call('ListSubscriptions')).Subscriptions).toEqual([])
    await expect(call('GetSubscriptionAttributes', { SubscriptionArn: first })).rejects.toMatchObject({
      code: 'NotFound',
    })
  })

  test.each([
    ['sqs', 'nowhere'],
    ['lambda', queueArn('q')],
    ['email', 'nina'],
    ['http', 'https://example.com'],
    ['https', 'http://example.com'],
    ['https', 'https://'],
    ['sms', '+1555'],
    ['pigeon', 'x'],
  ])('refuses to subscribe %s %s', async (protocol, endpoint) => {
    await expect(subscribe(protocol, endpoint)).rejects.toMatchObject({ code: 'InvalidParameter' })
  })

  test.each([
    { FilterPolicy: '{' },
    { FilterPolicy: '{"a":"b"}' },
    { FilterPolicy: '{"a":{"b":["c"]}}' },
    { FilterPolicy: JSON.stringify(Object.fromEntries([...'abcdef'].map((key) => [key, ['x']]))) },
    { FilterPolicy: JSON.stringify({ a: Array.from({ length: 151 }, (_, n) => n) }) },
    { FilterPolicy: '{"a":["b"]}', FilterPolicyScope: 'Nowhere' },
    { RawMessageDelivery: 'yes' },
    { RedrivePolicy: '{"deadLetterTargetArn":"nowhere"}' },
    { Colour: 'red' },
  ])('refuses attributes %#', async (attributes) => {
    await expect(subscribe('sqs', queueArn('q'), attributes)).rejects.toMatchObject({
      code: 'InvalidParameter',
    })
    expect((await call('ListSubscriptions')).Subscriptions).toEqual([])
  })

  test.each([
    [{ FilterPolicy: '{"kind":["push"]}' }, true],
    [{ FilterPolicy: '{"kind":["tag"]}' }, false],
    [{ FilterPolicy: '{"kind":[{"prefix":"pu"}],"size":[{"numeric":[">",5]}]}' }, true],
    [{ FilterPolicy: '{"kind":[{"anything-but":["push"]}]}' }, false],
    [{ FilterPolicy: '{"missing":[{"exists":false}]}' }, true],
    [{ FilterPolicy: '{"size":["7"]}' }, false],
    [{ FilterPolicy: '{"labels":["b"]}' }, true],
    [{ FilterPolicy: '{}' }, true],
    [{ FilterPolicy: '{"detail":{"ref":["main"]}}', FilterPolicyScope: 'MessageBody' }, true],
    [{ FilterPolicy: '{"detail":{"ref":["dev"]}}', FilterPolicyScope: 'MessageBody' }, false],
  ])('filter %j lets through: %s', async (attributes, passes) => {
    await subscribe('sqs', queueArn('q'), { ...attributes, RawMessageDelivery: 'true' })
    await call('Publish', {
      TopicArn,
      Message: '{"detail":{"ref":"main"}}',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'push' },
        size: { DataType: 'Number', StringValue: '7' },
        labels: { DataType: 'String.Array', StringValue: '["a","b"]' },
      },
    })
    const [first] = await receive('q', passes ? 10_000 : 20)
    expect(first !== undefined).toBe(passes)
  })

  test('a filter set later counts, and can be taken away', async () => {
    const SubscriptionArn = await subscribe('sqs', queueArn('q'), { RawMessageDelivery: 'true' })
    const set = (AttributeValue: string) =>
      call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue })
    await set('{"kind":["tag"]}')
    await call('Publish', { TopicArn, Message: 'filtered' })
    await set('')
    await call('Publish', { TopicArn, Message: 'passes' })
    expect((await receive()).map((message) => message.body)).toEqual(['passes'])
  })
})
