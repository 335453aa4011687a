import { createHash, randomUUID } from 'node:crypto'
import type { Attachment, Task } from '@aws-sdk/client-ecs'
import type { Envelope } from '../gateway/wires.ts'
import type { DefinitionRecord, TaskRecord } from './records.ts'

/** An address and ids of the right form, the same for a task whenever one looks: there is no network behind them. */
const networkOf = (task: TaskRecord) => {
  const hash = createHash('sha256').update(task.id).digest()
  const [a = 0, b = 0] = hash
  const hex = hash.toString('hex')
  return {
    attachmentId: [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20, 32),
    ].join('-'),
    interfaceId: `eni-${hex.slice(0, 17)}`,
    address: `10.0.${a % 16}.${Math.max(4, b)}`,
    mac: `0a:${hex.slice(2, 12).match(/../g)?.join(':')}`,
    subnet: task.network?.awsvpcConfiguration?.subnets?.[0] ?? 'subnet-0',
  }
}

const attachmentOf = (task: TaskRecord): Attachment[] => {
  const { attachmentId, interfaceId, address, mac, subnet } = networkOf(task)
  const made = task.lastStatus !== 'PROVISIONING'
  return [
    {
      id: attachmentId,
      type: 'ElasticNetworkInterface',
      status: task.lastStatus === 'STOPPED' ? 'DELETED' : made ? 'ATTACHED' : 'PRECREATED',
      details: [
        { name: 'subnetId', value: subnet },
        ...(made
          ? [
              { name: 'networkInterfaceId', value: interfaceId },
              { name: 'macAddress', value: mac },
              { name: 'privateIPv4Address', value: address },
            ]
          : []),
      ],
    },
  ]
}

const containerStatus = ({ lastStatus }: TaskRecord): string => {
  if (lastStatus === 'PROVISIONING' || lastStatus === 'ACTIVATING') return 'PENDING'
  return ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING'].includes(lastStatus) ? 'STOPPED' : lastStatus
}

const common = (task: TaskRecord, definition: DefinitionRecord) => ({
  attachments: attachmentOf(task),
  attributes: [
    { name: 'ecs.cpu-architecture', value: definition.input.runtimePlatform?.cpuArchitecture ?? 'x86_64' },
  ],
  availabilityZone: `${task.region}a`,
  taskArn: task.arn,
  clusterArn: task.clusterArn,
  taskDefinitionArn: task.definitionArn,
  group: task.group,
  ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
  launchType: 'FARGATE' as const,
  ...(task.capacityProvider === undefined ? {} : { capacityProviderName: task.capacityProvider }),
  platformVersion: task.platformVersion ?? '1.4.0',
  platformFamily: 'Linux',
  desiredStatus: task.desiredStatus,
  lastStatus: task.lastStatus,
  enableExecuteCommand: task.enableExecuteCommand ?? false,
  ...(task.startedAt === undefined ? {} : { connectivity: 'CONNECTED' as const }),
  ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
  ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
  containers: [containerOf(task, definition)],
  overrides: {
    containerOverrides: [{ name: definition.container.name }],
    inferenceAcceleratorOverrides: [],
    ...task.overrides,
  },
  ephemeralStorage: {
    sizeInGiB:
      task.overrides.ephemeralStorage?.sizeInGiB ?? definition.input.ephemeralStorage?.sizeInGiB ?? 20,
  },
  ...(definition.input.cpu === undefined ? {} : { cpu: task.overrides.cpu ?? definition.input.cpu }),
  ...(definition.input.memory === undefined
    ? {}
    : { memory: task.overrides.memory ?? definition.input.memory }),
  version: task.version,
})

const containerOf = (task: TaskRecord, { container }: DefinitionRecord) => {
  const { attachmentId, address } = networkOf(task)
  const attached = task.lastStatus !== 'PROVISIONING' && task.lastStatus !== 'STOPPED'
  return {
    containerArn: task.containerArn,
    taskArn: task.arn,
    name: container.name,
    ...(container.image === undefined ? {} : { image: container.image }),
    ...(task.startedAt === undefined ? {} : { runtimeId: `${task.id}-${container.name}` }),
    lastStatus: containerStatus(task),
    networkInterfaces: attached ? [{ attachmentId, privateIpv4Address: address }] : [],
    cpu: String(container.cpu ?? 0),
    ...(task.exitCode === undefined ? {} : { exitCode: task.exitCode }),
    ...(task.stopCode === 'TaskFailedToStart' && task.stoppedReason !== undefined
      ? { reason: task.stoppedReason }
      : {}),
  }
}

const times = <T>(task: TaskRecord, make: (at: number) => T): { [key: string]: T } => {
  const { createdAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt } = task
  const given = {
    createdAt,
    ...(startedAt === undefined ? {} : { connectivityAt: startedAt }),
    ...{ pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt },
    executionStoppedAt: task.executionStoppedAt,
  }
  return Object.fromEntries(
    Object.entries(given)
      .filter((entry): entry is [string, number] => entry[1] !== undefined)
      .map(([name, at]) => [name, make(at)]),
  )
}

/** As RunTask, StopTask and DescribeTasks show it: times are dates. @param withTags as `include: ["TAGS"]` asks */
export const describeTask = (task: TaskRecord, definition: DefinitionRecord, withTags = true): Task => ({
  ...common(task, definition),
  ...times(task, (at) => new Date(at)),
  tags: withTags ? [...(task.tags ?? [])] : [],
})

/**
 * The event of a change: ECS developer guide, "Amazon ECS task state change events". Times are ISO strings there, and
 * `detail.version` tells the order.
 */
export const taskEvent = (task: TaskRecord, definition: DefinitionRecord, now: number): Envelope => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: task.account,
  time: `${new Date(now).toISOString().slice(0, 19)}Z`,
  region: task.region,
  resources: [task.arn],
  detail: {
    ...common(task, definition),
    ...times(task, (at) => new Date(at).toISOString()),
    updatedAt: new Date(now).toISOString(),
  },
})

/** What a task's metadata address answers, as far as it is known here. */
export const metadataOf = (task: TaskRecord, { container, family, revision }: DefinitionRecord) => ({
  DockerId: task.id,
  Name: container.name,
  Image: container.image,
  Labels: {
    'com.amazonaws.ecs.cluster': task.clusterArn,
    'com.amazonaws.ecs.task-arn': task.arn,
    'com.amazonaws.ecs.task-definition-family': family,
    'com.amazonaws.ecs.task-definition-version': String(revision),
  },
  DesiredStatus: 'RUNNING',
  KnownStatus: 'RUNNING',
})
