import {
  CodeCommitClient,
  CreateRepositoryCommand,
  PutRepositoryTriggersCommand,
  TestRepositoryTriggersCommand,
} from '@aws-sdk/client-codecommit'
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import * as kms from '@aws-sdk/client-kms'
import * as sns from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT, allow, type KeyWorld, may, openKeyWorld, REGION } from '../kms/world.ts'

let world: KeyWorld
let owner: sns.SNSClient
beforeAll(async () => {
  world = await openKeyWorld()
  owner = new sns.SNSClient(world.owner)
})
afterAll(() => world.cloud.stop())

let number = 0
const make = async (KmsMasterKeyId: string): Promise<string> => {
  number += 1
  const made = await owner.send(
    new sns.CreateTopicCommand({ Name: `t${number}`, Attributes: { KmsMasterKeyId } }),
  )
  return made.TopicArn!
}
const publish = (TopicArn: string, client = owner) =>
  client.send(new sns.PublishCommand({ TopicArn, Message: 'x' }))

describe('whoever publishes to an encrypted topic must be allowed to use its key', () => {
  test.each<[string, object[], string | undefined]>([
    ['nothing', [], 'kms:GenerateDataKey'],
    ['a new data key alone', [may('kms:GenerateDataKey')], 'The ciphertext refers to a customer master key'],
    ['decrypting alone', [may('kms:Decrypt')], 'kms:GenerateDataKey'],
    ['both', [may(['kms:GenerateDataKey*', 'kms:Decrypt'])], undefined],
  ])('with %s', async (name, statements, missing) => {
    const topic = await make(await world.key())
    const who = new sns.SNSClient(
      await world.user(`sns-${name.replaceAll(' ', '-')}`, may('sns:*'), ...statements),
    )
    const batch = new sns.PublishBatchCommand({
      TopicArn: topic,
      PublishBatchRequestEntries: [{ Id: 'a', Message: 'x' }],
    })
    if (missing === undefined) {
      await publish(topic, who)
      await who.send(batch)
      return
    }
    for (const work of [publish(topic, who), who.send(batch)])
      await expect(work).rejects.toMatchObject({
        name: 'KMSAccessDeniedException',
        Code: 'KMSAccessDenied',
        message: expect.stringMatching(new RegExp(`${missing}.* \\(Service: AWSKMS; Status Code: 400; `)),
      })
  })

  test('a key that cannot be used at all stops everybody', async () => {
    const key = await world.key()
    const topic = await make(key)
    await publish(topic)
    await world.keys.send(new kms.DisableKeyCommand({ KeyId: key }))
    await expect(publish(topic)).rejects.toMatchObject({ name: 'KMSDisabledException', Code: 'KMSDisabled' })
    await world.keys.send(new kms.ScheduleKeyDeletionCommand({ KeyId: key }))
    await expect(publish(topic)).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
    await expect(publish(await make('alias/none'))).rejects.toMatchObject({ name: 'KMSNotFoundException' })
    const who = new sns.SNSClient(await world.user('sns-managed', may('sns:*')))
    await publish(await make('alias/aws/sns'), who)
  })
})

describe('a service that publishes is judged by the key’s policy', () => {
  const queue = async (name: string): Promise<{ QueueUrl: string; arn: string }> => {
    const sqs = new SQSClient(world.owner)
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
    const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
    const Policy = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn }],
    })
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
    return { QueueUrl: QueueUrl!, arn }
  }
  const arrival = async (QueueUrl: string) => {
    const { Messages } = await new SQSClient(world.owner).send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }),
    )
    return Messages ?? []
  }
  const dataKey = ['kms:GenerateDataKey*', 'kms:Decrypt']
  const events = { Service: 'events.amazonaws.com' }

  test.each<[string, () => Promise<string>, boolean]>([
    ['without a word of it', () => world.key(), false],
    ['that names it', () => world.key(allow(events, dataKey)), true],
    // SNS developer guide: EventBridge tells a topic's key nothing of its source
    [
      'that names it for this account',
      () => world.key(allow(events, dataKey, { StringEquals: { 'aws:SourceAccount': ACCOUNT } })),
      false,
    ],
    ['of AWS’s own', async () => 'alias/aws/sns', false],
  ])('EventBridge, by a key %s', async (name, key, arrives) => {
    const Name = name.replaceAll(/\W/g, '-')
    const topic = await make(await key())
    await owner.send(
      new sns.SetTopicAttributesCommand({
        TopicArn: topic,
        AttributeName: 'Policy',
        AttributeValue: JSON.stringify({
          Statement: [{ Effect: 'Allow', Principal: events, Action: 'sns:Publish', Resource: topic }],
        }),
      }),
    )
    const [read, dead] = [await queue(`read-${Name}`), await queue(`dead-${Name}`)]
    await owner.send(new sns.SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: read.arn }))
    const bus = new EventBridgeClient(world.owner)
    await bus.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [Name] }) }))
    const target = { Id: 't', Arn: topic, DeadLetterConfig: { Arn: dead.arn } }
    await bus.send(new PutTargetsCommand({ Rule: Name, Targets: [target] }))
    await bus.send(new PutEventsCommand({ Entries: [{ Source: Name, DetailType: 'd', Detail: '{}' }] }))
    expect(await arrival((arrives ? read : dead).QueueUrl)).toHaveLength(1)
  })

  test.each([
    [true, 'codecommit.amazonaws.com'],
    [false, 'events.amazonaws.com'],
  ])('CodeCommit’s triggers reach it: %s when the key names %s', async (arrives, Service) => {
    const codecommit = new CodeCommitClient(world.owner)
    const repositoryName = `orchard-${arrives}`
    await codecommit.send(new CreateRepositoryCommand({ repositoryName }))
    const trigger = {
      name: 't',
      destinationArn: await make(await world.key(allow({ Service }, dataKey))),
      branches: [],
      events: ['all' as const],
    }
    const input = { repositoryName, triggers: [trigger] }
    await codecommit.send(new PutRepositoryTriggersCommand(input))
    const tried = await codecommit.send(new TestRepositoryTriggersCommand(input))
    expect(tried.successfulExecutions).toEqual(arrives ? ['t'] : [])
    expect(tried.failedExecutions).toHaveLength(arrives ? 0 : 1)
  })
})
