import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION } from '../sqs/fixture.ts'
import { type Bridge, busArn, openBridge, queueArn } from './bridge.ts'

let bridge: Bridge
beforeAll(async () => {
  bridge = await openBridge()
  await bridge.rule({ Arn: queueArn('q') })
  await bridge.events('CreateEventBus', { Name: 'mine' })
  await bridge.events('PutRule', { Name: 'kept', EventBusName: 'mine', EventPattern: '{"a":["b"]}' })
})
afterAll(() => bridge.close())

const PATTERN = '{"source":["x"]}'
const LONG = 'x'.repeat(65)
const one = (text: string) => `1 validation error detected: ${text}`
const FIFO = queueArn('q.fifo')
const target = (more: object) => ({ Rule: 'r', Targets: [{ Id: 'x', Arn: queueArn('q'), ...more }] })
const transformed = (InputTemplate: string, InputPathsMap?: object) =>
  target({ InputTransformer: { InputTemplate, InputPathsMap } })

const refusals: readonly (readonly [operation: string, input: object, code: string, message: string])[] = [
  [
    'PutRule',
    { Name: 'r' },
    'ValidationException',
    'Parameter(s) EventPattern or ScheduleExpression must be specified.',
  ],
  [
    'PutRule',
    { Name: 'a b', EventPattern: PATTERN },
    'ValidationException',
    one(
      "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    ),
  ],
  [
    'PutRule',
    { Name: LONG, EventPattern: PATTERN, State: 'ON' },
    'ValidationException',
    `2 validation errors detected: Value '${LONG}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64; Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]`,
  ],
  [
    'PutRule',
    { Name: 'r', EventPattern: PATTERN, EventBusName: 'no' },
    'ResourceNotFoundException',
    'Event bus no does not exist.',
  ],
  [
    'PutRule',
    { Name: 's', ScheduleExpression: 'rate(1 minute)', EventBusName: 'mine' },
    'ValidationException',
    'ScheduleExpression is supported only on the default event bus.',
  ],
  ...[
    ...[
      'rate(10 seconds)',
      'rate(10 years)',
      'rate(1 minutes)',
      'rate(2 minute)',
      'rate()',
      'rate(10)',
      'rate(0 minutes)',
    ],
    ...[
      'rate(-1 minutes)',
      'rate(foo minutes)',
      'rate( 10 minutes )',
      ' rate(10 minutes)',
      'rate(10 MINUTES)',
      'at(2031-05-17T09:04:33)',
    ],
    ...[
      'cron()',
      'cron(INVALID)',
      'cron(0 1 * * * *)',
      'cron(0 x ? * MON-FRI *)',
      'cron(71 8 1 * ? *)',
      'cron(7 20 * * NOT *)',
    ],
  ].map(
    (ScheduleExpression) =>
      [
        'PutRule',
        { Name: 's', ScheduleExpression },
        'ValidationException',
        'Parameter ScheduleExpression is not valid.',
      ] as const,
  ),
  [
    'DescribeRule',
    { Name: 'no' },
    'ResourceNotFoundException',
    'Rule no does not exist on EventBus default.',
  ],
  [
    'EnableRule',
    { Name: 'no', EventBusName: 'mine' },
    'ResourceNotFoundException',
    'Rule no does not exist on EventBus mine.',
  ],
  ['DeleteRule', { Name: 'r' }, 'ValidationException', "Rule can't be deleted since it has targets."],
  [
    'ListRules',
    { Limit: 101 },
    'ValidationException',
    one(
      "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    ),
  ],
  ['ListRules', { NextToken: 'made up' }, 'ValidationException', 'NextToken is not valid.'],
  [
    'PutTargets',
    { Rule: 'r', Targets: [{ Id: '!', Arn: queueArn('q') }] },
    'ValidationException',
    one(
      "Value '!' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    ),
  ],
  [
    'PutTargets',
    target({ Arn: 'queue' }),
    'ValidationException',
    'Parameter queue is not valid. Reason: Provided Arn is not in correct format.',
  ],
  [
    'PutTargets',
    target({ Arn: FIFO }),
    'ValidationException',
    'Parameter(s) SqsParameters must be specified for target: x.',
  ],
  [
    'PutTargets',
    target({ Arn: FIFO, SqsParameters: {} }),
    'ValidationException',
    'Parameter(s) MessageGroupId must be specified for target: x.',
  ],
  ['PutTargets', target({ Input: '{' }), 'ValidationException', 'JSON syntax error in input for target x.'],
  [
    'PutTargets',
    target({ InputPath: 'detail' }),
    'ValidationException',
    'InputPath for target x is invalid.',
  ],
  [
    'PutTargets',
    target({ Input: '{}', InputPath: '$' }),
    'ValidationException',
    'Only one of Input, InputPath, or InputTransformer must be provided for target x.',
  ],
  [
    'PutTargets',
    transformed('<no>'),
    'ValidationException',
    'InputTemplate for target x contains invalid placeholder no.',
  ],
  [
    'PutTargets',
    transformed('Moved <a>', { a: '$.detail' }),
    'ValidationException',
    'Invalid InputTemplate for target x : [Source: (String)"Moved null"; line: 1, column: 6].',
  ],
  [
    'PutTargets',
    target({ Arn: busArn('mine') }),
    'ValidationException',
    `RoleArn is required for target ${busArn('mine')}.`,
  ],
  [
    'PutTargets',
    target({ Arn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:m` }),
    'ValidationException',
    `Parameter arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:m is not valid. Reason: the local cloud does not deliver to states targets of this kind.`,
  ],
  [
    'PutTargets',
    target({ RetryPolicy: { MaximumRetryAttempts: 186 } }),
    'ValidationException',
    one(
      "Value '186' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 185",
    ),
  ],
  [
    'PutTargets',
    target({ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }),
    'ValidationException',
    one(
      "Value '59' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60",
    ),
  ],
  ['CreateEventBus', { Name: 'a/b' }, 'ValidationException', "Event bus name must not contain '/'."],
  ['CreateEventBus', { Name: 'mine' }, 'ResourceAlreadyExistsException', 'Event bus mine already exists.'],
  [
    'CreateEventBus',
    { Name: 'default' },
    'ResourceAlreadyExistsException',
    'Event bus default already exists.',
  ],
  ['DescribeEventBus', { Name: 'no' }, 'ResourceNotFoundException', 'Event bus no does not exist.'],
  ['DeleteEventBus', { Name: 'default' }, 'ValidationException', 'Cannot delete event bus default.'],
  [
    'DeleteEventBus',
    { Name: 'mine' },
    'ValidationException',
    "Event bus can't be deleted since it has rules.",
  ],
  [
    'PutPermission',
    { EventBusName: 'no', Action: 'events:PutEvents', Principal: '*', StatementId: 's' },
    'ResourceNotFoundException',
    'Event bus no does not exist.',
  ],
  [
    'PutPermission',
    { Action: 'events:PutRule', Principal: '*', StatementId: 's' },
    'ValidationException',
    "Provided value in parameter 'action' is not supported.",
  ],
  [
    'RemovePermission',
    { StatementId: 'no' },
    'ResourceNotFoundException',
    'Statement with the provided id does not exist.',
  ],
  [
    'TagResource',
    { ResourceARN: `arn:aws:events:${REGION}:${ACCOUNT}:rule/no`, Tags: [] },
    'ResourceNotFoundException',
    'Rule no does not exist on EventBus default.',
  ],
  [
    'ListTagsForResource',
    { ResourceARN: busArn('no') },
    'ResourceNotFoundException',
    'Event bus no does not exist.',
  ],
  [
    'CreateArchive',
    { ArchiveName: 'x'.repeat(49), EventSourceArn: busArn('default') },
    'ValidationException',
    one(
      `Value '${'x'.repeat(49)}' at 'archiveName' failed to satisfy constraint: Member must have length less than or equal to 48`,
    ),
  ],
  [
    'CreateArchive',
    { ArchiveName: 'a', EventSourceArn: busArn('no') },
    'ResourceNotFoundException',
    'Event bus no does not exist.',
  ],
  ['DescribeArchive', { ArchiveName: 'no' }, 'ResourceNotFoundException', 'Archive no does not exist.'],
  ['DeleteArchive', { ArchiveName: 'no' }, 'ResourceNotFoundException', 'Archive no does not exist.'],
  [
    'ListArchives',
    { NamePrefix: 'a', State: 'ENABLED' },
    'ValidationException',
    'At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.',
  ],
  ['DescribeReplay', { ReplayName: 'no' }, 'ResourceNotFoundException', 'Replay no does not exist.'],
  [
    'DescribeConnection',
    { Name: 'no' },
    'ResourceNotFoundException',
    "Failed to describe the connection(s). Connection 'no' does not exist.",
  ],
  [
    'CreateConnection',
    { Name: `a ${LONG}`, AuthorizationType: 'INVALID', AuthParameters: {} },
    'ValidationException',
    `3 validation errors detected: Value 'a ${LONG}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64; Value 'a ${LONG}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; Value 'INVALID' at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]`,
  ],
  [
    'CreateApiDestination',
    { Name: 'd', ConnectionArn: 'no', InvocationEndpoint: 'https://x.test/', HttpMethod: 'LOOK' },
    'ValidationException',
    "2 validation errors detected: Value 'no' at 'connectionArn' failed to satisfy constraint: Member must satisfy regular expression pattern: ^arn:aws([a-z]|\\-)*:events:([a-z]|\\d|\\-)*:([0-9]{12})?:connection\\/[\\.\\-_A-Za-z0-9]+\\/[\\-A-Za-z0-9]+$; Value 'LOOK' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]",
  ],
  [
    'DescribeApiDestination',
    { Name: 'no' },
    'ResourceNotFoundException',
    "Failed to describe the api-destination(s). An api-destination 'no' does not exist.",
  ],
  [
    'TestEventPattern',
    { EventPattern: PATTERN, Event: '"text"' },
    'ValidationException',
    'Parameter Event is not valid.',
  ],
  [
    'TestEventPattern',
    { EventPattern: PATTERN, Event: '{"source":"x"}' },
    'ValidationException',
    'Parameter Event is not valid.',
  ],
  [
    'PutEvents',
    { Entries: [] },
    'ValidationException',
    one(
      "Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  ],
]

describe('is refused in EventBridge’s words', () => {
  test.each(refusals)('%s %j', async (operation, input, code, message) => {
    await expect(bridge.events(operation, input)).rejects.toMatchObject({ code, message })
  })

  test('a secret that is too long is not shown', async () => {
    const secret = 's'.repeat(513)
    const refusal = bridge.events('CreateConnection', {
      Name: 'c',
      AuthorizationType: 'BASIC',
      AuthParameters: { BasicAuthParameters: { Username: 'u', Password: secret } },
    })
    await expect(refusal).rejects.toMatchObject({
      message: one(
        "Value at 'authParameters.basicAuthParameters.password' failed to satisfy constraint: Member must have length less than or equal to 512",
      ),
    })
  })

  test('eleven entries are shown as Java prints them', async () => {
    const entry = { Source: 'x', DetailType: 'd', Detail: '{}', Resources: ['a', 'b'] }
    await expect(bridge.events('PutEvents', { Entries: Array(11).fill(entry) })).rejects.toMatchObject({
      message: expect.stringMatching(
        /^1 validation error detected: Value '\[PutEventsRequestEntry\(time=null, source=x, resources=\[a, b\], detailType=d, detail=\{\}, eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null\), .*\]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10$/,
      ),
    })
  })
})
