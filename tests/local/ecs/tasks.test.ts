import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { AwsError } from '../../../local/gateway/service.ts'
import { ACCOUNT, isGone, REGION, smallIam, until } from '../lambda/bench.ts'
import { bench, EXECUTION_ROLE, TASK_ROLE } from './bench.ts'

let made: ReturnType<typeof bench>[] = []
const fresh = (...args: Parameters<typeof bench>) => {
  const one = bench(...args)
  made.push(one)
  return one
}
afterEach(async () => {
  await Promise.all(made.map((one) => one.end()))
  made = []
})
const WAIT = 'setInterval(() => {}, 1000); console.log("up")'

describe('a task', () => {
  test('runs the command and tells each state with a rising version', async () => {
    const cloud = fresh({ 'main.mjs': 'console.log("hello", process.argv[1] !== undefined)' })
    await cloud.define()
    const answer = await cloud.runTask({ startedBy: 'mirror/orchard' })
    expect(answer.failures).toEqual([])
    expect(answer.tasks[0]).toMatchObject({ lastStatus: 'PROVISIONING', startedBy: 'mirror/orchard' })
    await until(() => cloud.stopped().length === 1)
    expect(cloud.details().map(({ lastStatus, version }) => [lastStatus, version])).toEqual([
      ['PROVISIONING', 1],
      ['PENDING', 2],
      ['ACTIVATING', 3],
      ['RUNNING', 4],
      ['DEACTIVATING', 5],
      ['STOPPING', 6],
      ['DEPROVISIONING', 7],
      ['STOPPED', 8],
    ])
    const last = cloud.events.at(-1)!
    expect(last).toMatchObject({
      'detail-type': 'ECS Task State Change',
      source: 'aws.ecs',
      resources: [answer.tasks[0].taskArn],
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      detail: {
        clusterArn: expect.stringMatching(/:cluster\/relay$/),
        taskDefinitionArn: expect.stringMatching(/:task-definition\/mirror:1$/),
        group: 'family:mirror',
        startedBy: 'mirror/orchard',
        launchType: 'FARGATE',
        desiredStatus: 'STOPPED',
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: [{ name: 'mirror', lastStatus: 'STOPPED', exitCode: 0 }],
        stoppedAt: expect.stringMatching(/Z$/),
        cpu: '256',
        memory: '512',
      },
    })
    expect(cloud.lines).toEqual(['hello true'])
    const { tasks } = await cloud.run('DescribeTasks', { cluster: 'relay', tasks: [answer.tasks[0].taskArn] })
    expect(tasks[0]).toMatchObject({ lastStatus: 'STOPPED', stoppedAt: expect.any(Date) })
  })

  test('finds its variables, overrides, folders and credentials, and nothing of ours', async () => {
    const cloud = fresh({
      'main.mjs': `
        import { writeFileSync } from 'node:fs'
        const env = process.env
        writeFileSync(env.WORK + '/file', 'x')
        const get = (token) => fetch(env.AWS_CONTAINER_CREDENTIALS_FULL_URI, { headers: { authorization: token } })
        const good = await get(env.AWS_CONTAINER_AUTHORIZATION_TOKEN)
        const bad = await get('guess')
        const about = await fetch(env.ECS_CONTAINER_METADATA_URI_V4)
        console.log(JSON.stringify({ env, cwd: process.cwd(), arg: process.argv[2], good: await good.json(), bad: bad.status, about: await about.json() }))`,
    })
    process.env.OF_OURS = 'leaks'
    await cloud.define(
      {
        command: ['node', '/app/main.mjs', '/work/x'],
        workingDirectory: '/app',
        environment: [
          { name: 'WORK', value: '/work/deep' },
          { name: 'TMPDIR', value: '/work' },
          { name: 'KEEP', value: '/workshop' },
          { name: 'REPO', value: 'none' },
        ],
        mountPoints: [
          { sourceVolume: 'scratch', containerPath: '/work' },
          { sourceVolume: 'deep', containerPath: '/work/deep' },
        ],
      },
      { volumes: [{ name: 'scratch' }, { name: 'deep' }] },
    )
    await cloud.runTask({
      overrides: {
        containerOverrides: [{ name: 'mirror', environment: [{ name: 'REPO', value: 'orchard' }] }],
      },
    })
    await until(() => cloud.stopped().length === 1)
    delete process.env.OF_OURS
    const seen = JSON.parse(cloud.lines[0]!)
    expect(
      Object.keys(seen.env)
        .filter((name) => !/^(PWD|OLDPWD|SHLVL|_|__CF.*)$/.test(name))
        .sort(),
    ).toEqual([
      ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_DEFAULT_REGION'],
      ...['AWS_EXECUTION_ENV', 'AWS_REGION', 'ECS_CONTAINER_METADATA_URI_V4', 'EXTRA', 'HOME', 'KEEP'],
      ...['PATH', 'REPO', 'TMPDIR', 'WORK'],
    ])
    expect(seen.env).toMatchObject({ REPO: 'orchard', EXTRA: 'given', KEEP: '/workshop' })
    expect(seen.env.WORK).toMatch(/volumes\/deep$/)
    expect(seen.env.TMPDIR).toMatch(/volumes\/scratch$/)
    expect(seen.arg).toBe(`${seen.env.TMPDIR}/x`)
    expect(seen.cwd).toBe(cloud.image)
    expect(seen.good).toMatchObject({
      RoleArn: TASK_ROLE,
      AccessKeyId: expect.stringMatching(/^ASIA/),
      Token: 'token',
    })
    expect(seen.bad).toBe(401)
    expect(seen.about).toMatchObject({ Name: 'mirror' })
    expect(existsSync(join(cloud.root, 'ecs', 'tasks'))).toBe(true)
    await until(() => readdirSync(join(cloud.root, 'ecs', 'tasks')).length === 0)
  })

  test.each([
    ['exits', 'process.exit(75)', 75],
    ['is killed', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 9)`, 137],
    ['is terminated', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 9)`, 143],
  ])('whose process %s tells the code', async (_name, source, code) => {
    const cloud = fresh({ 'main.mjs': source })
    await cloud.define()
    await cloud.runTask()
    await until(() => cloud.stopped().length === 1)
    expect(cloud.stopped()[0]).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: code }],
    })
  })

  test('killed from outside is told with 137, and what it started ends too', async () => {
    const cloud = fresh({
      'main.mjs': `import { spawn } from 'node:child_process'
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
        console.log(process.pid, child.pid); setInterval(() => {}, 1000)`,
    })
    await cloud.define()
    await cloud.runTask()
    await until(() => cloud.lines.length === 1)
    const [pid, grandchild] = cloud.lines[0]!.split(' ').map(Number)
    process.kill(pid!, 'SIGKILL')
    await until(() => cloud.stopped().length === 1)
    expect(cloud.stopped()[0]!.containers[0]!.exitCode).toBe(137)
    await until(() => isGone(grandchild!))
  })

  test('is asked to stop, then killed after its stopTimeout', async () => {
    const cloud = fresh({ 'main.mjs': `process.on('SIGTERM', () => console.log('asked')); ${WAIT}` })
    await cloud.define({ stopTimeout: 1 })
    const { tasks } = await cloud.runTask()
    await until(() => cloud.lines.includes('up'))
    const answer = await cloud.run('StopTask', { cluster: 'relay', task: tasks[0].taskArn, reason: 'enough' })
    expect(answer.task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' })
    await until(() => cloud.stopped().length === 1)
    expect(cloud.lines).toContain('asked')
    expect(cloud.stopped()[0]).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 137 }],
    })
  })

  test.each([
    ['unknown image', { image: 'nowhere/nothing:1' }, /^CannotPullContainerError/],
    ['unknown command', { command: ['no-such-program'] }, /^CannotStartContainerError.*no-such-program/],
    ['no command', { command: [] }, /^CannotStartContainerError/],
  ])('of %s fails to start, without an exit code', async (_name, container, reason) => {
    const cloud = fresh({ 'main.mjs': '' })
    await cloud.define(container)
    await cloud.runTask()
    await until(() => cloud.stopped().length === 1)
    const [stopped] = cloud.stopped()
    expect(stopped).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(reason),
    })
    expect(stopped!.containers[0]).not.toHaveProperty('exitCode')
  })
})

describe('RunTask', () => {
  test('with one client token twice starts one task, and refuses other parameters', async () => {
    const cloud = fresh({ 'main.mjs': WAIT })
    await cloud.define()
    const first = await cloud.runTask({ clientToken: 'claim-1', startedBy: 'a' })
    const again = await cloud.runTask({ startedBy: 'a', clientToken: 'claim-1' })
    expect(again.tasks[0].taskArn).toBe(first.tasks[0].taskArn)
    await expect(cloud.runTask({ clientToken: 'claim-1', startedBy: 'b' })).rejects.toMatchObject({
      code: 'ConflictException',
    })
    const { taskArns } = await cloud.run('ListTasks', { cluster: 'relay', startedBy: 'a' })
    expect(taskArns).toEqual([first.tasks[0].taskArn])
  })

  test('beyond capacity answers with failures', async () => {
    const cloud = fresh({ 'main.mjs': WAIT }, { capacity: 1 })
    await cloud.define()
    const answer = await cloud.runTask({ count: 3 })
    expect(answer.tasks).toHaveLength(1)
    expect(answer.failures).toHaveLength(2)
    expect(answer.failures[0].reason).toMatch(/^Capacity is unavailable/)
  })

  const overrides = (length: number) => {
    const make = (value: string) => ({
      containerOverrides: [{ name: 'mirror', environment: [{ name: 'A', value }] }],
    })
    return make('x'.repeat(length - JSON.stringify(make('')).length))
  }
  test('takes overrides of 8,192 characters and no more', async () => {
    const cloud = fresh({ 'main.mjs': '' })
    await cloud.define()
    expect((await cloud.runTask({ overrides: overrides(8192) })).tasks).toHaveLength(1)
    await expect(cloud.runTask({ overrides: overrides(8193) })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
  })

  test.each([
    ['count 11', { count: 11 }, 'InvalidParameterException'],
    ['count 0', { count: 0 }, 'InvalidParameterException'],
    ['no network', { networkConfiguration: undefined }, 'InvalidParameterException'],
    ['a long token', { clientToken: 'x'.repeat(65) }, 'InvalidParameterException'],
    [
      'both launch type and strategy',
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] },
      'InvalidParameterException',
    ],
    [
      'an unknown container',
      { overrides: { containerOverrides: [{ name: 'other' }] } },
      'InvalidParameterException',
    ],
    ['an unknown cluster', { cluster: 'none' }, 'ClusterNotFoundException'],
    ['an unknown definition', { taskDefinition: 'none' }, 'ClientException'],
  ])('refuses %s', async (_name, more, code) => {
    const cloud = fresh({ 'main.mjs': '' })
    await cloud.define()
    await expect(cloud.runTask(more)).rejects.toMatchObject({ code })
  })

  test('refuses a role that does not trust tasks', async () => {
    const cloud = fresh({ 'main.mjs': '' })
    await cloud.define()
    cloud.identity.denied.add(`assume ${TASK_ROLE} ecs-tasks.amazonaws.com`)
    await expect(cloud.runTask()).rejects.toMatchObject({
      code: 'ClientException',
      message: expect.stringContaining('unable to assume the role'),
    })
  })

  test('asks for RunTask on the revision and PassRole on both roles', async () => {
    const cloud = fresh({ 'main.mjs': '' })
    const { taskDefinition } = await cloud.define()
    const { call } = await import('./bench.ts')
    expect(
      cloud.ecs.service.permissions!('RunTask', { cluster: 'relay', taskDefinition: 'mirror' }, call),
    ).toMatchObject([
      { action: 'ecs:RunTask', resource: taskDefinition.taskDefinitionArn },
      {
        action: 'iam:PassRole',
        resource: EXECUTION_ROLE,
        context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      },
      { action: 'iam:PassRole', resource: TASK_ROLE },
    ])
  })
})

describe('a task that another service starts', () => {
  const sender = {
    service: 'events.amazonaws.com',
    sourceArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/r`,
    sourceAccount: ACCOUNT,
    roleArn: TASK_ROLE,
  }
  const cluster = `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/relay`
  const input = {
    taskDefinition: 'mirror',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  }

  test('runs when the role may run it and pass its roles on, and not without', async () => {
    const asked: string[] = []
    const { iam } = smallIam()
    const cloud = fresh(
      { 'main.mjs': WAIT },
      {
        capacity: 1,
        iam: {
          ...iam,
          authorizeSender: (_policy, from, { action }) => {
            expect(from).toBe(sender)
            asked.push(action)
            if (cloud.identity.denied.has(action)) throw new AwsError('AccessDeniedException', action, 403)
          },
        },
      },
    )
    await cloud.define()
    cloud.identity.denied.add('iam:PassRole')
    await expect(cloud.ecs.runTask(cluster, input, sender)).rejects.toMatchObject({ message: 'iam:PassRole' })
    cloud.identity.denied.clear()
    await cloud.ecs.runTask(cluster, input, sender)
    expect(new Set(asked)).toEqual(new Set(['ecs:RunTask', 'iam:PassRole']))
    await until(() => cloud.lines.includes('up'))
    // no room for a second one: the sender shall come again
    await expect(cloud.ecs.runTask(cluster, input, sender)).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^Capacity is unavailable/),
    })
  })
})
