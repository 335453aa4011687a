import { describe, expect, jest, test } from '@jest/globals'
import { createTrail } from '../../../local/cloudtrail/cloudtrail.ts'
import type { Happening } from '../../../local/contracts.ts'
import type { Call, Caller } from '../../../local/gateway/service.ts'
import { openStore } from '../../../local/state/store.ts'

const nina: Caller = {
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/nina',
  userId: 'AIDAORCHARD',
  kind: 'user',
  accessKeyId: 'AKIDORCHARD01',
}
const builder: Caller = {
  account: '111111111111',
  arn: 'arn:aws:sts::111111111111:assumed-role/Builder/run-7',
  roleArn: 'arn:aws:iam::111111111111:role/Builder',
  userId: 'AROAORCHARD:run-7',
  kind: 'role',
  issued: Date.UTC(2031, 4, 17, 9),
}
const call = { account: '111111111111', region: 'us-east-1' } as Call

const open = (store = openStore(':memory:')) => {
  const clock = { now: Date.UTC(2031, 4, 17, 9, 4, 33) }
  const trail = createTrail({ parts: { store, now: () => clock.now, log: () => undefined } })
  const record = (name: string, more: Partial<Happening> = {}) =>
    trail.record({
      account: '111111111111',
      region: 'us-east-1',
      eventSource: 'codecommit.amazonaws.com',
      eventName: name,
      caller: nina,
      requestId: `request-of-${name}`,
      ...more,
    })
  const lookup = (input: object = {}, at: Partial<Call> = {}) =>
    trail.service.operations.LookupEvents!(input, { ...call, ...at } as Call) as {
      Events: { EventId: string; EventName: string; CloudTrailEvent: string; Username?: string }[]
      NextToken?: string
    }
  const names = (input: object = {}, at: Partial<Call> = {}) =>
    lookup(input, at).Events.map(({ EventName }) => EventName)
  return { clock, trail, record, lookup, names, store }
}
const by = (AttributeKey: string, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
})

describe('records', () => {
  test('of a user’s call have the form that CloudTrail’s user guide gives', () => {
    const { record, lookup } = open()
    record('CreateRepository', {
      sourceIp: '127.0.0.1',
      userAgent: 'aws-cli/1.45',
      requestParameters: { repositoryName: 'orchard' },
      resources: ['arn:aws:codecommit:us-east-1:111111111111:orchard'],
    })
    const [event] = lookup().Events
    expect(event).toMatchObject({
      EventName: 'CreateRepository',
      EventSource: 'codecommit.amazonaws.com',
      ReadOnly: 'false',
      AccessKeyId: 'AKIDORCHARD01',
      EventTime: new Date('2031-05-17T09:04:33Z'),
      Username: 'nina',
      Resources: [{ ResourceType: 'AWS::CodeCommit::Repository', ResourceName: 'orchard' }],
    })
    expect(JSON.parse(event!.CloudTrailEvent)).toEqual({
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: 'AIDAORCHARD',
        arn: nina.arn,
        accountId: '111111111111',
        accessKeyId: 'AKIDORCHARD01',
        userName: 'nina',
      },
      eventTime: '2031-05-17T09:04:33Z',
      eventSource: 'codecommit.amazonaws.com',
      eventName: 'CreateRepository',
      awsRegion: 'us-east-1',
      sourceIPAddress: '127.0.0.1',
      userAgent: 'aws-cli/1.45',
      requestParameters: { repositoryName: 'orchard' },
      responseElements: null,
      requestID: 'request-of-CreateRepository',
      eventID: event!.EventId,
      readOnly: false,
      resources: [
        {
          accountId: '111111111111',
          type: 'AWS::CodeCommit::Repository',
          ARN: 'arn:aws:codecommit:us-east-1:111111111111:orchard',
        },
      ],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: '111111111111',
      eventCategory: 'Management',
    })
  })

  test.each<[string, Caller, object]>([
    [
      'a session of a role',
      builder,
      {
        type: 'AssumedRole',
        arn: builder.arn,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: 'AROAORCHARD',
            arn: builder.roleArn,
            userName: 'Builder',
          },
          attributes: { creationDate: '2031-05-17T09:00:00Z', mfaAuthenticated: 'false' },
        },
      },
    ],
    [
      'the root',
      { ...nina, kind: 'root', arn: 'arn:aws:iam::111111111111:root', userId: '111111111111' },
      { type: 'Root', principalId: '111111111111' },
    ],
    ['a service', { ...nina, kind: 'service', arn: 'events.amazonaws.com' }, { type: 'AWSService' }],
  ])('name %s', (_, caller, identity) => {
    const { record, lookup } = open()
    record('GitPush', { caller, additionalEventData: { protocol: 'HTTP' } })
    expect(JSON.parse(lookup().Events[0]!.CloudTrailEvent)).toMatchObject({
      userIdentity: identity,
      additionalEventData: { protocol: 'HTTP' },
    })
  })

  test('of a refusal carry its code', () => {
    const { record, lookup } = open()
    record('DeleteRepository', { error: { code: 'AccessDenied', message: 'no' } })
    expect(JSON.parse(lookup().Events[0]!.CloudTrailEvent)).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: 'no',
    })
  })
})

describe('LookupEvents', () => {
  test('tells the newest first, by account and region; IAM’s calls are in us-east-1; data events are left out', () => {
    const { record, names } = open()
    record('CreateRepository')
    record('CreateBranch')
    record('SendMessage', { eventSource: 'sqs.amazonaws.com' })
    record('CreateQueue', { eventSource: 'sqs.amazonaws.com', region: 'eu-west-1' })
    record('CreateUser', { eventSource: 'iam.amazonaws.com', region: 'eu-west-1' })
    record('DeleteRepository', { account: '222222222222' })
    expect(names()).toEqual(['CreateUser', 'CreateBranch', 'CreateRepository'])
    expect(names({}, { region: 'eu-west-1' })).toEqual(['CreateQueue'])
    expect(names({}, { account: '222222222222' })).toEqual(['DeleteRepository'])
  })

  test('looks up by each attribute', () => {
    const { record, names } = open()
    record('GetRepository', { resources: ['arn:aws:codecommit:us-east-1:111111111111:orchard'] })
    record('GitPush', { caller: builder })
    for (const [key, value] of [
      ['EventName', 'GetRepository'],
      ['ReadOnly', 'true'],
      ['Username', 'nina'],
      ['AccessKeyId', 'AKIDORCHARD01'],
      ['ResourceName', 'orchard'],
      ['ResourceType', 'AWS::CodeCommit::Repository'],
    ] as const)
      expect([key, names(by(key, value))]).toEqual([key, ['GetRepository']])
    expect(names(by('Username', 'run-7'))).toEqual(['GitPush'])
    expect(names(by('EventSource', 'codecommit.amazonaws.com'))).toHaveLength(2)
    expect(names(by('EventName', 'Nothing'))).toEqual([])
  })

  test('cuts pages that newer events do not shift, and time ranges', () => {
    const { clock, record, lookup, names } = open()
    for (let count = 0; count < 5; count += 1) {
      record(`Create${count}`)
      clock.now += 60_000
    }
    const first = lookup({ MaxResults: 2 })
    record('CreateLater')
    const second = lookup({ MaxResults: 2, NextToken: first.NextToken })
    const third = lookup({ MaxResults: 2, NextToken: second.NextToken })
    const told = [first, second, third].map(({ Events }) => Events.map(({ EventName }) => EventName))
    expect(told).toEqual([['Create4', 'Create3'], ['Create2', 'Create1'], ['Create0']])
    expect(third.NextToken).toBeUndefined()
    const at = (minute: number) => new Date(Date.UTC(2031, 4, 17, 9, 4 + minute, 33))
    expect(names({ StartTime: at(1), EndTime: at(2) })).toEqual(['Create2', 'Create1'])
  })

  test.each<[string, object, string]>([
    ['too many results', { MaxResults: 51 }, 'InvalidMaxResultsException'],
    ['none', { MaxResults: 0 }, 'InvalidMaxResultsException'],
    ['a token of its own', { NextToken: 'x' }, 'InvalidNextTokenException'],
    [
      'an end before the start',
      { StartTime: new Date(2), EndTime: new Date(1) },
      'InvalidTimeRangeException',
    ],
    ['two attributes', { LookupAttributes: [{}, {}] }, 'InvalidLookupAttributesException'],
  ])('refuses %s', (_, input, code) => {
    const { lookup } = open()
    expect(() => lookup(input)).toThrow(expect.objectContaining({ code }))
  })

  test('keeps what was told through a restart, and forgets the oldest past some 5,000', () => {
    const { record, trail, store } = open()
    for (let count = 0; count < 6_010; count += 1) record(`Create${count}`)
    trail.stop()
    const { names } = open(store)
    expect(names()[0]).toBe('Create6009')
    expect(store.collection('cloudtrail.records').entries().length).toBe(5_010)
  })
})

test('what ends after the trail has stopped is not recorded, and leaves nothing that would be written later', () => {
  const { trail, record, store } = open()
  record('Before')
  trail.stop()
  record('After')
  jest.useFakeTimers()
  try {
    record('AfterToo')
    expect(jest.getTimerCount()).toBe(0)
  } finally {
    jest.useRealTimers()
  }
  expect(open(store).names()).toEqual(['Before'])
})

test('a store that takes no more costs records, and not the cloud', () => {
  jest.useFakeTimers()
  try {
    const { record, store } = open()
    record('Lost')
    store.close()
    expect(() => jest.runOnlyPendingTimers()).not.toThrow()
  } finally {
    jest.useRealTimers()
  }
})
