import type { RepositoryTrigger } from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { triggerPayloads } from '../../../local/codecommit/triggers.ts'
import { ACCOUNT, createClient, type Harness, REGION, startHarness } from './harness.ts'

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:pushes`
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:scan:live`
const ARN = `arn:aws:codecommit:${REGION}:${ACCOUNT}:orchard`
const trigger = (change: Partial<RepositoryTrigger> = {}): RepositoryTrigger => ({
  name: 'to-scanner',
  destinationArn: FUNCTION,
  branches: [],
  events: ['all'],
  ...change,
})

const client = createClient()
let cloud: Harness
let work: string
beforeAll(async () => {
  cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
beforeEach(() => {
  cloud.sent.length = 0
  cloud.missing.clear()
})

const put = (...triggers: object[]) =>
  cloud.call('PutRepositoryTriggers', { repositoryName: 'orchard', triggers })
const push = (...refspecs: string[]) =>
  client.must(work, 'push', '-q', '--force', cloud.url('orchard'), ...refspecs)
const records = () => cloud.sent.map(({ body }) => JSON.parse(body).Records[0])

describe('triggers', () => {
  test('one record with all refs of the push, in the documented shape', async () => {
    const { configurationId } = await put(
      trigger({ customData: 'team=harvest' }),
      trigger({ name: 'to-topic', destinationArn: TOPIC }),
    )
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'more')
    const tip = await client.must(work, 'rev-parse', 'main')
    await push('main', 'main:refs/tags/v1')
    expect(cloud.sent.map(({ target, subject, sender }) => ({ target, subject, sender }))).toEqual(
      [
        { target: FUNCTION, subject: undefined },
        { target: TOPIC, subject: `UPDATE: AWS CodeCommit ${REGION} push: orchard` },
      ].map((expected) => ({
        ...expected,
        sender: { service: 'codecommit.amazonaws.com', sourceArn: ARN, sourceAccount: ACCOUNT },
      })),
    )
    const record = {
      awsRegion: REGION,
      codecommit: {
        references: [
          { commit: tip, ref: 'refs/heads/main' },
          { commit: tip, created: true, ref: 'refs/tags/v1' },
        ],
      },
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      eventName: 'ReferenceChanges',
      eventPartNumber: 1,
      eventSource: 'aws:codecommit',
      eventSourceARN: ARN,
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      eventTotalParts: 1,
      eventTriggerConfigId: configurationId,
      eventVersion: '1.0',
      userIdentityARN: cloud.olive.caller.arn,
    }
    expect(records()).toEqual([
      { ...record, eventTriggerName: 'to-scanner', customData: 'team=harvest' },
      { ...record, eventTriggerName: 'to-topic' },
    ])
  })

  test.each<[string, Partial<RepositoryTrigger>, string[]]>([
    ['created only', { events: ['createReference'] }, ['refs/heads/topic', 'refs/tags/v2']],
    ['deleted only', { events: ['deleteReference'] }, ['refs/heads/old']],
    ['one branch', { branches: ['topic'] }, ['refs/heads/topic']],
    ['a branch named like a tag', { branches: ['v2'] }, []],
    ['everything', {}, ['refs/heads/topic', 'refs/heads/old', 'refs/tags/v2']],
  ])('filter: %s', async (_, change, refs) => {
    await put()
    await push('main:old')
    await client.git(work, 'push', '-q', cloud.url('orchard'), ':topic', ':refs/tags/v2')
    await put(trigger(change))
    cloud.sent.length = 0
    await push('main:topic', ':old', 'main:refs/tags/v2')
    const seen = records().flatMap(({ codecommit }) => codecommit.references)
    expect(seen.map(({ ref }: { ref: string }) => ref).sort()).toEqual([...refs].sort())
    const deleted = seen.find(({ ref }: { ref: string }) => ref === 'refs/heads/old')
    if (deleted !== undefined) expect(deleted).toMatchObject({ deleted: true })
  })

  test('CreateBranch and DeleteBranch fire too; a target that is not there disturbs nobody', async () => {
    await put(trigger({ destinationArn: `${FUNCTION}x`, name: 'gone' }), trigger())
    cloud.missing.add(`${FUNCTION}x`)
    const commitId = await client.must(work, 'rev-parse', 'main')
    cloud.events.length = 0
    await cloud.call('CreateBranch', { repositoryName: 'orchard', branchName: 'api', commitId })
    await cloud.call('DeleteBranch', { repositoryName: 'orchard', branchName: 'api' })
    expect(records().map(({ codecommit }) => codecommit.references)).toEqual([
      [{ commit: commitId, created: true, ref: 'refs/heads/api' }],
      [{ commit: commitId, deleted: true, ref: 'refs/heads/api' }],
    ])
    expect(cloud.events.map(({ detail }) => (detail as { event: string }).event)).toEqual([
      'referenceCreated',
      'referenceDeleted',
    ])
    expect(cloud.logs.some((text) => text.includes('a trigger could not be fired'))).toBe(true)
  })

  test('a test sends a sample, reports failures, and stores nothing', async () => {
    await put()
    cloud.missing.add(TOPIC)
    const proposed = [trigger(), trigger({ name: 'to-topic', destinationArn: TOPIC })]
    const input = { repositoryName: 'orchard', triggers: proposed }
    expect(await cloud.call('TestRepositoryTriggers', input)).toEqual({
      successfulExecutions: ['to-scanner'],
      failedExecutions: [{ trigger: 'to-topic', failureMessage: expect.stringContaining('does not exist') }],
    })
    expect(records()).toEqual([expect.objectContaining({ eventName: 'TriggerEventTest' })])
    const stored = await cloud.call('GetRepositoryTriggers', { repositoryName: 'orchard' })
    expect(stored.triggers).toEqual([])
  })

  test('what is larger than a message is sent in parts', () => {
    const references = Array.from({ length: 4_000 }, (_, i) => ({
      commit: 'a'.repeat(40),
      ref: `refs/heads/${i}`,
    }))
    const run = {
      repository: { account: ACCOUNT, region: REGION, name: 'orchard', id: 'x' },
      callerArn: 'arn',
      configurationId: 'c',
      eventName: 'ReferenceChanges' as const,
      at: 0,
      newId: () => 'id',
    }
    const parts = triggerPayloads(trigger(), references, run).map((body) => {
      expect(Buffer.byteLength(body)).toBeLessThan(262_144)
      return JSON.parse(body).Records[0]
    })
    expect(parts.map(({ eventPartNumber, eventTotalParts }) => [eventPartNumber, eventTotalParts])).toEqual(
      parts.map((_, i) => [i + 1, parts.length]),
    )
    expect(parts.flatMap(({ codecommit }) => codecommit.references)).toEqual(references)
  })
})

describe('PutRepositoryTriggers refuses', () => {
  test.each<[string, object[] | undefined]>([
    ['RepositoryTriggersListRequiredException', undefined],
    [
      'MaximumRepositoryTriggersExceededException',
      Array.from({ length: 11 }, (_, i) => trigger({ name: `t${i}` })),
    ],
    ['RepositoryTriggerNameRequiredException', [{ ...trigger(), name: undefined }]],
    ['InvalidRepositoryTriggerNameException', [trigger({ name: 'two words' })]],
    ['InvalidRepositoryTriggerNameException', [trigger({ name: 'n'.repeat(101) })]],
    ['InvalidRepositoryTriggerNameException', [trigger(), trigger()]],
    ['RepositoryTriggerDestinationArnRequiredException', [{ ...trigger(), destinationArn: undefined }]],
    [
      'InvalidRepositoryTriggerDestinationArnException',
      [trigger({ destinationArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:q` })],
    ],
    ['InvalidRepositoryTriggerDestinationArnException', [trigger({ destinationArn: `${TOPIC}.fifo` })]],
    [
      'InvalidRepositoryTriggerRegionException',
      [trigger({ destinationArn: TOPIC.replace(REGION, 'us-east-1') })],
    ],
    ['InvalidRepositoryTriggerCustomDataException', [trigger({ customData: 'x'.repeat(1_001) })]],
    ['RepositoryTriggerBranchNameListRequiredException', [{ ...trigger(), branches: undefined }]],
    [
      'MaximumBranchesExceededException',
      [trigger({ branches: Array.from({ length: 11 }, (_, i) => `b${i}`) })],
    ],
    ['InvalidRepositoryTriggerBranchNameException', [trigger({ branches: ['a..b'] })]],
    ['RepositoryTriggerEventsListRequiredException', [trigger({ events: [] })]],
    ['InvalidRepositoryTriggerEventsException', [trigger({ events: ['all', 'updateReference'] })]],
    ['InvalidRepositoryTriggerEventsException', [trigger({ events: ['moved' as 'all'] })]],
  ])('%s', async (code, triggers) => {
    await expect(
      cloud.call('PutRepositoryTriggers', { repositoryName: 'orchard', triggers }),
    ).rejects.toMatchObject({
      code,
      status: 400,
    })
  })
})
