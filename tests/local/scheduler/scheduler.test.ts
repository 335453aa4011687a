import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Scheduler, Sqs } from '../../../local/contracts.ts'
import { AwsError } from '../../../local/gateway/service.ts'
import type { Envelope, Sender, Wires } from '../../../local/gateway/wires.ts'
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
  until,
} from '../sqs/fixture.ts'

const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const MAY = `arn:aws:iam::${ACCOUNT}:role/may`
const MINUTE = 60_000
const requireTrust = ({ service, roleArn }: Sender) => {
  if (service !== 'scheduler.amazonaws.com' || roleArn?.endsWith('/wary'))
    throw new AwsError('AccessDenied', 'no', 403)
}

let folder: Folder
let time: ReturnType<typeof clock>
let sqs: Sqs
let scheduler: Scheduler
let call: ReturnType<typeof caller>
let invoke: Wires['invokeAsync']
let published: [arn: string, body: string][]
let put: [arn: string, envelope: Envelope][]
let tasks: object[]

const open = () => {
  const parts = folder.open(time.now)
  sqs = createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
  const wires = {
    sendMessage: sqs.send,
    publish: async (arn: string, { body }: { body: string }) => {
      published.push([arn, body])
    },
    putEvent: async (arn: string, envelope: Envelope) => {
      put.push([arn, envelope])
    },
    runTask: async (_: string, input: object) => {
      tasks.push(input)
    },
    invokeAsync: (...given: Parameters<typeof invoke>) => invoke(...given),
  }
  scheduler = createScheduler({ parts, iam: { requireTrust }, wires, random: () => 0 })
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
  published = []
  put = []
  tasks = []
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

  test('go to topics, buses and clusters too', async () => {
    scheduler.start()
    const place = `${REGION}:${ACCOUNT}`
    const targets = {
      topic: { Arn: `arn:aws:sns:${place}:t`, Input: 'text' },
      bus: {
        Arn: `arn:aws:events:${place}:event-bus/default`,
        EventBridgeParameters: { DetailType: 'Sweep', Source: 'mine' },
        Input: '{"n":"<aws.scheduler.attempt-number>"}',
      },
      task: {
        Arn: `arn:aws:ecs:${place}:cluster/c`,
        EcsParameters: {
          TaskDefinitionArn: `arn:aws:ecs:${place}:task-definition/mirror:1`,
          LaunchType: 'FARGATE',
          NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-1'], AssignPublicIp: 'ENABLED' } },
        },
        Input: '{"containerOverrides":[]}',
      },
    }
    for (const [Name, target] of Object.entries(targets))
      await call('CreateSchedule', schedule({ Name, Target: { RoleArn: MAY, ...target } }))
    await until(() => published.length + put.length + tasks.length === 3)
    expect(published).toEqual([[targets.topic.Arn, 'text']])
    expect(put[0]).toMatchObject([
      targets.bus.Arn,
      {
        source: 'mine',
        'detail-type': 'Sweep',
        account: ACCOUNT,
        resources: [`arn:aws:scheduler:${place}:schedule/default/bus`],
        detail: { n: '1' },
      },
    ])
    expect(tasks).toEqual([
      {
        cluster: targets.task.Arn,
        taskDefinition: targets.task.EcsParameters.TaskDefinitionArn,
        count: 1,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' } },
        startedBy: 'chronos-schedule/task',
        overrides: { containerOverrides: [] },
      },
    ])
  })

  test('begin within a flexible window', async () => {
    scheduler.start()
    const FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 }
    // the chance that decides when is nought here: at once
    await call('CreateSchedule', schedule({ FlexibleTimeWindow }))
    expect(await received()).toHaveLength(1)
    expect(await call('GetSchedule', { Name: 'sweep' })).toMatchObject({ FlexibleTimeWindow })
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
    const Target = { Arn, RoleArn: MAY, Input: '{"n":1}' }
    // the killed one cannot be stopped here: its next run must be later than any test
    await call('CreateSchedule', schedule({ ScheduleExpression: 'rate(9 days)', Target }))
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
    const Target = { ...schedule().Target, RoleArn: MAY.replace('/may', '/wary') }
    for (const [operation, Name] of [
      ['CreateSchedule', 'other'],
      ['UpdateSchedule', 'sweep'],
    ] as const)
      await expect(call(operation, schedule({ Name, Target }))).rejects.toMatchObject({
        code: 'ValidationException',
        message: 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
      })
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

  test('are answered with what was left out filled in', async () => {
    const at = new Date(time.now())
    await call('CreateSchedule', schedule({ Description: 'd', StartDate: at }))
    expect(await call('GetSchedule', { Name: 'sweep' })).toEqual({
      ActionAfterCompletion: 'NONE',
      Arn: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/sweep`,
      CreationDate: at,
      Description: 'd',
      FlexibleTimeWindow: { Mode: 'OFF' },
      GroupName: 'default',
      LastModificationDate: at,
      Name: 'sweep',
      ScheduleExpression: 'rate(5 minutes)',
      ScheduleExpressionTimezone: 'UTC',
      StartDate: at,
      State: 'ENABLED',
      Target: {
        ...schedule().Target,
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
    })
    // an update replaces everything
    await call('UpdateSchedule', schedule())
    expect(await call('GetSchedule', { Name: 'sweep' })).not.toHaveProperty('Description')
  })

  test('come page by page, of all groups or of one', async () => {
    await call('CreateScheduleGroup', { Name: 'g' })
    for (const Name of ['a', 'b', 'c']) await call('CreateSchedule', schedule({ Name }))
    await call('CreateSchedule', schedule({ Name: 'd', GroupName: 'g' }))
    const names = ({ Schedules }: { Schedules: { Name: string }[] }) => Schedules.map(({ Name }) => Name)
    const first = await call('ListSchedules', { MaxResults: 2 })
    expect(names(first)).toEqual(['a', 'b'])
    expect(names(await call('ListSchedules', { MaxResults: 2, NextToken: first.NextToken }))).toEqual([
      'c',
      'd',
    ])
    expect(names(await call('ListSchedules', { GroupName: 'g' }))).toEqual(['d'])
    await expect(call('ListSchedules', { GroupName: 'no' })).rejects.toMatchObject({
      message: 'Schedule group no does not exist.',
    })
  })

  test('a client token that comes again changes nothing, with other parameters it is refused', async () => {
    const made = await call('CreateSchedule', schedule({ ClientToken: 'once' }))
    await call('UpdateSchedule', schedule({ State: 'DISABLED' }))
    expect(await call('CreateSchedule', schedule({ ClientToken: 'once' }))).toEqual(made)
    expect(await call('GetSchedule', { Name: 'sweep' })).toMatchObject({ State: 'DISABLED' })
    await expect(call('CreateSchedule', schedule({ Name: 'b', ClientToken: 'once' }))).rejects.toMatchObject({
      code: 'ConflictException',
      status: 409,
    })
  })

  const fifo = `arn:aws:sqs:${REGION}:${ACCOUNT}:q.fifo`
  test.each<[object, string]>([
    [{ ScheduleExpression: 'cron(0 1 * * * *)' }, 'Invalid Schedule Expression cron(0 1 * * * *).'],
    [{ ScheduleExpressionTimezone: 'Mars/North' }, 'Invalid Schedule Expression Timezone Mars/North.'],
    [
      { Name: 'a b', State: 'ON' },
      "2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$; Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]",
    ],
    [
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1_441 } },
      "1 validation error detected: Value '1441' at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must have value less than or equal to 1440",
    ],
    [
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } },
      'MaximumWindowInMinutes must be provided for a flexible time window.',
    ],
    [
      { StartDate: new Date('2031-05-17T08:59:00Z') },
      'The StartDate you specify cannot be earlier than 5 minutes ago.',
    ],
    [
      { StartDate: new Date('2031-05-18T00:00:00Z'), EndDate: new Date('2031-05-18T00:00:00Z') },
      'The EndDate you specify must come after the StartDate.',
    ],
    [{ Target: { Arn: 'queue', RoleArn: MAY } }, 'Provided Arn is not in correct format.'],
    [
      { Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', RoleArn: MAY } },
      'The local cloud does not serve universal targets such as arn:aws:scheduler:::aws-sdk:sqs:sendMessage: use the ARN of a queue, a topic, a function, an event bus or a cluster.',
    ],
    [
      { Target: { Arn: fifo, RoleArn: MAY } },
      'SqsParameters with a MessageGroupId must be specified for a FIFO queue.',
    ],
    [
      { Target: { Arn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`, RoleArn: MAY, Input: 'text' } },
      'Input must be well-formed JSON.',
    ],
  ])('%j is refused', async (given, message) => {
    await expect(call('CreateSchedule', schedule(given))).rejects.toMatchObject({
      code: 'ValidationException',
      message,
    })
  })

  test('a group that is not there is not found', async () => {
    const refusal = {
      code: 'ResourceNotFoundException',
      status: 404,
      message: 'Schedule group no does not exist.',
    }
    await expect(call('CreateSchedule', schedule({ GroupName: 'no' }))).rejects.toMatchObject(refusal)
    await expect(call('GetScheduleGroup', { Name: 'no' })).rejects.toMatchObject(refusal)
    await expect(call('GetSchedule', { Name: 'no' })).rejects.toMatchObject({
      message: 'Schedule no does not exist.',
    })
  })

  test('groups are made once, tagged, listed, and take their schedules with them', async () => {
    const ScheduleGroupArn = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/g`
    const Tags = [{ Key: 'team', Value: 'relay' }]
    expect(await call('CreateScheduleGroup', { Name: 'g', Tags })).toEqual({ ScheduleGroupArn })
    await expect(call('CreateScheduleGroup', { Name: 'g' })).rejects.toMatchObject({
      code: 'ConflictException',
      message: 'Schedule group g already exists.',
    })
    await call('TagResource', { ResourceArn: ScheduleGroupArn, Tags: [{ Key: 'a', Value: 'b' }] })
    await call('UntagResource', { ResourceArn: ScheduleGroupArn, TagKeys: ['team'] })
    expect(await call('ListTagsForResource', { ResourceArn: ScheduleGroupArn })).toEqual({
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    await call('CreateSchedule', schedule({ GroupName: 'g' }))
    const { ScheduleGroups } = await call('ListScheduleGroups')
    expect(ScheduleGroups).toMatchObject([
      { Name: 'default', State: 'ACTIVE' },
      { Name: 'g', State: 'ACTIVE', Arn: ScheduleGroupArn },
    ])
    await call('DeleteScheduleGroup', { Name: 'g' })
    expect((await call('ListSchedules')).Schedules).toEqual([])
    await expect(call('DeleteScheduleGroup', { Name: 'default' })).rejects.toMatchObject({
      code: 'ValidationException',
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
