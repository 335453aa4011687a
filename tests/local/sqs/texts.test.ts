import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, caller, clock, type Folder, REGION, simpleIam, storeFolder } from './fixture.ts'

const arn = (name: string, account = ACCOUNT, region = REGION) => `arn:aws:sqs:${region}:${account}:${name}`
const url = (name: string) => `http://x/${ACCOUNT}/${name}`

let folder: Folder
let call: ReturnType<typeof caller>

beforeAll(async () => {
  folder = storeFolder()
  const sqs = createSqs({ parts: folder.open(clock().now), iam: simpleIam, baseUrl: () => 'http://x' })
  call = caller(sqs.service)
  await call('CreateQueue', { QueueName: 'q', Attributes: { DelaySeconds: '1', MaximumMessageSize: '1024' } })
  await call('CreateQueue', { QueueName: 'f.fifo', Attributes: { FifoQueue: 'true' } })
  const closed = { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' }
  await call('CreateQueue', { QueueName: 'closed', Attributes: closed })
  const some = { redrivePermission: 'byQueue', sourceQueueArns: [arn('q')] }
  await call('CreateQueue', { QueueName: 'some', Attributes: { RedriveAllowPolicy: JSON.stringify(some) } })
  await call('PurgeQueue', { QueueUrl: url('some') })
})

afterAll(() => folder.remove())

type Call = readonly [operation: string, input: object]
type Refusal = readonly [code: string, message: string]

const invalid = (text: string): Refusal => ['InvalidParameterValueException', text]
const bad = (value: string, parameter: string, reason: string) =>
  invalid(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`)
const missing = (parameter: string): Refusal => [
  'MissingRequiredParameterException',
  `The request must contain the parameter ${parameter}.`,
]
const create = (QueueName: string, Attributes: object = {}): Call => [
  'CreateQueue',
  { QueueName, Attributes },
]
const set = (Attributes: object, name = 'q'): Call => [
  'SetQueueAttributes',
  { QueueUrl: url(name), Attributes },
]
const send = (input: object, name = 'q'): Call => [
  'SendMessage',
  { QueueUrl: url(name), MessageBody: 'x', ...input },
]
const withAttribute = (name: string, value: object) => send({ MessageAttributes: { [name]: value } })
const batch = (entries: object[], name = 'q'): Call => [
  'SendMessageBatch',
  { QueueUrl: url(name), Entries: entries.map((one, n) => ({ Id: `${n}`, MessageBody: 'x', ...one })) },
]
const receive = (input: object, name = 'q'): Call => ['ReceiveMessage', { QueueUrl: url(name), ...input }]
const grant = (input: object): Call => [
  'AddPermission',
  { QueueUrl: url('q'), Label: 'l', AWSAccountIds: [ACCOUNT], Actions: ['ReceiveMessage'], ...input },
]
const redrive = (policy: object, name = 'q'): readonly [Call, string] => {
  const text = JSON.stringify(policy)
  return [set({ RedrivePolicy: text }, name), text]
}
const NAME = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
const ENTRY_ID: Refusal = [
  'InvalidBatchEntryId',
  'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
]
const NOT_FOR_TYPE = 'The request includes a parameter that is not valid for this queue type.'
const NO_DEDUPLICATION =
  'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'
const NO_QUEUE: Refusal = ['QueueDoesNotExist', 'The specified queue does not exist.']

test.each<[Call, Refusal]>([
  [create('a b'), invalid(NAME)],
  [create('a'.repeat(81)), invalid(NAME)],
  [create('a.fifo'), invalid(NAME)],
  [
    create('a', { FifoQueue: 'true' }),
    invalid(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length',
    ),
  ],
  [create('a', { FifoQueue: 'false' }), ['InvalidAttributeName', 'Unknown Attribute FifoQueue.']],
  [create('a', { Colour: 'red' }), ['InvalidAttributeName', 'Unknown Attribute Colour.']],
  [create('a', { QueueArn: 'x' }), ['InvalidAttributeName', 'Unknown Attribute QueueArn.']],
  [
    create('a', { DeduplicationScope: 'queue' }),
    ['InvalidAttributeName', 'You can specify the DeduplicationScope only when FifoQueue is set to true.'],
  ],
  [
    create('a', { MaximumMessageSize: '1023' }),
    ['InvalidAttributeValue', 'Invalid value for the parameter MaximumMessageSize.'],
  ],
  [
    create('a', { MaximumMessageSize: '1048577' }),
    ['InvalidAttributeValue', 'Invalid value for the parameter MaximumMessageSize.'],
  ],
  [create('a', { Policy: '{' }), ['InvalidAttributeValue', 'Invalid value for the parameter Policy.']],
  [
    create('q', { DelaySeconds: '2' }),
    [
      'QueueNameExists',
      'A queue already exists with the same name and a different value for attribute DelaySeconds',
    ],
  ],
  [
    create('f.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' }),
    [
      'QueueNameExists',
      'A queue already exists with the same name and a different value for attribute ContentBasedDeduplication',
    ],
  ],
  [set({ FifoQueue: 'true' }), ['InvalidAttributeName', 'Unknown Attribute FifoQueue.']],
  [
    set({ FifoQueue: 'false' }, 'f.fifo'),
    [
      'InvalidAttributeValue',
      'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
    ],
  ],
  [
    set({ KmsMasterKeyId: 'k', SqsManagedSseEnabled: 'true' }),
    [
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    ],
  ],
  [set({ DelaySeconds: '' }), ['InvalidAttributeValue', 'Invalid value for the parameter DelaySeconds.']],
  [
    set({ RedrivePolicy: '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}' }),
    bad(
      '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}',
      'RedrivePolicy',
      'Invalid value for deadLetterTargetArn.',
    ),
  ],
  [set({ RedrivePolicy: 'x' }), bad('x', 'RedrivePolicy', 'Redrive policy is not a valid JSON map.')],
  ...(
    [
      [{ maxReceiveCount: 1 }, 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.'],
      [
        { deadLetterTargetArn: arn('some') },
        'Redrive policy does not contain mandatory attribute: maxReceiveCount.',
      ],
      [
        { deadLetterTargetArn: arn('some'), maxReceiveCount: 1001 },
        'Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.',
      ],
      [{ deadLetterTargetArn: arn('no'), maxReceiveCount: 1 }, 'Dead letter target does not exist.'],
      [
        { deadLetterTargetArn: arn('some', '222222222222'), maxReceiveCount: 1 },
        'Dead-letter target owner should be same as the source.',
      ],
      [
        { deadLetterTargetArn: arn('some', ACCOUNT, 'us-east-1'), maxReceiveCount: 1 },
        'Dead letter target does not exist.',
      ],
      [
        { deadLetterTargetArn: arn('f.fifo'), maxReceiveCount: 1 },
        'Dead-letter queue must be same type of queue as the source.',
      ],
      [
        { deadLetterTargetArn: arn('closed'), maxReceiveCount: 1 },
        'The RedriveAllowPolicy of the dead-letter queue does not allow this source queue.',
      ],
    ] as const
  ).map(([policy, reason]): [Call, Refusal] => {
    const [change, text] = redrive(policy)
    return [change, bad(text, 'RedrivePolicy', reason)]
  }),
  [
    redrive({ deadLetterTargetArn: arn('some'), maxReceiveCount: 1 }, 'closed')[0],
    ['InvalidParameterValueException', expect.stringContaining('does not allow') as unknown as string],
  ],
  [
    set({ RedriveAllowPolicy: '{"redrivePermission":"byQueue"}' }),
    ['InvalidParameterValueException', expect.stringContaining('from 1 to 10') as unknown as string],
  ],
  [
    set({ FifoThroughputLimit: 'perMessageGroupId' }, 'f.fifo'),
    ['InvalidAttributeValue', expect.stringContaining('only when') as unknown as string],
  ],
  [send({ MessageBody: '' }), missing('MessageBody')],
  [
    send({ MessageBody: 'a\u0000' }),
    [
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    ],
  ],
  [
    send({ MessageBody: 'x'.repeat(1_025) }),
    invalid('One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.'),
  ],
  [send({ DelaySeconds: 901 }), bad('901', 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.')],
  [send({ MessageDeduplicationId: 'd' }), bad('d', 'MessageDeduplicationId', NOT_FOR_TYPE)],
  [
    send({ MessageGroupId: 'a b' }),
    bad(
      'a b',
      'MessageGroupId',
      'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    ),
  ],
  [send({}, 'f.fifo'), missing('MessageGroupId')],
  [send({ MessageGroupId: 'g' }, 'f.fifo'), invalid(NO_DEDUPLICATION)],
  [
    send({ MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 2 }, 'f.fifo'),
    bad('2', 'DelaySeconds', 'The request include parameter that is not valid for this queue type.'),
  ],
  [
    withAttribute('ErrorDetails', { DataType: 'String', StringValue: '' }),
    invalid("Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."),
  ],
  [
    withAttribute('a', { DataType: 'Text', StringValue: 'x' }),
    invalid(
      "The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String.",
    ),
  ],
  [
    send({
      MessageAttributes: Object.fromEntries(
        Array.from({ length: 11 }, (_, n) => [`a${n}`, { DataType: 'String', StringValue: 'x' }]),
      ),
    }),
    invalid('Number of message attributes [11] exceeds the allowed maximum [10].'),
  ],
  [
    batch([]),
    ['EmptyBatchRequest', 'There should be at least one SendMessageBatchRequestEntry in the request.'],
  ],
  [
    ['DeleteMessageBatch', { QueueUrl: url('q'), Entries: [] }],
    ['EmptyBatchRequest', 'There should be at least one DeleteMessageBatchRequestEntry in the request.'],
  ],
  [
    batch(Array.from({ length: 20 }, () => ({}))),
    ['TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10. You have sent 20.'],
  ],
  ...['', 'invalid:id', 'i'.repeat(81)].map((Id): [Call, Refusal] => [batch([{ Id }]), ENTRY_ID]),
  [batch([{ Id: 'a' }, { Id: 'a' }]), ['BatchEntryIdsNotDistinct', 'Id a repeated.']],
  [
    batch([{ MessageBody: 'x'.repeat(1_048_576) }, {}]),
    [
      'BatchRequestTooLong',
      'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
    ],
  ],
  [batch([{}], 'f.fifo'), invalid('The request must contain the parameter MessageGroupId.')],
  [batch([{ MessageGroupId: 'g' }], 'f.fifo'), invalid(NO_DEDUPLICATION)],
  [
    receive({ MaxNumberOfMessages: 11 }),
    bad('11', 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.'),
  ],
  [
    receive({ MaxNumberOfMessages: 0 }),
    bad('0', 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.'),
  ],
  [receive({ WaitTimeSeconds: 21 }), bad('21', 'WaitTimeSeconds', 'Must be >= 0 and <= 20, if provided.')],
  [
    receive({ VisibilityTimeout: 43_201 }),
    bad('43201', 'VisibilityTimeout', 'Must be >= 0 and <= 43200, if provided.'),
  ],
  [receive({ AttributeNames: ['Foo'] }), ['InvalidAttributeName', 'Unknown Attribute Foo.']],
  [receive({ ReceiveRequestAttemptId: 'a' }), bad('a', 'ReceiveRequestAttemptId', NOT_FOR_TYPE)],
  [
    ['DeleteMessage', { QueueUrl: url('q'), ReceiptHandle: 'garbage' }],
    ['ReceiptHandleIsInvalid', 'The input receipt handle "garbage" is not a valid receipt handle.'],
  ],
  [
    ['GetQueueAttributes', { QueueUrl: url('q'), AttributeNames: ['Foo'] }],
    ['InvalidAttributeName', 'Unknown Attribute Foo.'],
  ],
  [['GetQueueUrl', { QueueName: 'no' }], NO_QUEUE],
  [['GetQueueAttributes', { QueueUrl: url('no') }], NO_QUEUE],
  [['GetQueueAttributes', { QueueUrl: 'http://x/nonsense' }], NO_QUEUE],
  [
    ['GetQueueAttributes', { QueueUrl: `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/q` }],
    [
      'InvalidAddress',
      `The address https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/q is not valid for this endpoint.`,
    ],
  ],
  [
    ['PurgeQueue', { QueueUrl: url('some') }],
    ['PurgeQueueInProgress', 'Only one PurgeQueue operation on some is allowed every 60 seconds.'],
  ],
  [grant({ Actions: [] }), missing('Actions')],
  [grant({ AWSAccountIds: [] }), bad('[]', 'PrincipalId', 'Unable to verify.')],
  [
    grant({ Actions: Array(8).fill('SendMessage') }),
    ['OverLimit', '8 Actions were found, maximum allowed is 7.'],
  ],
  [
    grant({ Actions: ['CreateQueue'] }),
    bad('SQS:CreateQueue', 'ActionName', 'Only the queue owner is allowed to invoke this action.'),
  ],
  [['RemovePermission', { QueueUrl: url('q'), Label: 'no' }], bad('no', 'Label', "can't find label.")],
  [['TagQueue', { QueueUrl: url('q'), Tags: {} }], missing('Tags')],
  [
    ['UntagQueue', { QueueUrl: url('q'), TagKeys: [] }],
    invalid('Tag keys must be between 1 and 128 characters in length.'),
  ],
  [
    ['StartMessageMoveTask', { SourceArn: arn('no') }],
    [
      'ResourceNotFoundException',
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    ],
  ],
  [
    ['StartMessageMoveTask', { SourceArn: arn('q') }],
    invalid('Source queue must be configured as a Dead Letter Queue.'),
  ],
  [
    ['CancelMessageMoveTask', { TaskHandle: 'foobared' }],
    invalid('Value for parameter TaskHandle is invalid.'),
  ],
])('%.0j %#', async ([operation, input], [code, message]) => {
  await expect(call(operation, input)).rejects.toMatchObject({ code, message })
})

test('a bad entry of a batch fails by itself, under the query protocol’s code', async () => {
  const { Successful, Failed } = await call(
    ...batch([{}, { DelaySeconds: 1_800 }, { MessageBody: 'x'.repeat(2_000) }]),
  )
  expect(Successful).toMatchObject([{ Id: '0' }])
  expect(Failed).toEqual([
    {
      Id: '1',
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message:
        'Value 1800 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
    },
    {
      Id: '2',
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message: 'One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
    },
  ])
})

test('attributes of FIFO and encrypted queues are shown as AWS shows them; empty ones are taken away', async () => {
  const describe = async (name: string) =>
    (await call('GetQueueAttributes', { QueueUrl: url(name), AttributeNames: ['All'] })).Attributes
  expect(await describe('f.fifo')).toEqual({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ContentBasedDeduplication: 'false',
    CreatedTimestamp: expect.any(String),
    DeduplicationScope: 'queue',
    DelaySeconds: '0',
    FifoQueue: 'true',
    FifoThroughputLimit: 'perQueue',
    LastModifiedTimestamp: expect.any(String),
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    QueueArn: arn('f.fifo'),
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
    VisibilityTimeout: '30',
  })
  await call(...set({ KmsMasterKeyId: 'k', KmsDataKeyReusePeriodSeconds: '6000' }))
  expect(await describe('q')).toMatchObject({
    KmsMasterKeyId: 'k',
    KmsDataKeyReusePeriodSeconds: '6000',
    SqsManagedSseEnabled: 'false',
  })
  await call(...set({ SqsManagedSseEnabled: 'true' }))
  const encrypted = await describe('q')
  expect([encrypted.SqsManagedSseEnabled, encrypted.KmsMasterKeyId]).toEqual(['true', undefined])
  const [change] = redrive({ deadLetterTargetArn: arn('some'), maxReceiveCount: 3 })
  await call(...change)
  expect(await describe('q')).toHaveProperty('RedrivePolicy')
  await call(...set({ RedrivePolicy: '' }))
  expect(await describe('q')).not.toHaveProperty('RedrivePolicy')
  expect(await call('GetQueueAttributes', { QueueUrl: url('q') })).toEqual({})
})
