import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs'
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createEcs } from '../../../local/ecs/ecs.ts'
import type { Envelope } from '../../../local/gateway/wires.ts'
import { testWith } from '../../support/tools.ts'
import { until } from '../lambda/bench.ts'
import { ACCOUNT, REGION, serve } from '../logs/served.ts'

const OWN = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/mirror:latest`
const GROUP = '/relay/mirror'
const image = mkdtempSync(join(tmpdir(), 'image-'))
const events: Envelope[] = []
let killAfterMs: number | undefined
let cloud: Awaited<ReturnType<typeof serve>>
let client: ECSClient
let iam: IAMClient
const arn = (rest: string) => `arn:aws:ecs:${REGION}:${ACCOUNT}:${rest}`
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`
const details = (taskArn: string | undefined) =>
  events.map(({ detail }) => detail as Record<string, unknown>).filter((detail) => detail.taskArn === taskArn)

beforeAll(async () => {
  writeFileSync(
    join(image, 'main.mjs'),
    `console.log('up'); setTimeout(() => {}, Number(process.argv[2] ?? 0))`,
  )
  cloud = await serve(({ parts, iam, folder, logs }) => {
    const ecs = createEcs({
      parts,
      iam,
      logs,
      emit: (envelope) => events.push(envelope),
      folder: join(folder, 'ecs'),
      environment: {},
      images: (name) => (name === OWN ? { folder: image } : undefined),
      commands: {
        'public.ecr.aws/*/busybox:*': { command: ['sh', '-c', 'echo "$GREETING from $PWD"; exit 3'] },
      },
      faults: { process: () => (killAfterMs === undefined ? {} : { killAfterMs }) },
      capacity: 2,
    })
    return { services: [ecs.service], stop: ecs.stop }
  })
  client = new ECSClient(cloud.client)
  iam = new IAMClient(cloud.client)
  for (const name of ['task', 'execution'])
    await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        }),
      }),
    )
  await allow('logs', ['logs:CreateLogStream', 'logs:PutLogEvents'])
  await allow('ecr', ['ecr:*'])
  await client.send(new CreateClusterCommand({ clusterName: 'relay', tags: [{ key: 'a', value: '1' }] }))
  await cloud.logs.service.operations.CreateLogGroup!({ logGroupName: GROUP }, {
    account: ACCOUNT,
    region: REGION,
  } as never)
})
afterAll(async () => {
  client.destroy()
  iam.destroy()
  await cloud.stop()
  rmSync(image, { recursive: true })
})

const allow = (PolicyName: string, Action: string[]) =>
  iam.send(
    new PutRolePolicyCommand({
      RoleName: 'execution',
      PolicyName,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
      }),
    }),
  )
const forbid = (PolicyName: string) =>
  iam.send(new DeleteRolePolicyCommand({ RoleName: 'execution', PolicyName }))

const definition = (container: object = {}, more: object = {}): RegisterTaskDefinitionCommandInput => ({
  family: 'mirror',
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  taskRoleArn: role('task'),
  executionRoleArn: role('execution'),
  containerDefinitions: [
    {
      name: 'mirror',
      image: OWN,
      command: ['node', '/app/main.mjs'],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': GROUP, 'awslogs-region': REGION, 'awslogs-stream-prefix': 'm' },
      },
      ...container,
    },
  ],
  ...more,
})
const register = async (container: object = {}, more: object = {}) =>
  (await client.send(new RegisterTaskDefinitionCommand(definition(container, more)))).taskDefinition
const request = (more: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput => ({
  cluster: 'relay',
  taskDefinition: 'mirror',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' } },
  ...more,
})
const run = (more: Partial<RunTaskCommandInput> = {}) => client.send(new RunTaskCommand(request(more)))
const ended = async (more: Partial<RunTaskCommandInput> = {}) => {
  const { tasks } = await run(more)
  const taskArn = tasks?.[0]?.taskArn
  await until(() => details(taskArn).some(({ lastStatus }) => lastStatus === 'STOPPED'))
  return { taskArn, last: details(taskArn).at(-1) as Record<string, never> }
}

describe('task definitions', () => {
  test('are numbered, shown with what ECS fills in, listed, tagged, and set aside', async () => {
    const made = await register(
      {},
      { family: 'numbered', cpu: '1 vCPU', memory: '2 GB', tags: [{ key: 'k', value: 'v' }] },
    )
    expect(made).toMatchObject({
      taskDefinitionArn: arn('task-definition/numbered:1'),
      revision: 1,
      status: 'ACTIVE',
      cpu: '1024',
      memory: '2048',
      compatibilities: ['EC2', 'FARGATE'],
      registeredBy: `arn:aws:iam::${ACCOUNT}:user/admin`,
      containerDefinitions: [{ name: 'mirror', essential: true, cpu: 0, environment: [], mountPoints: [] }],
    })
    await register({}, { family: 'numbered' })
    const seen = await client.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: 'numbered:1', include: ['TAGS'] }),
    )
    expect(seen.tags).toEqual([{ key: 'k', value: 'v' }])
    const list = async (more: object) =>
      (await client.send(new ListTaskDefinitionsCommand({ familyPrefix: 'numbered', ...more })))
        .taskDefinitionArns
    expect(await list({ sort: 'DESC' })).toEqual([2, 1].map((n) => arn(`task-definition/numbered:${n}`)))
    const page = await client.send(
      new ListTaskDefinitionsCommand({ familyPrefix: 'numbered', maxResults: 1 }),
    )
    expect(await list({ nextToken: page.nextToken })).toEqual([arn('task-definition/numbered:2')])
    const gone = await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'numbered:1' }))
    expect(gone.taskDefinition).toMatchObject({ status: 'INACTIVE', deregisteredAt: expect.any(Date) })
    expect(await list({})).toEqual([arn('task-definition/numbered:2')])
    expect(await list({ status: 'INACTIVE' })).toEqual([arn('task-definition/numbered:1')])
    await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'numbered:2' }))
    const families = async (status: 'ACTIVE' | 'INACTIVE') =>
      (await client.send(new ListTaskDefinitionFamiliesCommand({ familyPrefix: 'numb', status }))).families
    expect(await families('ACTIVE')).toEqual([])
    expect(await families('INACTIVE')).toEqual(['numbered'])
    await expect(run({ taskDefinition: 'numbered:2' })).rejects.toMatchObject({
      name: 'ClientException',
      message: 'TaskDefinition is inactive',
    })
  })

  const refused: [what: string, container: object, more: object, message: string][] = [
    [
      'a size that Fargate has not',
      {},
      { cpu: '256', memory: '4096' },
      'No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.',
    ],
    [
      'a step between sizes',
      {},
      { cpu: '8192', memory: '17408' },
      'No Fargate configuration exists for given values: 8192 CPU, 17408 memory. See the Amazon ECS documentation for the valid values.',
    ],
    ['no cpu', {}, { cpu: undefined }, "Fargate requires that 'cpu' be defined at the task level."],
    ['no memory', {}, { memory: undefined }, "Fargate requires that 'memory' be defined at the task level."],
    ['another network', {}, { networkMode: 'bridge' }, 'Fargate only supports network mode ‘awsvpc’.'],
    [
      'no execution role for a registry',
      {},
      { executionRoleArn: undefined },
      'Fargate requires task definition to have execution role ARN to support ECR images.',
    ],
    [
      'no execution role for logs',
      { image: 'busybox' },
      { executionRoleArn: undefined },
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    ],
    [
      'a log driver without its options',
      { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': GROUP } } },
      {},
      'Log driver awslogs requires options: awslogs-region, awslogs-group',
    ],
    ['no image', { image: '' }, {}, 'Container.image should not be null or empty.'],
    [
      'no essential container',
      { essential: false },
      {},
      'A TaskDefinition must have at least one essential container.',
    ],
    [
      'secrets',
      { secrets: [{ name: 'A', valueFrom: 'arn:aws:ssm:x' }] },
      {},
      'Secrets (valueFrom) are not served by this local cloud: give the value in environment.',
    ],
  ]
  test.each(refused)('refuse %s', async (_what, container, more, message) => {
    await expect(register(container, more)).rejects.toMatchObject({ name: 'ClientException', message })
  })
})

describe('tasks', () => {
  test('show where they run, with what, and what became of them', async () => {
    await register({}, { tags: [{ key: 'from', value: 'definition' }] })
    const { tasks } = await run({
      group: 'sweep',
      startedBy: 'me/1',
      propagateTags: 'TASK_DEFINITION',
      tags: [{ key: 'own', value: '1' }],
      enableExecuteCommand: true,
    })
    const [task] = tasks ?? []
    expect(task).toMatchObject({
      attachments: [{ type: 'ElasticNetworkInterface', details: [{ name: 'subnetId', value: 'subnet-1' }] }],
      availabilityZone: `${REGION}a`,
      containers: [{ name: 'mirror', lastStatus: 'PENDING' }],
      group: 'sweep',
      startedBy: 'me/1',
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      ephemeralStorage: { sizeInGiB: 20 },
      enableExecuteCommand: true,
      overrides: { containerOverrides: [{ name: 'mirror' }], inferenceAcceleratorOverrides: [] },
      tags: [
        { key: 'from', value: 'definition' },
        { key: 'own', value: '1' },
      ],
    })
    await until(() => details(task?.taskArn).some(({ lastStatus }) => lastStatus === 'STOPPED'))
    const shown = await client.send(
      new DescribeTasksCommand({ cluster: 'relay', tasks: [task?.taskArn ?? '', 'none'] }),
    )
    expect(shown.tasks?.[0]).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      connectivity: 'CONNECTED',
      startedAt: expect.any(Date),
      executionStoppedAt: expect.any(Date),
      tags: [],
      containers: [{ exitCode: 0, lastStatus: 'STOPPED' }],
    })
    expect(shown.failures).toEqual([{ arn: arn('task/relay/none'), reason: 'MISSING' }])
    const list = async (more: object) =>
      (await client.send(new ListTasksCommand({ cluster: 'relay', ...more }))).taskArns
    expect(await list({ desiredStatus: 'STOPPED', family: 'mirror', startedBy: 'me/1' })).toEqual([
      task?.taskArn,
    ])
    expect(await list({ desiredStatus: 'STOPPED', launchType: 'EC2' })).toEqual([])
    expect(await list({ startedBy: 'me/1' })).toEqual([])
    await client.send(
      new TagResourceCommand({ resourceArn: task?.taskArn, tags: [{ key: 'own', value: '2' }] }),
    )
    await client.send(new UntagResourceCommand({ resourceArn: task?.taskArn, tagKeys: ['from'] }))
    expect((await client.send(new ListTagsForResourceCommand({ resourceArn: task?.taskArn }))).tags).toEqual([
      { key: 'own', value: '2' },
    ])
  })

  test('of an image that is not ours stop, unless a command is mapped to it', async () => {
    await register({ image: 'nope' })
    expect((await ended()).last).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason:
        'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/library/nope:latest: docker.io/library/nope:latest: not found',
    })
    await register({
      image: 'public.ecr.aws/docker/busybox:1',
      environment: [{ name: 'GREETING', value: 'hello' }],
    })
    const lines: string[] = []
    const leave = cloud.logs.tail(({ line }) => lines.push(line))
    expect((await ended()).last).toMatchObject({ containers: [{ exitCode: 3 }] })
    leave()
    expect(lines).toEqual([expect.stringMatching(/^hello from .*\/home$/)])
  })

  test('do not start when the execution role may not log in, pull, or write the log', async () => {
    await register()
    const reason = async () => (await ended()).last.stoppedReason
    await forbid('logs')
    expect(await reason()).toMatch(
      /^ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: User: .*assumed-role\/execution\/.* is not authorized to perform: logs:CreateLogStream on resource: .*log-group:\/relay\/mirror:log-stream:m\/mirror\//,
    )
    await allow('logs', ['logs:*'])
    await forbid('ecr')
    expect(await reason()).toMatch(
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*ecr:GetAuthorizationToken/,
    )
    await allow('ecr', ['ecr:GetAuthorizationToken'])
    expect(await reason()).toMatch(
      /^CannotPullContainerError: .*mirror:latest: unexpected status from HEAD request: 403 Forbidden$/,
    )
    await allow('ecr', ['ecr:*'])
    await register({
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/none', 'awslogs-region': REGION },
      },
    })
    expect(await reason()).toMatch(
      /ResourceNotFoundException: The specified log group does not exist\. : exit status 1$/,
    )
    await iam.send(
      new AttachRolePolicyCommand({
        RoleName: 'execution',
        PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
      }),
    )
  })

  test('killed on purpose end with 137', async () => {
    await register({ command: ['node', '/app/main.mjs', '60000'] })
    killAfterMs = 50
    const { last } = await ended()
    killAfterMs = undefined
    expect(last).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 137 }] })
  })

  test('run on the capacity of the cluster that they ask for', async () => {
    await register()
    const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
    await client.send(new CreateClusterCommand({ clusterName: 'spot' }))
    const ask = (more: object) => run({ cluster: 'spot', launchType: undefined, ...more })
    await expect(ask({})).rejects.toMatchObject({
      message: 'No Container Instances were found in your cluster.',
    })
    await expect(ask({ capacityProviderStrategy: spot })).rejects.toMatchObject({
      message: /is not associated with the cluster/,
    })
    await expect(ask({ capacityProviderStrategy: [{ capacityProvider: 'none' }] })).rejects.toMatchObject({
      message: 'The specified capacity provider was not found.',
    })
    await client.send(
      new PutClusterCapacityProvidersCommand({
        cluster: 'spot',
        capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        defaultCapacityProviderStrategy: spot,
      }),
    )
    expect((await ask({})).tasks?.[0]).toMatchObject({ capacityProviderName: 'FARGATE_SPOT' })
    await expect(client.send(new DeleteClusterCommand({ cluster: 'spot' }))).rejects.toMatchObject({
      name: 'ClusterContainsTasksException',
    })
  })

  const refused: [more: object, name: string, message: string | RegExp][] = [
    [
      { networkConfiguration: undefined },
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      { launchType: 'EC2' },
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
    ],
    [{ platformVersion: '9.9.9' }, 'PlatformUnknownException', 'The specified platform does not exist.'],
    [{ propagateTags: 'SERVICE' }, 'InvalidParameterException', /SERVICE/],
    [{ cluster: 'none' }, 'ClusterNotFoundException', 'Cluster not found.'],
    [{ taskDefinition: 'none' }, 'ClientException', 'TaskDefinition not found.'],
  ]
  test.each(refused)('are not run with %j', async (more, name, message) => {
    await expect(run(more)).rejects.toMatchObject({
      name,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test('StopTask: a reason too long, a task that is not there', async () => {
    const stop = (more: object) =>
      client.send(new StopTaskCommand({ cluster: 'relay', task: 'none', ...more }))
    await expect(stop({ reason: 'x'.repeat(1025) })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(stop({})).rejects.toMatchObject({ message: 'The referenced task was not found.' })
  })
})

test('clusters are shown with settings and tags where asked for', async () => {
  const shown = await client.send(
    new DescribeClustersCommand({ clusters: ['relay', 'none'], include: ['TAGS', 'SETTINGS'] }),
  )
  expect(shown.clusters?.[0]).toMatchObject({
    clusterArn: arn('cluster/relay'),
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    tags: [{ key: 'a', value: '1' }],
    settings: [{ name: 'containerInsights', value: 'disabled' }],
  })
  expect(shown.failures).toEqual([{ arn: arn('cluster/none'), reason: 'MISSING' }])
  expect((await client.send(new ListClustersCommand({}))).clusterArns).toContain(arn('cluster/relay'))
})

testWith('aws')('the AWS CLI registers, runs, waits and describes', async () => {
  writeFileSync(join(image, 'definition.json'), JSON.stringify(definition({}, { family: 'cli' })))
  const script = [
    `aws ecs register-task-definition --cli-input-json file://${join(image, 'definition.json')} --query taskDefinition.revision`,
    "ARN=$(aws ecs run-task --cluster relay --task-definition cli --launch-type FARGATE --network-configuration 'awsvpcConfiguration={subnets=[subnet-1]}' --query 'tasks[0].taskArn' --output text)",
    'aws ecs wait tasks-stopped --cluster relay --tasks $ARN',
    "aws ecs describe-tasks --cluster relay --tasks $ARN --query 'tasks[0].[stopCode,containers[0].exitCode]' --output text",
  ].join(' && ')
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: cloud.environment })
  expect(stdout).toBe('1\nEssentialContainerExited\t0\n')
})
