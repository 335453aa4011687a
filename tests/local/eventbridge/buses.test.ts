import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError } from '../../../local/gateway/service.ts'
import type { Sender } from '../../../local/gateway/wires.ts'
import { ACCOUNT, callOf, simpleIam, until } from '../sqs/fixture.ts'
import { type Bridge, busArn, ENVELOPE, OTHER, openBridge, queueArn } from './bridge.ts'

let bridge: Bridge
/** what IAM was asked of accounts that sent without a role */
let asked: { arn: string; policy: unknown }[]

beforeEach(async () => {
  asked = []
  bridge = await openBridge({
    iam: {
      ...simpleIam,
      authorize: (caller, { resourcePolicy }) => {
        asked.push({ arn: caller.arn, policy: resourcePolicy })
        if (!JSON.stringify(resourcePolicy ?? '').includes(caller.account))
          throw new AwsError('AccessDeniedException', 'not let in', 403)
      },
    },
  })
})
afterEach(() => bridge.close())

const ROLE = `arn:aws:iam::${ACCOUNT}:role/may`
const entry = { Source: 'x', DetailType: 'd', Detail: '{"n":1}' }

describe('buses', () => {
  test('are made, described, changed, listed page by page, and deleted', async () => {
    expect(
      await bridge.events('CreateEventBus', {
        Name: 'b2',
        Description: 'two',
        Tags: [{ Key: 'k', Value: 'v' }],
      }),
    ).toEqual({ EventBusArn: busArn('b2'), Description: 'two' })
    for (const Name of ['b1', 'b3']) await bridge.events('CreateEventBus', { Name })
    await bridge.events('UpdateEventBus', { Name: 'b2', Description: 'second' })
    const at = new Date(bridge.time.now())
    const described = {
      Name: 'b2',
      Arn: busArn('b2'),
      Description: 'second',
      CreationTime: at,
      LastModifiedTime: at,
    }
    expect(await bridge.events('DescribeEventBus', { Name: 'b2' })).toEqual(described)
    expect(await bridge.events('DescribeEventBus', { Name: busArn('b2') })).toEqual(described)
    expect(await bridge.events('ListTagsForResource', { ResourceARN: busArn('b2') })).toEqual({
      Tags: [{ Key: 'k', Value: 'v' }],
    })
    const names = ({ EventBuses }: { EventBuses: { Name: string }[] }) => EventBuses.map(({ Name }) => Name)
    const first = await bridge.events('ListEventBuses', { NamePrefix: 'b', Limit: 2 })
    expect(names(first)).toEqual(['b1', 'b2'])
    const second = await bridge.events('ListEventBuses', {
      NamePrefix: 'b',
      Limit: 2,
      NextToken: first.NextToken,
    })
    expect(names(second)).toEqual(['b3'])
    expect(second.NextToken).toBeUndefined()
    await bridge.events('DeleteEventBus', { Name: 'b2' })
    await bridge.events('DeleteEventBus', { Name: 'never' })
    expect(names(await bridge.events('ListEventBuses'))).toEqual(['b1', 'b3', 'default'])
  })

  test('have a policy, statement by statement or whole', async () => {
    const policy = async () => {
      const { Policy } = await bridge.events('DescribeEventBus', {})
      return Policy === undefined ? undefined : JSON.parse(Policy).Statement
    }
    const put = { Action: 'events:PutEvents' }
    await bridge.events('PutPermission', { ...put, Principal: OTHER, StatementId: 'one' })
    await bridge.events('PutPermission', {
      ...put,
      Principal: '*',
      StatementId: 'all',
      Condition: { Type: 'StringEquals', Key: 'aws:PrincipalOrgID', Value: 'o-1' },
    })
    const Allow = { Effect: 'Allow', Action: 'events:PutEvents', Resource: busArn('default') }
    expect(await policy()).toEqual([
      { Sid: 'one', Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, ...Allow },
      { Sid: 'all', Principal: '*', ...Allow, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } },
    ])
    await bridge.events('RemovePermission', { StatementId: 'one' })
    expect(await policy()).toHaveLength(1)
    await bridge.events('RemovePermission', { RemoveAllPermissions: true })
    expect(await policy()).toBeUndefined()
    const Statement = [{ Sid: 's', Effect: 'Deny', Principal: '*', Action: 'events:*', Resource: '*' }]
    await bridge.events('PutPermission', { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) })
    expect(await policy()).toEqual(Statement)
    await expect(bridge.events('PutPermission', { Policy: '{' })).rejects.toMatchObject({
      code: 'ValidationException',
    })
  })

  test('an event for a bus that does not exist is accepted and lost', async () => {
    await bridge.rule({ Arn: queueArn('q') }, { EventPattern: '{"source":["x"]}' })
    const answer = await bridge.events('PutEvents', { Entries: [{ ...entry, EventBusName: 'no' }, entry] })
    expect(answer.FailedEntryCount).toBe(0)
    expect((await bridge.receive()).map((body) => JSON.parse(body).id)).toEqual([answer.Entries[1].EventId])
  })
})

describe('across buses and accounts', () => {
  const pass = (Arn: string, more: object = {}) => bridge.rule({ Arn, RoleArn: ROLE, ...more })
  const listen = (EventBusName: string) =>
    bridge.rule({ Arn: queueArn('q') }, { Name: 'there', EventBusName })

  test('a rule hands its events to another bus, as they are', async () => {
    await bridge.events('CreateEventBus', { Name: 'mine' })
    await listen('mine')
    await pass(busArn('mine'))
    bridge.bridge.emit(ENVELOPE)
    expect((await bridge.receive()).map((body) => JSON.parse(body))).toEqual([ENVELOPE])
  })

  test('a role that may not ends in the dead-letter queue', async () => {
    await bridge.events('CreateEventBus', { Name: 'mine' })
    await pass(busArn('mine'), {
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/mayNot`,
      DeadLetterConfig: { Arn: queueArn('dead') },
    })
    bridge.bridge.emit(ENVELOPE)
    expect(await bridge.receive('dead')).toHaveLength(1)
  })

  test('without a role the other account’s bus must let this account in', async () => {
    await bridge.others('PutRule', { Name: 'r', EventPattern: '{"source":["aws.codecommit"]}' })
    await bridge.others('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: queueArn('q') }] })
    const bus = busArn('default', OTHER)
    await pass(bus, { RoleArn: undefined, DeadLetterConfig: { Arn: queueArn('dead') } })
    bridge.bridge.emit(ENVELOPE)
    expect(await bridge.receive('dead')).toHaveLength(1)
    await bridge.others('PutPermission', { Action: 'events:PutEvents', Principal: ACCOUNT, StatementId: 's' })
    bridge.bridge.emit(ENVELOPE)
    expect((await bridge.receive()).map((body) => JSON.parse(body).account)).toEqual([ACCOUNT])
    expect(asked.map(({ arn }) => arn)).toEqual(Array(2).fill(`arn:aws:iam::${ACCOUNT}:root`))
    expect(asked[1]!.policy).toMatchObject({ Statement: [{ Sid: 's' }] })
  })

  test('PutEvents names a bus of another account by its ARN, whose policy IAM is told', async () => {
    await bridge.others('PutPermission', { Action: 'events:PutEvents', Principal: ACCOUNT, StatementId: 's' })
    await bridge.others('PutRule', { Name: 'r', EventPattern: '{"source":["x"]}' })
    await bridge.others('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: queueArn('q') }] })
    const input = { Entries: [{ ...entry, EventBusName: busArn('default', OTHER) }] }
    expect(
      bridge.bridge.service.permissions?.('PutEvents', input, callOf('events', 'PutEvents')),
    ).toMatchObject([{ resource: busArn('default', OTHER), resourcePolicy: { Statement: [{ Sid: 's' }] } }])
    await bridge.events('PutEvents', input)
    expect((await bridge.receive()).map((body) => JSON.parse(body).account)).toEqual([ACCOUNT])
  })

  test('an event that goes round ends', async () => {
    await bridge.events('CreateEventBus', { Name: 'mine' })
    await bridge.rule({ Arn: busArn('default'), RoleArn: ROLE }, { EventBusName: 'mine', Name: 'back' })
    await pass(busArn('mine'))
    const seen: string[] = []
    bridge.bridge.watch((event) => seen.push(event.id))
    bridge.bridge.emit(ENVELOPE)
    await until(() => seen.length === 6)
    // whatever would go on going round does so before what is put now arrives
    await bridge.rule({ Arn: queueArn('q') }, { Name: 'end', EventPattern: '{"source":["x"]}' })
    await bridge.events('PutEvents', { Entries: [entry] })
    await bridge.receive()
    expect(seen.filter((id) => id === 'e-1')).toHaveLength(6)
  })

  test('a service puts an event under a role', async () => {
    await bridge.rule({ Arn: queueArn('q') })
    const sender: Sender = {
      service: 'scheduler.amazonaws.com',
      sourceArn: 'a',
      sourceAccount: ACCOUNT,
      roleArn: ROLE,
    }
    await bridge.bridge.put(busArn('default'), ENVELOPE, sender)
    expect(await bridge.receive()).toHaveLength(1)
    await expect(bridge.bridge.put(busArn('no'), ENVELOPE, sender)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })
})
