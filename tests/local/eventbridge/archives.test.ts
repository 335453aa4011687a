import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { REGION } from '../sqs/fixture.ts'
import { type Bridge, busArn, ENVELOPE, openBridge, queueArn } from './bridge.ts'

let bridge: Bridge
beforeEach(async () => {
  bridge = await openBridge()
})
afterEach(() => bridge.close())

const archive = (more: object = {}) =>
  bridge.events('CreateArchive', { ArchiveName: 'a', EventSourceArn: busArn('default'), ...more })
const replay = (more: object = {}) =>
  bridge.events('StartReplay', {
    ReplayName: 'again',
    EventSourceArn: `arn:aws:events:${REGION}:111111111111:archive/a`,
    EventStartTime: new Date('2031-05-17T09:00:00Z'),
    EventEndTime: new Date('2031-05-17T10:00:00Z'),
    Destination: { Arn: busArn('default') },
    ...more,
  })
const state = async (ReplayName = 'again') => (await bridge.events('DescribeReplay', { ReplayName })).State
const completed = async () => {
  while ((await state()) !== 'COMPLETED') await new Promise((resolve) => setImmediate(resolve))
}
const at = (id: string, time: string) => ({ ...ENVELOPE, id, time: `2031-05-17T${time}Z` })

describe('archives', () => {
  test('keep what matches, over a restart, by a rule that is EventBridge’s own', async () => {
    const CreationTime = new Date(bridge.time.now())
    expect(
      await archive({ EventPattern: '{"source":["aws.codecommit"]}', RetentionDays: 1, Description: 'd' }),
    ).toEqual({
      ArchiveArn: `arn:aws:events:${REGION}:111111111111:archive/a`,
      CreationTime,
      State: 'ENABLED',
    })
    bridge.bridge.emit(ENVELOPE)
    bridge.bridge.emit({ ...ENVELOPE, id: 'e-2', source: 'aws.ecs' })
    await bridge.restart()
    expect(await bridge.events('DescribeArchive', { ArchiveName: 'a' })).toEqual({
      ArchiveArn: `arn:aws:events:${REGION}:111111111111:archive/a`,
      ArchiveName: 'a',
      CreationTime,
      Description: 'd',
      EventCount: 1,
      EventPattern: '{"source":["aws.codecommit"]}',
      EventSourceArn: busArn('default'),
      RetentionDays: 1,
      SizeBytes: JSON.stringify(ENVELOPE).length,
      State: 'ENABLED',
    })
    expect(await bridge.events('DescribeRule', { Name: 'Events-Archive-a' })).toMatchObject({
      ManagedBy: 'prod.vhs.events.aws.internal',
    })
    await expect(bridge.events('DisableRule', { Name: 'Events-Archive-a' })).rejects.toMatchObject({
      code: 'ManagedRuleException',
    })
    await expect(archive()).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
      message: 'Archive a already exists.',
    })
    expect((await bridge.events('ListArchives', { NamePrefix: 'a' })).Archives).toHaveLength(1)
    expect(
      (await bridge.events('ListArchives', { EventSourceArn: busArn('default') })).Archives,
    ).toHaveLength(1)
    await bridge.events('UpdateArchive', { ArchiveName: 'a', RetentionDays: 2 })
    expect(await bridge.events('DescribeArchive', { ArchiveName: 'a' })).toMatchObject({
      RetentionDays: 2,
      EventCount: 1,
    })
    await bridge.events('DeleteArchive', { ArchiveName: 'a' })
    expect((await bridge.events('ListRules')).Rules).toEqual([])
  })

  test('forget what is older than they keep', async () => {
    await archive({ RetentionDays: 1 })
    bridge.bridge.emit(ENVELOPE)
    bridge.time.pass(86_400_000 + 60_000)
    bridge.bridge.emit({ ...ENVELOPE, id: 'e-2', time: '2031-05-18T09:05:33Z' })
    expect(await bridge.events('DescribeArchive', { ArchiveName: 'a' })).toMatchObject({ EventCount: 1 })
  })
})

describe('replays', () => {
  test('bring the events of a time again, in their order and marked, and are not archived anew', async () => {
    await archive()
    bridge.bridge.emit(at('late', '09:30:00'))
    bridge.bridge.emit(at('early', '09:10:00'))
    bridge.bridge.emit(at('before', '08:59:59'))
    bridge.bridge.emit(at('end', '10:00:00'))
    await bridge.rule({ Arn: queueArn('q') })
    await bridge.rule({ Arn: queueArn('dead') }, { Name: 'not-named' })
    const FilterArns = [`arn:aws:events:${REGION}:111111111111:rule/r`]
    expect(await replay({ Destination: { Arn: busArn('default'), FilterArns } })).toMatchObject({
      State: 'STARTING',
    })
    await completed()
    const got = [...(await bridge.receive()), ...(await bridge.receive('q', 1))].map((body) =>
      JSON.parse(body),
    )
    expect(got.map(({ id }) => id)).toEqual(['early', 'late'])
    expect(got[0]).toEqual({ ...at('early', '09:10:00'), 'replay-name': 'again' })
    expect(await bridge.receive('dead', 1)).toEqual([])
    expect(await bridge.events('DescribeReplay', { ReplayName: 'again' })).toMatchObject({
      EventLastReplayedTime: new Date('2031-05-17T09:30:00Z'),
      Destination: { Arn: busArn('default'), FilterArns },
    })
    expect(await bridge.events('DescribeArchive', { ArchiveName: 'a' })).toMatchObject({ EventCount: 4 })
    expect((await bridge.events('ListReplays', { NamePrefix: 'ag' })).Replays).toHaveLength(1)
    await expect(bridge.events('CancelReplay', { ReplayName: 'again' })).rejects.toMatchObject({
      code: 'IllegalStatusException',
    })
  })

  test('can be cancelled before they run', async () => {
    await archive()
    bridge.bridge.emit(ENVELOPE)
    await bridge.rule({ Arn: queueArn('q') })
    const started = replay()
    expect(await bridge.events('CancelReplay', { ReplayName: 'again' })).toMatchObject({
      State: 'CANCELLING',
    })
    await started
    while ((await state()) !== 'CANCELLED') await new Promise((resolve) => setImmediate(resolve))
    expect(await bridge.receive('q', 1)).toEqual([])
  })

  test.each([
    [
      { Destination: { Arn: 'x' } },
      'Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.',
    ],
    [
      { EventSourceArn: `arn:aws:events:${REGION}:111111111111:archive/no` },
      'Parameter EventSourceArn is not valid. Reason: Archive no does not exist.',
    ],
    [
      { EventEndTime: new Date('2031-05-17T09:00:00Z') },
      'Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.',
    ],
    [
      { Destination: { Arn: busArn('mine') } },
      'Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.',
    ],
  ])('with %j are refused', async (more, message) => {
    await archive()
    await bridge.events('CreateEventBus', { Name: 'mine' })
    await expect(replay(more)).rejects.toMatchObject({ code: 'ValidationException', message })
  })
})
