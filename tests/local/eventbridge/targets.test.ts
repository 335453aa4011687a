import { afterEach, expect, test } from '@jest/globals'
import { ACCOUNT, callOf, REGION, until } from '../sqs/fixture.ts'
import { type Bridge, ENVELOPE, openBridge, queueArn } from './bridge.ts'

let bridge: Bridge
afterEach(() => bridge.close())

const ROLE = `arn:aws:iam::${ACCOUNT}:role/may`
const CLUSTER = `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/c`
const GROUP = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/events`
const EcsParameters = {
  TaskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/mirror`,
  TaskCount: 2,
  LaunchType: 'FARGATE',
  NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-1'], SecurityGroups: ['sg-1'] } },
  Tags: [{ Key: 'k', Value: 'v' }],
}

test('tasks and log groups, where a wire for them is laid', async () => {
  const got: unknown[] = []
  const keep = async (...given: unknown[]) => void got.push(given)
  bridge = await openBridge({
    wires: {
      sendMessage: async () => {},
      publish: async () => {},
      invokeAsync: async () => {},
      runTask: keep,
      putLogEvent: keep,
    },
  })
  const overrides = { containerOverrides: [{ name: 'mirror', environment: [] }] }
  await bridge.rule({ Arn: CLUSTER, RoleArn: ROLE, EcsParameters, Input: JSON.stringify(overrides) })
  bridge.bridge.emit(ENVELOPE)
  await until(() => got.length === 1)
  const sourceArn = `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`
  const sender = { service: 'events.amazonaws.com', sourceArn, sourceAccount: ACCOUNT }
  const input = {
    cluster: CLUSTER,
    taskDefinition: EcsParameters.TaskDefinitionArn,
    count: 2,
    launchType: 'FARGATE',
    tags: [{ key: 'k', value: 'v' }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
    startedBy: 'events-rule/r',
    overrides,
  }
  expect(got).toEqual([[CLUSTER, input, { ...sender, roleArn: ROLE }]])
  await bridge.rule({ Arn: GROUP })
  bridge.bridge.emit(ENVELOPE)
  await until(() => got.length === 2)
  expect(got[1]).toEqual([GROUP, JSON.stringify(ENVELOPE), sender])
})

test('without a wire they end in the dead-letter queue', async () => {
  bridge = await openBridge()
  await bridge.rule({ Arn: GROUP, DeadLetterConfig: { Arn: queueArn('dead') } })
  bridge.bridge.emit(ENVELOPE)
  expect(await bridge.receive('dead')).toHaveLength(1)
})

test('a rule keeps its targets when it is put again; they come page by page; unknown ones cannot be removed', async () => {
  bridge = await openBridge()
  await bridge.rule({ Arn: queueArn('q') })
  const Targets = ['a', 'b', 'c', 'd'].map((Id) => ({ Id, Arn: queueArn('q') }))
  await bridge.events('PutTargets', { Rule: 'r', Targets })
  await bridge.events('PutRule', { Name: 'r', EventPattern: '{"source":["y"]}', Description: 'anew' })
  const first = await bridge.events('ListTargetsByRule', { Rule: 'r', Limit: 3 })
  expect(first.Targets.map(({ Id }: { Id: string }) => Id)).toEqual(['a', 'b', 'c'])
  const { NextToken } = first
  const second = await bridge.events('ListTargetsByRule', { Rule: 'r', Limit: 3, NextToken })
  expect(second).toEqual({ Targets: [Targets[3], { Id: 't', Arn: queueArn('q') }] })
  expect(await bridge.events('RemoveTargets', { Rule: 'r', Ids: ['a', 'no'] })).toEqual({
    FailedEntryCount: 1,
    FailedEntries: [
      {
        TargetId: 'no',
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: "Rule 'r' does not have a target with the Id 'no'.",
      },
    ],
  })
  expect((await bridge.events('ListRuleNamesByTarget', { TargetArn: queueArn('q') })).RuleNames).toEqual([
    'r',
  ])
})

test('a rule’s tags, and what IAM is told of them, of its targets and roles', async () => {
  bridge = await openBridge()
  const ResourceARN = `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`
  await bridge.events('PutRule', {
    Name: 'r',
    EventPattern: '{"a":["b"]}',
    Tags: [{ Key: 'team', Value: 'relay' }],
  })
  await bridge.events('TagResource', { ResourceARN, Tags: [{ Key: 'x', Value: 'y' }] })
  await bridge.events('UntagResource', { ResourceARN, TagKeys: ['x'] })
  expect(await bridge.events('ListTagsForResource', { ResourceARN })).toEqual({
    Tags: [{ Key: 'team', Value: 'relay' }],
  })
  const Targets = [{ Id: 't', Arn: CLUSTER, RoleArn: ROLE }]
  const { permissions } = bridge.bridge.service
  expect(permissions?.('PutTargets', { Rule: 'r', Targets }, callOf('events', 'PutTargets'))).toEqual([
    {
      action: 'events:PutTargets',
      resource: ResourceARN,
      context: {
        'aws:ResourceTag/team': 'relay',
        'events:TargetArn': [CLUSTER],
        'events:creatorAccount': ACCOUNT,
      },
    },
    { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'events.amazonaws.com' } },
  ])
})

test('the size that PutEvents takes can be set', async () => {
  bridge = await openBridge({ maxEventBytes: 100 })
  const put = (length: number) =>
    bridge.events('PutEvents', {
      Entries: [{ Source: 's', DetailType: 'd', Detail: JSON.stringify({ t: 'x'.repeat(length) }) }],
    })
  // two for source and detail type, eight around the text
  await put(100 - 11)
  await expect(put(100 - 10)).rejects.toMatchObject({
    message: 'Total size of the entries in the request is over the limit.',
  })
})

test('a detail that nests too deep is malformed, and harms nobody', async () => {
  bridge = await openBridge()
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const entry = { Source: 's', DetailType: 'd' }
  const { Entries } = await bridge.events('PutEvents', {
    Entries: [1_000, 1_001, 40_000].map((depth) => ({ ...entry, Detail: nested(depth) })),
  })
  expect(Entries.map(({ ErrorCode }: { ErrorCode?: string }) => ErrorCode)).toEqual([
    undefined,
    'MalformedDetail',
    'MalformedDetail',
  ])
})
