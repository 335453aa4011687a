import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Sqs } from '../../../local/contracts.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, ALLOW, caller, clock, type Folder, REGION, simpleIam, storeFolder } from './fixture.ts'

const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const url = `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/work`
const sender = { service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:x', sourceAccount: ACCOUNT }

let folder: Folder
let sqs: Sqs
let time: ReturnType<typeof clock>
let call: ReturnType<typeof caller>

const open = () => {
  sqs = createSqs({ parts: folder.open(time.now), iam: simpleIam, baseUrl: () => 'http://127.0.0.1:4566' })
  call = caller(sqs.service)
}

beforeEach(() => {
  folder = storeFolder()
  time = clock()
  open()
})

afterEach(async () => {
  await sqs.stop()
  folder.remove()
})

const bodies = async (input: object = {}) => {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: 10, ...input })
  return Messages.map((message: { Body: string }) => message.Body)
}
const receiveOne = async (input: object = {}) =>
  (await call('ReceiveMessage', { QueueUrl: url, AttributeNames: ['All'], ...input })).Messages?.[0]
const attribute = async (name: string, queue = url) =>
  (await call('GetQueueAttributes', { QueueUrl: queue, AttributeNames: ['All'] })).Attributes[name]

describe('queues', () => {
  test('creating again is the same queue; another value for an attribute is refused', async () => {
    const first = await call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '60' } })
    expect(first).toEqual({ QueueUrl: `http://127.0.0.1:4566/${ACCOUNT}/work` })
    expect(await call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '60' } })).toEqual(
      first,
    )
    expect(await call('CreateQueue', { QueueName: 'work' })).toEqual(first)
    await expect(
      call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '61' } }),
    ).rejects.toMatchObject({ code: 'QueueNameExists' })
    expect(await call('GetQueueUrl', { QueueName: 'work' })).toEqual(first)
    expect(await attribute('QueueArn')).toBe(arnOf('work'))
  })

  test.each([
    [{ QueueName: 'a'.repeat(81) }, 'InvalidParameterValueException'],
    [{ QueueName: 'a b' }, 'InvalidParameterValueException'],
    [{}, 'MissingRequiredParameterException'],
    [{ QueueName: 'x', Attributes: { VisibilityTimeout: '43201' } }, 'InvalidAttributeValue'],
    [{ QueueName: 'x', Attributes: { DelaySeconds: '901' } }, 'InvalidAttributeValue'],
    [{ QueueName: 'x', Attributes: { MessageRetentionPeriod: '59' } }, 'InvalidAttributeValue'],
    [{ QueueName: 'x', Attributes: { Colour: 'red' } }, 'InvalidAttributeName'],
    [{ QueueName: 'x', Attributes: { Policy: '{' } }, 'InvalidAttributeValue'],
    [
      {
        QueueName: 'x',
        Attributes: { RedrivePolicy: `{"deadLetterTargetArn":"${arnOf('no')}","maxReceiveCount":3}` },
      },
      'InvalidParameterValueException',
    ],
  ])('CreateQueue refuses %j', async (input, code) => {
    await expect(call('CreateQueue', input)).rejects.toMatchObject({ code })
  })

  test('lists by prefix and by page, of the own account and region only', async () => {
    for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) await call('CreateQueue', { QueueName: name })
    await caller(sqs.service, '222222222222')('CreateQueue', { QueueName: 'a-9' })
    const names = (answer: { QueueUrls: string[] }) => answer.QueueUrls.map((each) => each.split('/').at(-1))
    const first = await call('ListQueues', { QueueNamePrefix: 'a-', MaxResults: 2 })
    const second = await call('ListQueues', {
      QueueNamePrefix: 'a-',
      MaxResults: 2,
      NextToken: first.NextToken,
    })
    expect([names(first), names(second), second.NextToken]).toEqual([['a-1', 'a-2'], ['a-3'], undefined])
  })

  test('what is gone is refused by name', async () => {
    await expect(call('SendMessage', { QueueUrl: url, MessageBody: 'x' })).rejects.toMatchObject({
      code: 'QueueDoesNotExist',
    })
    await call('CreateQueue', { QueueName: 'work' })
    await call('DeleteQueue', { QueueUrl: url })
    await expect(bodies()).rejects.toMatchObject({ code: 'QueueDoesNotExist' })
  })

  test('tags, purge and its pause', async () => {
    await call('CreateQueue', { QueueName: 'work', tags: { team: 'harvest' } })
    await call('TagQueue', { QueueUrl: url, Tags: { cost: '7' } })
    await call('UntagQueue', { QueueUrl: url, TagKeys: ['team'] })
    expect(await call('ListQueueTags', { QueueUrl: url })).toEqual({ Tags: { cost: '7' } })
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x' })
    await call('PurgeQueue', { QueueUrl: url })
    expect(await bodies()).toEqual([])
    await expect(call('PurgeQueue', { QueueUrl: url })).rejects.toMatchObject({
      code: 'PurgeQueueInProgress',
    })
  })
})

describe('messages', () => {
  beforeEach(() => call('CreateQueue', { QueueName: 'work', Attributes: { Policy: ALLOW } }))

  test('digests are those that SDKs compute', async () => {
    const sent = await call('SendMessage', {
      QueueUrl: url,
      MessageBody: 'hello',
      MessageAttributes: {
        b: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 3) },
        a: { DataType: 'String', StringValue: 'x' },
      },
    })
    // computed with another program from the developer guide's description
    expect(sent).toMatchObject({
      MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592',
      MD5OfMessageAttributes: 'aff7372f244d3ebae020d15edb230ef6',
    })
    const got = await receiveOne({ MessageAttributeNames: ['All'] })
    expect(got).toMatchObject({
      MessageId: sent.MessageId,
      MD5OfBody: sent.MD5OfMessageBody,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: {
        a: { DataType: 'String', StringValue: 'x' },
        b: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 3) },
      },
      Attributes: { ApproximateReceiveCount: '1', SenderId: 'AIDANINA', SentTimestamp: String(time.now()) },
    })
  })

  test.each([
    [{ MessageBody: '' }, 'MissingRequiredParameterException'],
    [{ MessageBody: 'a\u0001b' }, 'InvalidMessageContents'],
    [{ MessageBody: '\ud800' }, 'InvalidMessageContents'],
    [{ MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValueException'],
    [{ MessageBody: 'x', DelaySeconds: 901 }, 'InvalidParameterValueException'],
    [
      { MessageBody: 'x', MessageAttributes: { a: { DataType: 'Text', StringValue: 'y' } } },
      'InvalidParameterValueException',
    ],
    [
      { MessageBody: 'x', MessageAttributes: { a: { DataType: 'Number', StringValue: 'y' } } },
      'InvalidParameterValueException',
    ],
  ])('SendMessage refuses %.0j', async (input, code) => {
    await expect(call('SendMessage', { QueueUrl: url, ...input })).rejects.toMatchObject({ code })
    expect(await bodies()).toEqual([])
  })

  test('the largest message passes', async () => {
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x'.repeat(1_048_576) })
    expect((await bodies())[0]).toHaveLength(1_048_576)
  })

  test('a received message hides, comes back, and its old handle no longer deletes', async () => {
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x' })
    const first = await receiveOne()
    expect(await bodies()).toEqual([])
    expect(await attribute('ApproximateNumberOfMessagesNotVisible')).toBe('1')
    time.pass(30_000)
    const second = await receiveOne()
    expect(second.Attributes.ApproximateReceiveCount).toBe('2')
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: first.ReceiptHandle })
    expect(await attribute('ApproximateNumberOfMessagesNotVisible')).toBe('1')
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: second.ReceiptHandle })
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: second.ReceiptHandle })
    time.pass(30_000)
    expect(await bodies()).toEqual([])
    await expect(call('DeleteMessage', { QueueUrl: url, ReceiptHandle: 'x' })).rejects.toMatchObject({
      code: 'ReceiptHandleIsInvalid',
    })
  })

  test('visibility is changed for messages in flight only', async () => {
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x' })
    const { ReceiptHandle } = await receiveOne()
    const change = (seconds: number) =>
      call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle, VisibilityTimeout: seconds })
    await change(100)
    time.pass(99_999)
    expect(await bodies()).toEqual([])
    await change(0)
    await expect(change(5)).rejects.toMatchObject({ code: 'MessageNotInflight' })
    await expect(change(43_201)).rejects.toMatchObject({ code: 'InvalidParameterValueException' })
    expect(await bodies()).toEqual(['x'])
    await expect(change(5)).rejects.toMatchObject({ code: 'InvalidParameterValueException' })
  })

  test('delay by message and by queue; retention', async () => {
    await call('SendMessage', { QueueUrl: url, MessageBody: 'later', DelaySeconds: 10 })
    expect(await attribute('ApproximateNumberOfMessagesDelayed')).toBe('1')
    expect(await bodies()).toEqual([])
    time.pass(10_000)
    expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['later'])
    await call('SetQueueAttributes', {
      QueueUrl: url,
      Attributes: { DelaySeconds: '5', MessageRetentionPeriod: '60' },
    })
    await call('SendMessage', { QueueUrl: url, MessageBody: 'young' })
    time.pass(51_000)
    expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['young'])
    time.pass(10_000)
    expect(await bodies()).toEqual([])
  })

  test('a batch refuses whole, or entry by entry', async () => {
    const send = (Entries: object[]) => call('SendMessageBatch', { QueueUrl: url, Entries })
    const entry = (Id: string, MessageBody = 'x') => ({ Id, MessageBody })
    await expect(send([])).rejects.toMatchObject({ code: 'EmptyBatchRequest' })
    await expect(send(Array.from({ length: 11 }, (_, n) => entry(`n${n}`)))).rejects.toMatchObject({
      code: 'TooManyEntriesInBatchRequest',
    })
    await expect(send([entry('a'), entry('a')])).rejects.toMatchObject({ code: 'BatchEntryIdsNotDistinct' })
    await expect(send([entry('a b')])).rejects.toMatchObject({ code: 'InvalidBatchEntryId' })
    await expect(
      send([entry('a', 'x'.repeat(600_000)), entry('b', 'x'.repeat(600_000))]),
    ).rejects.toMatchObject({
      code: 'BatchRequestTooLong',
    })
    expect(await send([entry('a'), entry('b', '\u0000')])).toMatchObject({
      Successful: [{ Id: 'a' }],
      Failed: [{ Id: 'b', SenderFault: true, Code: 'InvalidMessageContents' }],
    })
    expect(await bodies()).toEqual(['x'])
  })

  test('long polling wakes for a new message, a delayed one, and one that comes back', async () => {
    const waiting = bodies({ WaitTimeSeconds: 20 })
    await call('SendMessage', { QueueUrl: url, MessageBody: 'new' })
    expect(await waiting).toEqual(['new'])
    const released = sqs.receive(arnOf('work'), 10, 20_000)
    await call('SendMessage', { QueueUrl: url, MessageBody: 'again' })
    const [first] = await released
    const back = sqs.receive(arnOf('work'), 10, 20_000)
    sqs.release(arnOf('work'), [first!.receiptHandle])
    expect((await back)[0]).toMatchObject({ body: 'again', attributes: { ApproximateReceiveCount: '2' } })
  })

  test('a wait ends with nothing: by its time, by abort, by stop, by the end of the queue', async () => {
    const abort = new AbortController()
    const aborted = sqs.receive(arnOf('work'), 1, 20_000, abort.signal)
    abort.abort()
    expect(await aborted).toEqual([])
    expect(await sqs.receive(arnOf('work'), 1, 5)).toEqual([])
    const gone = sqs.receive(arnOf('work'), 1, 20_000)
    await call('DeleteQueue', { QueueUrl: url })
    await expect(gone).rejects.toMatchObject({ code: 'QueueDoesNotExist' })
    await call('CreateQueue', { QueueName: 'work' })
    const stopped = sqs.receive(arnOf('work'), 1, 20_000)
    await sqs.stop()
    expect(await stopped).toEqual([])
  })

  test('services get in by the queue’s policy', async () => {
    await sqs.send(
      arnOf('work'),
      { body: 'hi', attributes: { n: { DataType: 'Number', StringValue: '7' } } },
      sender,
    )
    expect((await sqs.receive(arnOf('work'), 1, 0))[0]).toMatchObject({
      body: 'hi',
      messageAttributes: { n: { dataType: 'Number', stringValue: '7' } },
    })
    await call('SetQueueAttributes', { QueueUrl: url, Attributes: { Policy: '' } })
    await expect(sqs.send(arnOf('work'), { body: 'hi' }, sender)).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
    await expect(sqs.send(arnOf('none'), { body: 'hi' }, sender)).rejects.toMatchObject({
      code: 'QueueDoesNotExist',
    })
  })
})

describe('dead letters', () => {
  const deadUrl = `http://x/${ACCOUNT}/dead`

  beforeEach(async () => {
    await call('CreateQueue', { QueueName: 'dead' })
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 })
    await call('CreateQueue', { QueueName: 'work', Attributes: { RedrivePolicy, VisibilityTimeout: '0' } })
    await call('SendMessage', { QueueUrl: url, MessageBody: 'bad' })
  })

  const kill = async () => {
    for (const expected of [['bad'], ['bad'], []]) {
      expect(await bodies()).toEqual(expected)
      time.pass(10)
    }
  }

  test('the third receive finds it in the dead-letter queue; a task moves it back as a new message', async () => {
    await kill()
    const dead = await receiveOne({ QueueUrl: deadUrl, VisibilityTimeout: 0 })
    expect(dead).toMatchObject({ Body: 'bad', Attributes: { DeadLetterQueueSourceArn: arnOf('work') } })
    time.pass(10)
    expect((await call('StartMessageMoveTask', { SourceArn: arnOf('dead') })).TaskHandle).toEqual(
      expect.any(String),
    )
    const back = await receiveOne()
    expect(back).toMatchObject({ Body: 'bad', Attributes: { ApproximateReceiveCount: '1' } })
    expect(back.MessageId).not.toBe(dead.MessageId)
    expect(await call('ListMessageMoveTasks', { SourceArn: arnOf('dead') })).toMatchObject({
      Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }],
    })
  })

  test('what was sent straight into the dead-letter queue needs a destination', async () => {
    await call('SendMessage', { QueueUrl: deadUrl, MessageBody: 'direct' })
    await call('StartMessageMoveTask', { SourceArn: arnOf('dead') })
    expect(await call('ListMessageMoveTasks', { SourceArn: arnOf('dead') })).toMatchObject({
      Results: [{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }],
    })
    time.pass(1)
    await call('StartMessageMoveTask', { SourceArn: arnOf('dead'), DestinationArn: arnOf('work') })
    expect(await bodies()).toEqual(['bad', 'direct'])
    await expect(call('StartMessageMoveTask', { SourceArn: arnOf('work') })).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
    })
  })

  test('who waits at the dead-letter queue hears of it', async () => {
    const waiting = sqs.receive(arnOf('dead'), 1, 20_000)
    await kill()
    expect((await waiting)[0]).toMatchObject({ body: 'bad' })
  })
})

describe('after a kill', () => {
  test('nothing accepted is lost, counts go on, and what was in flight is receivable at once', async () => {
    await call('CreateQueue', { QueueName: 'work' })
    for (const MessageBody of ['a', 'b', 'c']) await call('SendMessage', { QueueUrl: url, MessageBody })
    await call('SendMessage', { QueueUrl: url, MessageBody: 'later', DelaySeconds: 60 })
    const first = await receiveOne()
    const second = await receiveOne()
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: second.ReceiptHandle })
    open()
    expect(await attribute('ApproximateNumberOfMessages')).toBe('2')
    await call('SendMessage', { QueueUrl: url, MessageBody: 'd' })
    const again = await receiveOne()
    expect(again).toMatchObject({ MessageId: first.MessageId, Attributes: { ApproximateReceiveCount: '2' } })
    expect(await bodies()).toEqual(['c', 'd'])
    time.pass(60_000)
    expect((await bodies()).sort()).toEqual(['a', 'c', 'd', 'later'])
  })
})

test('permissions name the queue and the action that IAM knows', () => {
  const permissions = (operation: string, input: object) =>
    sqs.service.permissions?.(operation, input, {
      service: 'sqs',
      operation,
      region: REGION,
      account: ACCOUNT,
      requestId: '',
      caller: { account: ACCOUNT, arn: '', userId: '', kind: 'user' },
    })
  expect(permissions('SendMessageBatch', { QueueUrl: url })).toEqual([
    { action: 'sqs:SendMessage', resource: arnOf('work') },
  ])
  expect(permissions('CreateQueue', { QueueName: 'q' })).toEqual([
    { action: 'sqs:CreateQueue', resource: arnOf('q') },
  ])
  expect(permissions('ListQueues', {})).toEqual([{ action: 'sqs:ListQueues', resource: '*' }])
})
