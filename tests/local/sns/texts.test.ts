import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION } from '../sqs/fixture.ts'
import { openWorld, type World } from './world.ts'

const arn = (name: string, region = REGION) => `arn:aws:sns:${region}:${ACCOUNT}:${name}`
const TopicArn = arn('t')
const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:q`
const ID = '2bcfbf39-05c3-41de-beaa-fcfcc21c8f55'

let world: World
let SubscriptionArn: string

beforeAll(async () => {
  world = await openWorld()
  await world.topics('CreateTopic', { Name: 't', Tags: [{ Key: 'a', Value: '1' }] })
  await world.topics('CreateTopic', { Name: 'f.fifo', Attributes: { FifoTopic: 'true' } })
  const Attributes = { RawMessageDelivery: 'true' }
  ;({ SubscriptionArn } = await world.topics('Subscribe', {
    TopicArn,
    Protocol: 'sqs',
    Endpoint: queue,
    Attributes,
  }))
})

afterAll(() => world.stop())

const invalid = (text: string) => ['InvalidParameter', `Invalid parameter: ${text}`] as const
const value = (text: string) => ['ParameterValueInvalid', text] as const
const elements = (parameter: string, count: number) =>
  invalid(`${parameter} Reason: An ARN must have at least 6 elements, not ${count}`)
const FIFO_NAME = [
  'InvalidParameter',
  'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
] as const

const text = (StringValue: string) => ({ DataType: 'String', StringValue })
const publish = (input: object) => ['Publish', { TopicArn, Message: 'x', ...input }] as const
const attribute = (name: string, given: object) => publish({ MessageAttributes: { [name]: given } })
const subscribe = (input: object) =>
  ['Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: queue, ...input }] as const
const subscribeWith = (Attributes: object) => subscribe({ Endpoint: `${queue}2`, Attributes })
const set = (AttributeName: string, AttributeValue: string) =>
  ['SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue }] as const
const setTopic = (AttributeName: string, AttributeValue: string) =>
  ['SetTopicAttributes', { TopicArn, AttributeName, AttributeValue }] as const

type Call = readonly [operation: string, input: object]
type Refusal = readonly [code: string, message: string]

describe('topics', () => {
  test.each<[Call, Refusal]>([
    [['CreateTopic', { Name: '' }], invalid('Topic Name')],
    [['CreateTopic', { Name: 'a'.repeat(257) }], invalid('Topic Name')],
    [['CreateTopic', { Name: 'a:b' }], invalid('Topic Name')],
    [['CreateTopic', { Name: 'a.fifo' }], invalid('Topic Name')],
    [['CreateTopic', { Name: 'a', Attributes: { FifoTopic: 'true' } }], FIFO_NAME],
    [['CreateTopic', { Name: 'n', Attributes: { Colour: 'red' } }], invalid('AttributeName')],
    [
      ['CreateTopic', { Name: 't', Attributes: { DisplayName: 'x' } }],
      invalid('Attributes Reason: Topic already exists with different attributes'),
    ],
    [
      ['CreateTopic', { Name: 't', Tags: [{ Key: 'b', Value: '1' }] }],
      invalid('Tags Reason: Topic already exists with different tags'),
    ],
    [
      ['TagResource', { ResourceArn: TopicArn, Tags: ['1', '2'].map((Value) => ({ Key: 'a', Value })) }],
      invalid('Duplicated keys are not allowed.'),
    ],
    [
      [
        'TagResource',
        {
          ResourceArn: TopicArn,
          Tags: Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: 'v' })),
        },
      ],
      ['TagLimitExceeded', 'Could not complete request: tag quota of per resource exceeded'],
    ],
    [
      ['ListTagsForResource', { ResourceArn: arn('no') }],
      ['ResourceNotFound', 'Resource does not exist'],
    ],
    [
      ['GetTopicAttributes', { TopicArn: arn('no') }],
      ['NotFound', 'Topic does not exist'],
    ],
    [['GetTopicAttributes', { TopicArn: 'topic' }], elements('TopicArn', 1)],
    [['GetTopicAttributes', { TopicArn: arn('t', 'us-east-1') }], invalid('TopicArn')],
    [['DeleteTopic', { TopicArn: arn('t', 'us-east-1') }], invalid('TopicArn')],
    [setTopic('FifoTopic', 'false'), invalid('AttributeName')],
    [setTopic('ContentBasedDeduplication', 'true'), invalid('AttributeName')],
    [setTopic('Policy', '{'), invalid('Policy failed to parse JSON string')],
    [setTopic('ArchivePolicy', '{}'), invalid('ArchivePolicy is not served by this local cloud')],
    [
      ['AddPermission', { TopicArn, Label: 'l', AWSAccountId: ['222222222222'], ActionName: ['NotExists'] }],
      invalid('Policy statement action out of service scope!'),
    ],
  ])('%.0j %#', async ([operation, input], [code, message]) => {
    await expect(world.topics(operation, input)).rejects.toMatchObject({ code, message })
  })
})

describe('publishing', () => {
  const tooLong = 'x'.repeat(262_145)
  const batch = (...entries: object[]) =>
    [
      'PublishBatch',
      { TopicArn, PublishBatchRequestEntries: entries.map((one, n) => ({ Id: `${n}`, ...one })) },
    ] as const
  test.each<[Call, Refusal]>([
    [publish({ Subject: '' }), invalid('Subject')],
    [publish({ Subject: 'x'.repeat(101) }), invalid('Subject')],
    [publish({ Message: '' }), invalid('Empty message')],
    [publish({ Message: tooLong }), invalid('Message too long')],
    [
      publish({ Message: tooLong.slice(5), MessageAttributes: { a: text('b') } }),
      invalid('Message too long'),
    ],
    [publish({ TopicArn: arn('no') }), ['NotFound', 'Topic does not exist']],
    [publish({ TopicArn: 'randomstring' }), elements('TopicArn', 1)],
    [publish({ TopicArn: 'randomstring:1' }), elements('TopicArn', 2)],
    [publish({ TopicArn: '' }), elements('TopicArn', 1)],
    [publish({ TopicArn: arn('t', 'us-east-1') }), invalid('TopicArn')],
    [
      publish({ TopicArn: undefined }),
      invalid('TopicArn or TargetArn Reason: no value for required parameter'),
    ],
    [
      publish({
        TopicArn: undefined,
        TargetArn: `arn:aws:sns:${REGION}:${ACCOUNT}:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66`,
      }),
      invalid('TargetArn Reason: No endpoint found for the target arn specified'),
    ],
    [
      publish({ TopicArn: undefined, PhoneNumber: '+1a234' }),
      invalid('PhoneNumber Reason: +1a234 is not valid to publish to'),
    ],
    [
      publish({ TopicArn: undefined, PhoneNumber: '+15551234567' }),
      invalid('PhoneNumber is not served by this local cloud'),
    ],
    [
      publish({ Message: '{"email":"x"}', MessageStructure: 'json' }),
      invalid('Message Structure - No default entry in JSON message body'),
    ],
    [
      publish({ Message: '{"default":1}', MessageStructure: 'json' }),
      invalid('Message Structure - No default entry in JSON message body'),
    ],
    [
      publish({ Message: '{', MessageStructure: 'json' }),
      invalid('Message Structure - JSON message body failed to parse'),
    ],
    [
      publish({ MessageDeduplicationId: 'd' }),
      invalid(
        'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
      ),
    ],
    [
      publish({ TopicArn: arn('f.fifo') }),
      invalid('The MessageGroupId parameter is required for FIFO topics'),
    ],
    [
      publish({ TopicArn: arn('f.fifo'), MessageGroupId: 'g' }),
      invalid(
        'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      ),
    ],
    [
      batch({ Message: 'x' }, { Message: 'x', MessageAttributes: { a: text('') } }),
      value(
        "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
      ),
    ],
    [
      batch({ Message: tooLong.slice(3) }, { Message: 'xxx' }),
      ['BatchRequestTooLong', 'The length of all the messages put together is more than the limit.'],
    ],
    [
      batch(...Array.from({ length: 11 }, () => ({ Message: 'x' }))),
      ['TooManyEntriesInBatchRequest', 'The batch request contains more entries than permissible.'],
    ],
    [
      batch({ Id: 'a', Message: 'x' }, { Id: 'a', Message: 'x' }),
      ['BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.'],
    ],
  ])('%.0j %#', async ([operation, input], [code, message]) => {
    await expect(world.topics(operation, input)).rejects.toMatchObject({ code, message })
  })

  test.each<[string, object, string]>([
    [
      'attr1',
      { DataType: 'Binary', BinaryValue: new Uint8Array() },
      "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'Binary'.",
    ],
    [
      'attr1',
      { DataType: 'String', BinaryValue: Uint8Array.of(1) },
      "The message attribute 'attr1' with type 'String' must use field 'String'.",
    ],
    [
      'attr1',
      { DataType: 'Number', BinaryValue: Uint8Array.of(1) },
      "The message attribute 'attr1' with type 'Number' must use field 'String'.",
    ],
    [
      'attr1',
      { DataType: 'Binary', StringValue: 'x' },
      "The message attribute 'attr1' with type 'Binary' must use field 'Binary'.",
    ],
    [
      'attr1',
      { DataType: 'InvalidType', StringValue: 'x' },
      "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
    ],
    ['a'.repeat(257), text('x'), 'Length of message attribute name must be less than 256 bytes.'],
    [
      'a^b',
      text('x'),
      "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
    ],
    ['.a', text('x'), "Invalid message attribute name starting with character '.' was found."],
    ['a.', text('x'), "Invalid message attribute name ending with character '.' was found."],
    ['a..b', text('x'), "Message attribute name can not have successive '.' character."],
  ])('attribute %.10s %#', async (name, given, message) => {
    const [operation, input] = attribute(name, given)
    await expect(world.topics(operation, input)).rejects.toMatchObject({
      code: 'ParameterValueInvalid',
      message,
    })
  })

  test.each([
    { DataType: 'String.prefixed', StringValue: 'x' },
    { DataType: 'Number.prefixed', StringValue: '1' },
  ])('takes %j', async (given) => {
    await world.topics(...attribute('a', given))
  })
})

describe('subscriptions', () => {
  test.each<[Call, Refusal]>([
    [subscribe({ TopicArn: 'randomstring' }), elements('TopicArn', 1)],
    [subscribe({ TopicArn: 'arn:aws:sns:us-east-1:random' }), elements('TopicArn', 5)],
    [subscribe({ TopicArn: arn('no') }), ['NotFound', 'Topic does not exist']],
    [subscribe({ TopicArn: arn('t', 'us-east-1') }), invalid('TopicArn')],
    [
      subscribe({ Protocol: 'test-protocol' }),
      invalid('Amazon SNS does not support this protocol string: test-protocol'),
    ],
    [subscribe({ Endpoint: 'https://sqs.x/1/q' }), invalid('SQS endpoint ARN')],
    [
      subscribe({ Endpoint: `${queue}.fifo` }),
      invalid(
        'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
      ),
    ],
    [
      subscribe({ Protocol: 'sms', Endpoint: 'NAA+15551234567' }),
      invalid('Invalid SMS endpoint: NAA+15551234567'),
    ],
    [
      subscribe({ Protocol: 'sms', Endpoint: '+15551234567' }),
      invalid('Protocol sms is not served by this local cloud'),
    ],
    [
      subscribe({ Protocol: 'http', Endpoint: 'https://x.org' }),
      invalid('Endpoint must match the specified protocol'),
    ],
    [
      subscribe({ Attributes: { RawMessageDelivery: 'false' } }),
      invalid('Attributes Reason: Subscription already exists with different attributes'),
    ],
    [
      subscribeWith({ RawMessageDelivery: 'wrongvalue' }),
      invalid('Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.'),
    ],
    [
      subscribeWith({ FilterPolicy: '{"key": [["value"]]}' }),
      invalid(
        'Attributes Reason: FilterPolicy: Match value must be String, number, true, false, or null\n at [Source: (String)"{"key":[["value"]]}"; line: 1, column: 10]',
      ),
    ],
    [subscribeWith({ Colour: 'red' }), invalid('AttributeName')],
    [set('fake', 'x'), invalid('AttributeName')],
    [
      set('RawMessageDelivery', 'test-ValUe'),
      invalid('RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.'),
    ],
    [set('RawMessageDelivery', ''), invalid('RawMessageDelivery: Invalid value []. Must be true or false.')],
    [
      set('RedrivePolicy', '{"deadLetterTargetArn":"fake-arn"}'),
      invalid('RedrivePolicy: deadLetterTargetArn is an invalid arn'),
    ],
    [
      set('RedrivePolicy', '{invalid}'),
      invalid(
        "RedrivePolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]",
      ),
    ],
    [
      set('FilterPolicyScope', 'RandomValue'),
      invalid(
        'FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes',
      ),
    ],
    [
      set('FilterPolicy', '{"object":{"key":[{"prefix":"auto-"}]}}'),
      invalid('Filter policy scope MessageAttributes does not support nested filter policy'),
    ],
    [['Unsubscribe', { SubscriptionArn: 'randomstring' }], elements('SubscriptionArn', 1)],
    [['Unsubscribe', { SubscriptionArn: 'arn:aws:sns:us-east-1:random' }], elements('SubscriptionArn', 5)],
    [['Unsubscribe', { SubscriptionArn: TopicArn }], invalid('SubscriptionId')],
    [['Unsubscribe', {}], invalid('SubscriptionArn Reason: no value for required parameter')],
    [['GetSubscriptionAttributes', { SubscriptionArn: `${TopicArn}:x` }], invalid('SubscriptionId')],
    [
      ['GetSubscriptionAttributes', { SubscriptionArn: `${TopicArn}:${ID}` }],
      ['NotFound', 'Subscription does not exist'],
    ],
    [
      [
        'Subscribe',
        {
          TopicArn: arn('f.fifo'),
          Protocol: 'sqs',
          Endpoint: `${queue}.fifo`,
          Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queue }) },
        },
      ],
      invalid(
        'Attributes Reason: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.',
      ),
    ],
  ])('%.0j %#', async ([operation, input], [code, message]) => {
    const given = operation === 'SetSubscriptionAttributes' ? { ...input, SubscriptionArn } : input
    await expect(world.topics(operation, given)).rejects.toMatchObject({ code, message })
  })

  test('the same again is the same subscription, whatever of its attributes is named', async () => {
    for (const Attributes of [{ RawMessageDelivery: 'true' }, {}, undefined])
      expect(await world.topics(...subscribe({ Attributes }))).toEqual({ SubscriptionArn })
    await world.topics('Unsubscribe', { SubscriptionArn: `${TopicArn}:${ID}` })
  })
})

test('a scope is shown with a policy only, and both go with it', async () => {
  const describe = async () =>
    (await world.topics('GetSubscriptionAttributes', { SubscriptionArn })).Attributes
  const change = async (AttributeName: string, AttributeValue: string) =>
    world.topics('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue })
  expect(await describe()).toEqual({
    ConfirmationWasAuthenticated: 'true',
    Endpoint: queue,
    Owner: ACCOUNT,
    PendingConfirmation: 'false',
    Protocol: 'sqs',
    RawMessageDelivery: 'true',
    SubscriptionArn,
    SubscriptionPrincipal: `arn:aws:iam::${ACCOUNT}:user/nina`,
    TopicArn,
  })
  await change('FilterPolicyScope', 'MessageBody')
  expect(await describe()).not.toHaveProperty('FilterPolicyScope')
  await change('FilterPolicy', '{"object":{"key":[{"prefix":"auto-"}]}}')
  expect(await describe()).toMatchObject({ FilterPolicyScope: 'MessageBody' })
  await change('FilterPolicy', '{}')
  expect(await describe()).not.toHaveProperty('FilterPolicy')
})

test('a topic is described as AWS does it', async () => {
  const { TopicArn: made } = await world.topics('CreateTopic', {
    Name: 'seen.fifo',
    Attributes: { FifoTopic: 'true', DisplayName: 'Seen', SignatureVersion: '2' },
  })
  const { Policy, EffectiveDeliveryPolicy, ...rest } = (
    await world.topics('GetTopicAttributes', { TopicArn: made })
  ).Attributes
  expect(rest).toEqual({
    ContentBasedDeduplication: 'false',
    DisplayName: 'Seen',
    FifoTopic: 'true',
    Owner: ACCOUNT,
    SignatureVersion: '2',
    SubscriptionsConfirmed: '0',
    SubscriptionsDeleted: '0',
    SubscriptionsPending: '0',
    TopicArn: made,
  })
  expect(JSON.parse(Policy).Statement[0]).toMatchObject({ Sid: '__default_statement_ID', Resource: made })
  expect(EffectiveDeliveryPolicy).toBe(
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}',
  )
  const plain = await world.topics('CreateTopic', { Name: 'plain', Attributes: { FifoTopic: 'false' } })
  expect((await world.topics('GetTopicAttributes', plain)).Attributes).not.toHaveProperty('FifoTopic')
})

test('topics and subscriptions come by the hundred', async () => {
  for (let n = 0; n < 101; n += 1) {
    await world.topics('CreateTopic', { Name: `many-${n}` })
    await world.topics('Subscribe', { TopicArn: arn('f.fifo'), Protocol: 'sqs', Endpoint: `${queue}-${n}` })
  }
  const first = await world.topics('ListTopics')
  expect(first.Topics).toHaveLength(100)
  const second = await world.topics('ListTopics', { NextToken: first.NextToken })
  expect([second.Topics.length >= 3, second.NextToken]).toEqual([true, undefined])
  const page = await world.topics('ListSubscriptionsByTopic', { TopicArn: arn('f.fifo') })
  const rest = await world.topics('ListSubscriptionsByTopic', {
    TopicArn: arn('f.fifo'),
    NextToken: page.NextToken,
  })
  expect([page.Subscriptions.length, rest.Subscriptions.length]).toEqual([100, 1])
})

test('permissions are statements of the policy', async () => {
  const policy = async () =>
    JSON.parse((await world.topics('GetTopicAttributes', { TopicArn })).Attributes.Policy).Statement.slice(1)
  const grant = { TopicArn, Label: 'shared', AWSAccountId: ['222222222222'], ActionName: ['Publish'] }
  await world.topics('AddPermission', grant)
  expect(await policy()).toEqual([
    {
      Sid: 'shared',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::222222222222:root' },
      Action: 'SNS:Publish',
      Resource: TopicArn,
    },
  ])
  await expect(world.topics('AddPermission', grant)).rejects.toMatchObject({
    message: 'Invalid parameter: Statement already exists',
  })
  await world.topics('RemovePermission', { TopicArn, Label: 'shared' })
  expect(await policy()).toEqual([])
})

test('IAM is asked about the topic, with its policy; another account needs that policy to name it', () => {
  const ask = (operation: string, input: object, account = ACCOUNT) =>
    world.sns.service.permissions?.(operation, input, {
      service: 'sns',
      operation,
      region: REGION,
      account,
      requestId: '',
      caller: { account, arn: '', userId: '', kind: 'user' },
    })
  const resourcePolicy = expect.objectContaining({ Id: '__default_policy_ID' })
  expect(ask('PublishBatch', { TopicArn })).toEqual([
    { action: 'sns:Publish', resource: TopicArn, resourcePolicy },
  ])
  expect(ask('Publish', { TopicArn }, '222222222222')).toEqual([
    { action: 'sns:Publish', resource: TopicArn, resourcePolicy },
  ])
  expect(ask('Publish', { TopicArn: arn('no') }, '222222222222')).toMatchObject([
    { resourcePolicy: { Statement: [] } },
  ])
  expect(ask('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: queue })).toMatchObject([
    { context: { 'sns:Protocol': 'sqs', 'sns:Endpoint': queue } },
  ])
  expect(ask('CreateTopic', { Name: 'n', Tags: [{ Key: 'a', Value: 'b' }] })).toMatchObject([
    { action: 'sns:CreateTopic', resource: arn('n') },
    { action: 'sns:TagResource', resource: arn('n') },
  ])
  expect(ask('ConfirmSubscription', { TopicArn, Token: 'x' })).toEqual([])
})
