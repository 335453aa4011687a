import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import * as kms from '@aws-sdk/client-kms'
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import * as sqs from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT, allow, type KeyWorld, may, openKeyWorld, REGION } from '../kms/world.ts'
import { until } from './fixture.ts'

let world: KeyWorld
let owner: sqs.SQSClient
beforeAll(async () => {
  world = await openKeyWorld()
  owner = new sqs.SQSClient(world.owner)
})
afterAll(() => world.cloud.stop())

let number = 0
const arnOf = (QueueUrl: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueUrl.split('/').at(-1)}`
const make = async (key: string, Attributes: Record<string, string> = {}): Promise<string> => {
  number += 1
  const { QueueUrl } = await owner.send(
    new sqs.CreateQueueCommand({
      QueueName: `q${number}`,
      Attributes: { KmsMasterKeyId: key, ...Attributes },
    }),
  )
  return QueueUrl!
}
const send = (QueueUrl: string, client = owner, MessageBody = 'x') =>
  client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody }))
const receive = (QueueUrl: string, client = owner, more: object = {}) =>
  client.send(new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))
const bodies = async (...args: Parameters<typeof receive>) =>
  ((await receive(...args)).Messages ?? []).map(({ Body }) => Body)
const attribute = async (QueueUrl: string, name: sqs.QueueAttributeName) =>
  (await owner.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }))).Attributes?.[
    name
  ]
const client = async (name: string, ...statements: object[]) =>
  new sqs.SQSClient(await world.user(name, may('sqs:*'), ...statements))

describe('whoever sends to an encrypted queue, or receives from it, must be allowed to use its key', () => {
  const through = { StringEquals: { 'kms:ViaService': `sqs.${REGION}.amazonaws.com` } }

  test.each<[string, object[], boolean, boolean]>([
    ['nothing', [], false, false],
    ['a new data key alone', [may('kms:GenerateDataKey')], false, false],
    ['decrypting alone', [may('kms:Decrypt')], false, true],
    ['both', [may(['kms:GenerateDataKey', 'kms:Decrypt'])], true, true],
    ['both, through SQS', [may(['kms:GenerateDataKey*', 'kms:Decrypt'], '*', through)], true, true],
    [
      'both, through SNS',
      [may('kms:*', '*', { StringEquals: { 'kms:ViaService': `sns.${REGION}.amazonaws.com` } })],
      ...([false, false] as const),
    ],
    [
      'both, for another queue',
      [may('kms:*', '*', { StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': 'arn:aws:sqs:x' } })],
      ...([false, false] as const),
    ],
  ])('with %s', async (name, statements, sends, receives) => {
    const queue = await make(await world.key())
    const who = await client(`sqs-${name.replaceAll(/\W/g, '-')}`, ...statements)
    const denied = { name: 'KmsAccessDenied', Code: 'KMS.AccessDeniedException' }
    if (sends) await send(queue, who)
    else await expect(send(queue, who)).rejects.toMatchObject(denied)
    await send(queue)
    if (receives) expect(await bodies(queue, who)).toHaveLength(sends ? 2 : 1)
    else await expect(receive(queue, who)).rejects.toMatchObject(denied)
  })

  test('and is told in the words of KMS', async () => {
    const key = await world.key()
    const queue = await make(key)
    const who = await client('sqs-told')
    const entry = { Id: 'a', MessageBody: 'x' }
    for (const sending of [
      send(queue, who),
      who.send(new sqs.SendMessageBatchCommand({ QueueUrl: queue, Entries: [entry] })),
    ])
      await expect(sending).rejects.toMatchObject({
        message: expect.stringMatching(
          /^User: arn:aws:iam::111111111111:user\/sqs-told is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:\S+ because no identity-based policy allows the kms:GenerateDataKey action \(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: \S+; Proxy: null\)$/,
        ),
      })
    // an empty queue has nothing to decrypt
    expect(await bodies(queue, who)).toEqual([])
    await send(queue)
    await expect(receive(queue, who)).rejects.toMatchObject({
      message: expect.stringMatching(/^The ciphertext refers to a customer master key that does not exist/),
    })
  })

  test('a key that cannot be used at all stops everybody', async () => {
    const key = await world.key()
    const queue = await make(key)
    await send(queue)
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: key }))
    for (const work of [send(queue), receive(queue)])
      await expect(work).rejects.toMatchObject({
        name: 'KmsDisabled',
        message: expect.stringContaining(`${key} is disabled.`),
      })
    await world.keys.send(new kms.ScheduleKeyDeletionCommand({ KeyId: key }))
    await expect(send(queue)).rejects.toMatchObject({ name: 'KmsInvalidState' })
    await expect(send(await make('alias/none'))).rejects.toMatchObject({ name: 'KmsNotFound' })
    const { KeyMetadata } = await world.keys.send(
      new kms.CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
    )
    await expect(send(await make(KeyMetadata!.KeyId!))).rejects.toMatchObject({ name: 'KmsInvalidKeyUsage' })
  })

  test('a user of another account needs both sides, and the key’s ARN in the queue', async () => {
    const theirs = new sqs.SQSClient(world.other)
    const open = { AWS: 'arn:aws:iam::222222222222:root' }
    const policy = (queue: string) =>
      JSON.stringify({ Statement: [{ ...allow(open, 'sqs:*'), Resource: arnOf(queue) }] })
    const [closed, shared] = [await make(await world.key()), await make(await world.key(allow(open)))]
    for (const QueueUrl of [closed, shared])
      await owner.send(
        new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policy(QueueUrl) } }),
      )
    await expect(send(closed, theirs)).rejects.toMatchObject({ name: 'KmsAccessDenied' })
    await send(shared, theirs)
  })

  test('a queue under AWS’s own key, or SQS’s, asks nobody of the account', async () => {
    const who = await client('sqs-plain')
    for (const queue of [await make('alias/aws/sqs'), await make('', { SqsManagedSseEnabled: 'true' })]) {
      await send(queue, who)
      expect(await bodies(queue, who)).toEqual(['x'])
    }
    const barred = await client('sqs-barred', { Effect: 'Deny', Action: 'kms:*', Resource: '*' })
    await expect(send(await make('alias/aws/sqs'), barred)).rejects.toMatchObject({ name: 'KmsAccessDenied' })
  })
})

describe('a message stays under the key that it was sent under', () => {
  test('whatever key the queue has since; what can be read is handed out', async () => {
    const [first, second] = [await world.key(), await world.key()]
    const queue = await make(first, { VisibilityTimeout: '0' })
    await send(queue, owner, 'under the first')
    const set = (KmsMasterKeyId: string) =>
      owner.send(new sqs.SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { KmsMasterKeyId } }))
    await set(second)
    await send(queue, owner, 'under the second')
    await set('')
    await send(queue, owner, 'under none')
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: first }))
    expect((await bodies(queue)).sort()).toEqual(['under none', 'under the second'])
    expect(world.logged.filter((line) => line.includes('could not be decrypted')).join()).toContain(first)
    await world.keys.send(new kms.EnableKeyCommand({ KeyId: first }))
    expect(await bodies(queue)).toHaveLength(3)
  })

  test('in the dead-letter queue too, where a receipt in vain counts as one', async () => {
    const key = await world.key()
    const dead = await make('')
    const queue = await make(key, {
      VisibilityTimeout: '0',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 2 }),
    })
    await send(queue)
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: key }))
    for (let times = 0; times < 2; times += 1)
      await expect(receive(queue)).rejects.toMatchObject({ name: 'KmsDisabled' })
    expect(await bodies(queue)).toEqual([])
    await expect(receive(dead, owner, { VisibilityTimeout: 0 })).rejects.toMatchObject({
      name: 'KmsDisabled',
    })
    await world.keys.send(new kms.EnableKeyCommand({ KeyId: key }))
    expect(await bodies(dead)).toEqual(['x'])
  })

  test('on a FIFO queue whatever follows in its group waits for it', async () => {
    const key = await world.key()
    const { QueueUrl } = await owner.send(
      new sqs.CreateQueueCommand({
        QueueName: 'order.fifo',
        Attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true', KmsMasterKeyId: key },
      }),
    )
    const put = (MessageBody: string, MessageGroupId: string) =>
      owner.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId }))
    await put('a1', 'a')
    await owner.send(
      new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { KmsMasterKeyId: await world.key() } }),
    )
    await put('a2', 'a')
    await put('b1', 'b')
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: key }))
    await expect(receive(QueueUrl!)).rejects.toMatchObject({ name: 'KmsDisabled' })
    expect(await bodies(QueueUrl!)).toEqual(['b1'])
  })

  test('moving it back decrypts and encrypts in the mover’s name, or fails saying why', async () => {
    const key = await world.key()
    const dead = await make(key)
    const queue = await make(key, {
      VisibilityTimeout: '0',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 1 }),
    })
    await send(queue)
    expect(await bodies(queue)).toEqual(['x'])
    expect(await bodies(queue)).toEqual([])
    const move = async (mover: sqs.SQSClient) => {
      await mover.send(new sqs.StartMessageMoveTaskCommand({ SourceArn: arnOf(dead) }))
      const { Results } = await mover.send(new sqs.ListMessageMoveTasksCommand({ SourceArn: arnOf(dead) }))
      return Results![0]
    }
    expect(await move(await client('sqs-mover-without', may('kms:Decrypt')))).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'KMS.AccessDeniedException',
      ApproximateNumberOfMessagesMoved: 0,
    })
    const mover = await client('sqs-mover', may(['kms:Decrypt', 'kms:GenerateDataKey']))
    expect(await move(mover)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 })
    expect(await bodies(queue)).toEqual(['x'])
  })
})

describe('a service that hands something on is judged by the key’s policy', () => {
  const anyone = (queue: string) => ({
    Policy: JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arnOf(queue) }],
    }),
  })
  const openTo = async (key: string): Promise<string> => {
    const queue = await make(key)
    await owner.send(new sqs.SetQueueAttributesCommand({ QueueUrl: queue, Attributes: anyone(queue) }))
    return queue
  }
  const dataKey = ['kms:GenerateDataKey*', 'kms:Decrypt']
  const events = { Service: 'events.amazonaws.com' }
  const from = (account: string) => ({ StringEquals: { 'aws:SourceAccount': account } })

  test.each<[string, () => Promise<string>, boolean]>([
    ['with a key that does not name it', () => world.key(), false],
    ['with a key that names it', () => world.key(allow(events, dataKey)), true],
    ['for this account', () => world.key(allow(events, dataKey, from(ACCOUNT))), true],
    ['for another account', () => world.key(allow(events, dataKey, from('222222222222'))), false],
    ['without decrypting', () => world.key(allow(events, 'kms:GenerateDataKey')), false],
    ['with AWS’s own key, whose policy nobody can change', async () => 'alias/aws/sqs', false],
  ])('EventBridge %s', async (name, key, arrives) => {
    const bus = new EventBridgeClient(world.owner)
    const [queue, dead] = [await openTo(await key()), await openTo('')]
    const Name = name.replaceAll(/\W/g, '-')
    await bus.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [Name] }) }))
    const target = { Id: 'q', Arn: arnOf(queue), DeadLetterConfig: { Arn: arnOf(dead) } }
    await bus.send(new PutTargetsCommand({ Rule: Name, Targets: [target] }))
    await bus.send(new PutEventsCommand({ Entries: [{ Source: Name, DetailType: 'd', Detail: '{}' }] }))
    const { Messages } = await receive(arrives ? queue : dead, owner, {
      WaitTimeSeconds: 10,
      MessageAttributeNames: ['All'],
    })
    expect(Messages).toHaveLength(1)
    if (!arrives)
      expect(Messages![0]!.MessageAttributes).toMatchObject({
        ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
        ERROR_MESSAGE: { StringValue: expect.stringContaining('Service: AWSKMS') },
      })
  })

  test('SNS: what it cannot deliver goes where it was told, and publishing is no failure', async () => {
    const topics = new SNSClient(world.owner)
    const { TopicArn } = await topics.send(new CreateTopicCommand({ Name: 'news' }))
    const service = { Service: 'sns.amazonaws.com' }
    const [good, bad, dead] = [
      await openTo(await world.key(allow(service, dataKey, { ArnLike: { 'aws:SourceArn': TopicArn } }))),
      await openTo(await world.key()),
      await openTo(''),
    ]
    for (const queue of [good, bad])
      await topics.send(
        new SubscribeCommand({
          TopicArn,
          Protocol: 'sqs',
          Endpoint: arnOf(queue),
          Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead) }) },
        }),
      )
    await topics.send(new PublishCommand({ TopicArn, Message: 'hello' }))
    for (const queue of [good, dead])
      expect(await bodies(queue, owner, { WaitTimeSeconds: 10 })).toHaveLength(1)
    await until(() => world.logged.some((line) => line.includes('dead-letter queue of its subscription')))
    expect(await attribute(bad, 'ApproximateNumberOfMessages')).toBe('0')
  })
})
