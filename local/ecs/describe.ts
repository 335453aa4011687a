import { randomUUID } from 'node:crypto'
import type { Task } from '@aws-sdk/client-ecs'
import type { Envelope } from '../gateway/wires.ts'
import type { DefinitionRecord, TaskRecord } from './records.ts'

const common = (task: TaskRecord, definition: DefinitionRecord) => ({
  taskArn: task.arn,
  clusterArn: task.clusterArn,
  taskDefinitionArn: task.definitionArn,
  group: task.group,
  ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
  launchType: 'FARGATE' as const,
  platformVersion: '1.4.0',
  platformFamily: 'Linux',
  desiredStatus: task.desiredStatus,
  lastStatus: task.lastStatus,
  ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
  ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
  containers: [
    {
      containerArn: task.containerArn,
      taskArn: task.arn,
      name: definition.container.name,
      ...(definition.container.image === undefined ? {} : { image: definition.container.image }),
      lastStatus: task.lastStatus === 'PROVISIONING' ? 'PENDING' : task.lastStatus,
      ...(task.exitCode === undefined ? {} : { exitCode: task.exitCode }),
      ...(task.stopCode === 'TaskFailedToStart' && task.stoppedReason !== undefined
        ? { reason: task.stoppedReason }
        : {}),
    },
  ],
  overrides: task.overrides,
  ...(definition.input.cpu === undefined ? {} : { cpu: definition.input.cpu }),
  ...(definition.input.memory === undefined ? {} : { memory: definition.input.memory }),
  version: task.version,
})

const times = <T>(task: TaskRecord, make: (at: number) => T): { [key: string]: T } => {
  const { createdAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt } = task
  const given = { createdAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, stoppedAt }
  return Object.fromEntries(
    Object.entries({ ...given, ...(stoppedAt === undefined ? {} : { executionStoppedAt: stoppedAt }) })
      .filter((entry): entry is [string, number] => entry[1] !== undefined)
      .map(([name, at]) => [name, make(at)]),
  )
}

/** As RunTask, StopTask and DescribeTasks show it: times are dates. */
export const describeTask = (task: TaskRecord, definition: DefinitionRecord): Task => ({
  ...common(task, definition),
  ...times(task, (at) => new Date(at)),
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
