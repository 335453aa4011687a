import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Scheduler, Sqs } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import type { Wires } from '../../../local/gateway/wires.ts'
import { nextRun, parseExpression } from '../../../local/scheduler/expression.ts'
import { createScheduler } from '../../../local/scheduler/scheduler.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import {
  ACCOUNT,
  caller,
  callOf,
  clock,
  type Folder,
  REGION,
  simpleIam,
  storeFolder,
} from '../sqs/fixture.ts'

const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const MAY = `arn:aws:iam::${ACCOUNT}:role/may`
const MINUTE = 60_000

let folder: Folder
let time: ReturnType<typeof clock>
let sqs: Sqs
let scheduler: Scheduler
let call: ReturnType<typeof caller>
let invoke: Wires['invokeAsync']

const open = () => {
  const parts = folder.open(time.now)
  sqs = createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
  const wires = {
    sendMessage: sqs.send,
    publish: async () => {},
    invokeAsync: (...given: Parameters<typeof invoke>) => invoke(...given),
  }
  scheduler = createScheduler({ parts, iam: simpleIam, wires, random: () => 0 })
  call = caller(scheduler.service)
}
const close = async () => {
  await scheduler.stop()
  await sqs.stop()
}

beforeEach(async () => {
  folder = storeFolder()
  time = clock()
  invoke = async () => {}
  open()
  for (const QueueName of ['q', 'dead']) await caller(sqs.service)('CreateQueue', { QueueName })
})

afterEach(async () => {
  await close()
  folder.remove()
})

const schedule = (given: object = {}) => ({
  Name: 'sweep',
  ScheduleExpression: 'rate(5 minutes)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: queueArn('q'), RoleArn: MAY, Input: '{"reason":"sweep"}' },
  ...given,
})
const received = async (waitMs = 10_000, name = 'q') => {
  const got = await sqs.receive(queueArn(name), 10, waitMs)
  sqs.deleteMessages(
    queueArn(name),
    got.map((message) => message.receiptHandle),
  )
  return got
}
const restart = async () => {
  await close()
  open()
  scheduler.start()
}

describe('runs', () => {
  test('at once when made, then in its rhythm, once for what was missed', async () => {
    scheduler.start()
    await call('CreateSchedule', schedule())
    expect((await received())[0]!.body).toBe('{"reason":"sweep"}')
    await restart()
    time.pass(4 * MINUTE)
    await restart()
    expect(await received(30)).toEqual([])
    time.pass(MINUTE)
    await restart()
    expect(await received()).toHaveLength(1)
    time.pass(27 * MINUTE)
    await restart()
    expect(await received()).toHaveLength(1)
    expect(await received(30)).toEqual([])
  })

  test('only once the cloud was started', async () => {
    await call('CreateSchedule', schedule())
    expect(await received(20)).toEqual([])
    scheduler.start()
    expect(await received()).toHaveLength(1)
  })

  test('without Input the default notification; with it, context is filled in', async () => {
    scheduler.start()
    await call('CreateSchedule', schedule({ Target: { Arn: queueArn('q'), RoleArn: MAY } }))
    const arn = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/sweep`
    expect(JSON.parse((await received())[0]!.body)).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      resources: [arn],
      time: '2031-05-17T09:04:33Z',
    })
    const Input = '<aws.scheduler.schedule-arn> <aws.scheduler.attempt-number> <else>'
    await call('CreateSchedule', schedule({ Name: 'b', Target: { Arn: queueArn('q'), RoleArn: MAY, Input } }))
    expect((await received())[0]!.body).toBe(`${arn.replace('sweep', 'b')} 1 <else>`)
  })

  test('at() runs once and may go afterwards', async () => {
    scheduler.start()
    const input = { ScheduleExpression: 'at(2031-05-17T09:04:33)', ActionAfterCompletion: 'DELETE' }
    await call('CreateSchedule', schedule(input))
    expect(await received()).toHaveLength(1)
    await expect(call('GetSchedule', { Name: 'sweep' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  test('a role that may not means the dead-letter queue; a fault another try', async () => {
    const DeadLetterConfig = { Arn: queueArn('dead') }
    // the role may write to neither: the run is dropped, and said so in the log
    scheduler.start()
    const RoleArn = MAY.replace('may', 'mayNot')
    await call('CreateSchedule', schedule({ Target: { Arn: queueArn('q'), RoleArn, DeadLetterConfig } }))
    await call(
      'CreateSchedule',
      schedule({ Name: 'gone', Target: { Arn: queueArn('gone'), RoleArn: MAY, DeadLetterConfig } }),
    )
    const dead = await received(10_000, 'dead')
    expect(dead).toHaveLength(1)
    expect(dead[0]!.messageAttributes).toMatchObject({
      TARGET_ARN: { stringValue: queueArn('gone') },
      ERROR_CODE: { stringValue: 'QueueDoesNotExist' },
    })
    let tries = 0
    const payload = await new Promise<string>((resolve) => {
      invoke = async (_, text) => {
        tries += 1
        if (tries === 1) throw new AwsError('ServiceException', 'boom', 500)
        resolve(text)
      }
      const Arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`
      void call('CreateSchedule', schedule({ Name: 'f', Target: { Arn, RoleArn: MAY, Input: '{}' } }))
    })
    expect([payload, tries]).toEqual(['{}', 2])
  })

  test('survive a kill between the run and its delivery', async () => {
    scheduler.start()
    const Arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`
    const started = new Promise<void>((resolve) => {
      invoke = () => {
        resolve()
        return new Promise(() => {})
      }
    })
    await call('CreateSchedule', schedule({ Target: { Arn, RoleArn: MAY, Input: '{"n":1}' } }))
    await started
    const payload = await new Promise<string>((resolve) => {
      invoke = async (_, text) => resolve(text)
      open()
    })
    expect(payload).toBe('{"n":1}')
  })
})

describe('schedules', () => {
  test('are made once, updated, listed, deleted', async () => {
    await call('CreateSchedule', schedule())
    await expect(call('CreateSchedule', schedule())).rejects.toMatchObject({ code: 'ConflictException' })
    await call('UpdateSchedule', schedule({ State: 'DISABLED', ScheduleExpression: 'rate(1 hour)' }))
    expect(await call('GetSchedule', { Name: 'sweep' })).toMatchObject({
      State: 'DISABLED',
      ScheduleExpression: 'rate(1 hour)',
      CreationDate: new Date(time.now()),
    })
    expect((await call('ListSchedules', { NamePrefix: 'sw' })).Schedules).toHaveLength(1)
    expect((await call('ListSchedules', { State: 'ENABLED' })).Schedules).toEqual([])
    await call('DeleteSchedule', { Name: 'sweep' })
    await expect(call('DeleteSchedule', { Name: 'sweep' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  test('who makes one must be allowed to pass the role', () => {
    expect(
      scheduler.service.permissions?.('CreateSchedule', schedule(), callOf('scheduler', 'CreateSchedule')),
    ).toEqual([
      {
        action: 'scheduler:CreateSchedule',
        resource: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/sweep`,
      },
      {
        action: 'iam:PassRole',
        resource: MAY,
        context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
      },
    ])
  })
})

test('the next run of a rate is its first, or after the last and in the same rhythm', () => {
  const timing = parseExpression('rate(5 minutes)')
  fc.assert(
    fc.property(fc.nat(1e9), fc.nat(1e9), (createdAt, later) => {
      expect(nextRun({ timing, createdAt })).toBe(createdAt)
      const lastRun = createdAt + later
      const next = nextRun({ timing, createdAt, lastRun })!
      expect(next > lastRun && next - lastRun <= 5 * MINUTE).toBe(true)
      expect((next - createdAt) % (5 * MINUTE)).toBe(0)
      expect(nextRun({ timing, createdAt, lastRun, endsAt: next - 1 })).toBeUndefined()
    }),
  )
})
