import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { EventBridge, EventFault, Sqs } from '../../../local/contracts.ts'
import { createEventBridge } from '../../../local/eventbridge/eventbridge.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import type { Envelope, Wires } from '../../../local/gateway/wires.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import {
  ACCOUNT,
  ALLOW,
  caller,
  callOf,
  type Folder,
  REGION,
  simpleIam,
  storeFolder,
} from '../sqs/fixture.ts'

const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`

const envelope: Envelope = {
  version: '0',
  id: 'e-1',
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: ACCOUNT,
  time: '2031-05-17T09:04:33Z',
  region: REGION,
  resources: [`arn:aws:codecommit:${REGION}:${ACCOUNT}:orchard-api`],
  detail: { referenceName: 'main', author: 'Ann "Nina" Li' },
}

let folder: Folder
let sqs: Sqs
let bridge: EventBridge
let events: ReturnType<typeof caller>
let queues: ReturnType<typeof caller>
/** what stands in for functions: each test says what invoking does */
let invoke: Wires['invokeAsync']

const open = (fault?: EventFault) => {
  const parts = folder.open()
  const allowed = { ...simpleIam, authorize: () => {} }
  sqs = createSqs({ parts, iam: allowed, baseUrl: () => 'http://x' })
  bridge = createEventBridge({
    parts,
    iam: allowed,
    wires: {
      sendMessage: sqs.send,
      publish: async () => {
        throw new AwsError('NotFound', 'Topic does not exist', 404)
      },
      invokeAsync: (...given) => invoke(...given),
    },
    fault,
    random: () => 0,
  })
  events = caller(bridge.service)
  queues = caller(sqs.service)
}
const close = async () => {
  await bridge.stop()
  await sqs.stop()
}

beforeEach(async () => {
  folder = storeFolder()
  invoke = async () => {}
  open()
  await queues('CreateQueue', { QueueName: 'q', Attributes: { Policy: ALLOW } })
  await queues('CreateQueue', { QueueName: 'dead', Attributes: { Policy: ALLOW } })
  await queues('CreateQueue', { QueueName: 'closed' })
})

afterEach(async () => {
  await close()
  folder.remove()
})

const rule = async (target: object, EventPattern: object = { source: ['aws.codecommit'] }, Name = 'r') => {
  await events('PutRule', { Name, EventPattern: JSON.stringify(EventPattern) })
  await events('PutTargets', { Rule: Name, Targets: [{ Id: 't', ...target }] })
}
const receive = async (name = 'q', waitMs = 10_000) => {
  const got = await sqs.receive(queueArn(name), 10, waitMs)
  return got.map((message) => message.body)
}

describe('from an event to its targets', () => {
  test('the whole envelope reaches the queue of a matching rule, and a listener', async () => {
    const seen: string[] = []
    const end = bridge.watch((event) => seen.push(event.id))
    await rule({ Arn: queueArn('q') })
    bridge.emit({ ...envelope, id: 'other', source: 'aws.ecs' })
    bridge.emit(envelope)
    expect((await receive()).map((body) => JSON.parse(body))).toEqual([envelope])
    end()
    bridge.emit(envelope)
    expect(seen).toEqual(['other', 'e-1'])
  })

  test('a disabled rule stays silent until enabled', async () => {
    await rule({ Arn: queueArn('q') })
    await events('DisableRule', { Name: 'r' })
    bridge.emit({ ...envelope, id: 'lost' })
    await events('EnableRule', { Name: 'r' })
    bridge.emit(envelope)
    expect((await receive()).map((body) => JSON.parse(body).id)).toEqual(['e-1'])
  })

  test.each([
    [{ Input: '{"a":1}' }, '{"a":1}'],
    [{ InputPath: '$.detail' }, JSON.stringify(envelope.detail)],
    [{ InputPath: '$.resources[0]' }, JSON.stringify(envelope.resources[0])],
    [{ InputPath: "$['detail-type']" }, JSON.stringify(envelope['detail-type'])],
    [
      {
        InputTransformer: {
          InputPathsMap: { ref: '$.detail.referenceName', no: '$.detail.no' },
          InputTemplate: '{"ref":<ref>,"says":"moved <ref><no>","rule":"<aws.events.rule-name>"}',
        },
      },
      '{"ref":"main","says":"moved main","rule":"r"}',
    ],
    [{ InputTransformer: { InputTemplate: '<aws.events.event.json>' } }, JSON.stringify(envelope)],
    [
      { InputTransformer: { InputPathsMap: { who: '$.detail.author' }, InputTemplate: '"by <who>"' } },
      '"by Ann "Nina" Li"',
    ],
    [
      // in a text, objects lose their quotes
      { InputTransformer: { InputPathsMap: { all: '$.detail' }, InputTemplate: '"of <all>"' } },
      '"of {referenceName:main,author:Ann \\Nina\\ Li}"',
    ],
    [
      {
        InputTransformer: {
          InputPathsMap: { all: '$.detail', no: '$.no' },
          InputTemplate: '{"all":<all>,"no":<no>}',
        },
      },
      `{"all":${JSON.stringify(envelope.detail)},"no":""}`,
    ],
    [
      {
        InputTransformer: {
          InputPathsMap: { a: '$.resources', t: "$['detail-type']" },
          InputTemplate: '"<t>"\n"of <a>"',
        },
      },
      `"CodeCommit Repository State Change"\n"of [arn:aws:codecommit:${REGION}:${ACCOUNT}:orchard-api]"`,
    ],
    [
      { InputTransformer: { InputTemplate: '{"rule":<aws.events.rule-arn>,"head":<aws.events.event>}' } },
      JSON.stringify({
        rule: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
        head: Object.fromEntries(Object.entries(envelope).filter(([name]) => name !== 'detail')),
      }),
    ],
  ])('input %j', async (input, expected) => {
    await rule({ Arn: queueArn('q'), ...input })
    bridge.emit(envelope)
    expect(await receive()).toEqual([expected])
  })

  test('a template that a value makes no JSON is not delivered', async () => {
    await rule({
      Arn: queueArn('q'),
      InputTransformer: { InputPathsMap: { who: '$.detail.author' }, InputTemplate: '{"who":"<who>"}' },
      DeadLetterConfig: { Arn: queueArn('dead') },
    })
    bridge.emit(envelope)
    expect((await receive('dead')).map((body) => JSON.parse(body))).toEqual([envelope])
    expect(await receive('q', 1)).toEqual([])
  })

  test('faults drop, double and delay', async () => {
    await close()
    open((event) =>
      event.id === 'dropped'
        ? []
        : [
            { envelope: event, delayMs: 20 },
            { envelope: event, delayMs: 0 },
          ],
    )
    await rule({ Arn: queueArn('q') })
    bridge.emit({ ...envelope, id: 'dropped' })
    bridge.emit(envelope)
    expect(await receive()).toHaveLength(1)
    expect(await receive()).toHaveLength(1)
    expect(await receive('q', 1)).toEqual([])
  })
})

describe('deliveries that fail', () => {
  test('are tried again while the target is at fault', async () => {
    let calls = 0
    const arrived = new Promise<string>((resolve) => {
      invoke = async (_, payload) => {
        calls += 1
        if (calls === 1) throw new AwsError('ServiceException', 'boom', 500)
        if (calls === 2) throw new AwsError('TooManyRequestsException', 'slow down', 429)
        resolve(payload)
      }
    })
    await rule({ Arn: functionArn })
    bridge.emit(envelope)
    expect(JSON.parse(await arrived)).toEqual(envelope)
    expect(calls).toBe(3)
  })

  test.each([
    ['closed', 'NO_PERMISSIONS'],
    ['none', 'NO_RESOURCE'],
  ])('go to the dead-letter queue at once when the target is %s', async (name, code) => {
    await rule({ Arn: queueArn(name), DeadLetterConfig: { Arn: queueArn('dead') } })
    bridge.emit(envelope)
    const [dead] = await sqs.receive(queueArn('dead'), 1, 10_000)
    expect(JSON.parse(dead!.body)).toEqual(envelope)
    const attributes = Object.fromEntries(
      Object.entries(dead!.messageAttributes).map(([key, value]) => [key, value.stringValue]),
    )
    expect(attributes).toMatchObject({
      RULE_ARN: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
      TARGET_ARN: queueArn(name),
      ERROR_CODE: code,
      RETRY_ATTEMPTS: '0',
    })
    expect(attributes.EXHAUSTED_RETRY_CONDITION).toBeUndefined()
  })

  test('end in the dead-letter queue after the last retry', async () => {
    invoke = async () => {
      throw new Error('no process')
    }
    await rule({
      Arn: functionArn,
      RetryPolicy: { MaximumRetryAttempts: 1 },
      DeadLetterConfig: { Arn: queueArn('dead') },
    })
    bridge.emit(envelope)
    const [dead] = await sqs.receive(queueArn('dead'), 1, 10_000)
    expect(dead!.messageAttributes).toMatchObject({
      EXHAUSTED_RETRY_CONDITION: { stringValue: 'MaximumRetryAttempts' },
      RETRY_ATTEMPTS: { stringValue: '1' },
    })
  })
})

describe('PutEvents', () => {
  const entry = { Source: 'codecommit-relay', DetailType: 'Replica Updated', Detail: '{"refs":3}' }

  test('accepts and refuses entry by entry', async () => {
    await rule({ Arn: queueArn('q') }, { source: ['codecommit-relay'] })
    const answer = await events('PutEvents', {
      Entries: [
        entry,
        { ...entry, Source: 'aws.codecommit' },
        { ...entry, Detail: '[1]' },
        { ...entry, Detail: '{' },
        { ...entry, Source: '' },
        { ...entry, DetailType: 'x'.repeat(129) },
      ],
    })
    expect(answer.FailedEntryCount).toBe(5)
    expect(answer.Entries.map((each: { ErrorCode?: string }) => each.ErrorCode)).toEqual([
      undefined,
      'NotAuthorizedForSourceException',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
    ])
    expect((await receive()).map((body) => JSON.parse(body))).toEqual([
      {
        version: '0',
        id: answer.Entries[0].EventId,
        'detail-type': 'Replica Updated',
        source: 'codecommit-relay',
        account: ACCOUNT,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: REGION,
        resources: [],
        detail: { refs: 3 },
      },
    ])
  })

  test.each([
    ['no entry', []],
    ['eleven entries', Array.from({ length: 11 }, () => entry)],
    ['too many bytes', [{ ...entry, Detail: JSON.stringify({ text: 'x'.repeat(262_144) }) }]],
  ])('refuses %s as a whole', async (_, Entries) => {
    await expect(events('PutEvents', { Entries })).rejects.toMatchObject({ code: 'ValidationException' })
  })

  test('asks IAM for the bus, with source and detail type', () => {
    expect(
      bridge.service.permissions?.('PutEvents', { Entries: [entry] }, callOf('events', 'PutEvents')),
    ).toEqual([
      {
        action: 'events:PutEvents',
        resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`,
        context: {
          'events:source': 'codecommit-relay',
          'events:detail-type': 'Replica Updated',
          'events:eventBusInvocation': 'false',
        },
      },
    ])
  })
})

describe('rules', () => {
  test('are described, listed, kept over a restart, and deleted only without targets', async () => {
    await rule({ Arn: queueArn('q') })
    await close()
    open()
    expect(await events('DescribeRule', { Name: 'r' })).toMatchObject({
      Arn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
      State: 'ENABLED',
      EventPattern: '{"source":["aws.codecommit"]}',
    })
    expect(await events('ListTargetsByRule', { Rule: 'r' })).toEqual({
      Targets: [{ Id: 't', Arn: queueArn('q') }],
    })
    expect(await events('ListRuleNamesByTarget', { TargetArn: queueArn('q') })).toEqual({ RuleNames: ['r'] })
    expect((await events('ListRules', { NamePrefix: 'r' })).Rules).toHaveLength(1)
    await expect(events('DeleteRule', { Name: 'r' })).rejects.toMatchObject({ code: 'ValidationException' })
    await events('RemoveTargets', { Rule: 'r', Ids: ['t'] })
    await events('DeleteRule', { Name: 'r' })
    await expect(events('DescribeRule', { Name: 'r' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  test('refuse what EventBridge refuses', async () => {
    const refusals: [string, object, string][] = [
      ['PutRule', { Name: 'r' }, 'ValidationException'],
      ['PutRule', { Name: 'a b', EventPattern: '{"a":["b"]}' }, 'ValidationException'],
      ['PutRule', { Name: 'r', EventPattern: '{"a":"b"}' }, 'InvalidEventPatternException'],
      [
        'PutRule',
        { Name: 'r', EventPattern: '{"a":["b"]}', EventBusName: 'no' },
        'ResourceNotFoundException',
      ],
      ['PutTargets', { Rule: 'no', Targets: [{ Id: 't', Arn: queueArn('q') }] }, 'ResourceNotFoundException'],
      ['EnableRule', { Name: 'no' }, 'ResourceNotFoundException'],
    ]
    for (const [operation, input, code] of refusals)
      await expect(events(operation, input)).rejects.toMatchObject({ code })
  })

  test.each([
    { Arn: 'x' },
    { Arn: `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/c` },
    { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:q` },
    { Arn: queueArn('q'), Input: '{' },
    { Arn: queueArn('q'), Input: '{}', InputPath: '$' },
    { Arn: queueArn('q'), InputPath: 'detail' },
    { Arn: queueArn('q'), InputTransformer: { InputTemplate: '<nobody>' } },
    { Arn: queueArn('q'), InputTransformer: { InputTemplate: `"${'x'.repeat(8_191)}"` } },
    { Arn: queueArn('q'), RetryPolicy: { MaximumRetryAttempts: 186 } },
    { Arn: queueArn('q'), DeadLetterConfig: { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:dead` } },
  ])('target %# is refused', async (target) => {
    await expect(rule(target)).rejects.toMatchObject({ code: 'ValidationException' })
  })

  test('hold five targets', async () => {
    await events('PutRule', { Name: 'r', EventPattern: '{"a":["b"]}' })
    const Targets = Array.from({ length: 6 }, (_, n) => ({ Id: `t${n}`, Arn: queueArn('q') }))
    await expect(events('PutTargets', { Rule: 'r', Targets })).rejects.toMatchObject({
      code: 'LimitExceededException',
    })
    expect(await events('PutTargets', { Rule: 'r', Targets: Targets.slice(1) })).toMatchObject({
      FailedEntryCount: 0,
    })
  })

  test('a bus of its own keeps its events to itself', async () => {
    await events('CreateEventBus', { Name: 'mine' })
    await events('PutRule', { Name: 'r', EventBusName: 'mine', EventPattern: '{"source":["x"]}' })
    await events('PutTargets', {
      Rule: 'r',
      EventBusName: 'mine',
      Targets: [{ Id: 't', Arn: queueArn('q') }],
    })
    const put = (EventBusName?: string) =>
      events('PutEvents', { Entries: [{ Source: 'x', DetailType: 'd', Detail: '{}', EventBusName }] })
    await put()
    const { Entries } = await put('mine')
    expect((await receive()).map((body) => JSON.parse(body).id)).toEqual([Entries[0].EventId])
    expect((await events('ListEventBuses', {})).EventBuses).toHaveLength(2)
  })

  test('TestEventPattern', async () => {
    const ask = (EventPattern: string) =>
      events('TestEventPattern', { EventPattern, Event: JSON.stringify(envelope) })
    expect(await ask('{"detail":{"referenceName":["main"]}}')).toEqual({ Result: true })
    expect(await ask('{"detail":{"referenceName":["dev"]}}')).toEqual({ Result: false })
    await expect(
      events('TestEventPattern', { EventPattern: '{"a":["b"]}', Event: '{}' }),
    ).rejects.toMatchObject({ code: 'ValidationException' })
  })
})
