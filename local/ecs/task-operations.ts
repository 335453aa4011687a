import type {
  DescribeTasksCommandInput,
  ListTasksCommandInput,
  RunTaskCommandInput,
  Tag,
} from '@aws-sdk/client-ecs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type Clusters, chooseCapacity } from './clusters.ts'
import type { Definitions } from './definitions.ts'
import { describeTask } from './describe.ts'
import { pageOf } from './page.ts'
import {
  arnOf,
  clientError,
  type DefinitionRecord,
  invalidParameter,
  keyOf,
  type TaskRecord,
} from './records.ts'
import { checkRunTask, requestDigest } from './request.ts'
import type { Tasks } from './tasks.ts'

interface TokenRecord {
  readonly digest: string
  readonly taskIds: readonly string[]
  readonly at: number
}

/** How long a client token is remembered: not documented; a day is what AWS says of similar tokens. */
const TOKEN_MS = 24 * 3_600_000
const NO_CAPACITY =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone'
const LIMITS = { described: 100, reason: 1024 } as const

export interface TaskOperationParts {
  readonly parts: Parts
  readonly clusters: Clusters
  readonly definitions: Definitions
  readonly tasks: Tasks
  /** tasks at a time, beyond which RunTask answers with `failures` */
  readonly capacity: number
}

/** RunTask, StopTask, DescribeTasks, ListTasks, in the SDK's shapes. */
export const taskOperations = (given: TaskOperationParts): Record<string, Operation> => {
  const { clusters, definitions, tasks } = given
  const describe = (task: TaskRecord, withTags = true) => {
    const definition = definitions.find(task.definitionArn, task)
    return definition ? describeTask(task, definition, withTags) : {}
  }
  return {
    RunTask: (input: RunTaskCommandInput, call) => {
      const { started, failures } = runTasks(given, input, call)
      return { tasks: started.map((task) => describe(task)), failures }
    },
    StopTask: (input, call) => {
      clusters.get(input.cluster, call)
      if ((input.reason ?? '').length > LIMITS.reason)
        throw invalidParameter(`Reason must be at most ${LIMITS.reason} characters.`)
      const task = tasks.get(call, input.task ?? '')
      if (!task) throw invalidParameter('The referenced task was not found.')
      return { task: describe(tasks.stop(task, input.reason ?? 'Task stopped by user')) }
    },
    DescribeTasks: (input: DescribeTasksCommandInput, call) => {
      const cluster = clusters.get(input.cluster, call)
      const ids = input.tasks ?? []
      if (ids.length === 0) throw invalidParameter('Tasks cannot be empty.')
      if (ids.length > LIMITS.described)
        throw invalidParameter(`Tasks can have at most ${LIMITS.described} items.`)
      const found = ids.map((id) => {
        const task = tasks.get(call, id)
        return { id, task: task?.clusterArn === cluster.arn ? task : undefined }
      })
      const withTags = input.include?.includes('TAGS') ?? false
      return {
        tasks: found.flatMap(({ task }) => (task ? describe(task, withTags) : [])),
        failures: found
          .filter(({ task }) => !task)
          .map(({ id }) => ({
            arn: id.startsWith('arn:') ? id : arnOf(call, `task/${cluster.name}/${id}`),
            reason: 'MISSING',
          })),
      }
    },
    ListTasks: (input: ListTasksCommandInput, call) => {
      const cluster = clusters.get(input.cluster, call)
      // there are no services and no container instances, so they have no tasks
      const none =
        input.serviceName || input.containerInstance || (input.launchType ?? 'FARGATE') !== 'FARGATE'
      const arns = tasks
        .all(call)
        .filter((task) => !none && task.clusterArn === cluster.arn)
        .filter((task) => task.desiredStatus === (input.desiredStatus ?? 'RUNNING'))
        .filter((task) => !input.startedBy || task.startedBy === input.startedBy)
        .filter(({ definitionArn }) => !input.family || familyOf(definitionArn) === input.family)
        .map(({ arn }) => arn)
      return pageOf('taskArns', arns, input)
    },
  }
}

const familyOf = (definitionArn: string): string | undefined =>
  /task-definition\/([^:]+):/.exec(definitionArn)?.[1]

/** Starts tasks, or finds those that an earlier request with this client token started. @throws AwsError as RunTask does */
export const runTasks = (given: TaskOperationParts, input: RunTaskCommandInput, call: Call) => {
  const { parts, clusters, definitions, tasks } = given
  const tokens = parts.store.collection<TokenRecord>('ecs.tokens')
  const cluster = clusters.get(input.cluster, call)
  const definition = definitions.find(input.taskDefinition, call)
  if (!definition) throw clientError('TaskDefinition not found.')
  if (definition.status === 'INACTIVE') throw clientError('TaskDefinition is inactive')
  const { capacityProvider } = chooseCapacity(input, cluster)
  const override = checkRunTask(input, definition)
  const digest = requestDigest(input)
  for (const [key, { at }] of tokens.entries()) if (at < parts.now() - TOKEN_MS) tokens.delete(key)
  const tokenKey = input.clientToken && keyOf(call, `${cluster.name}/${input.clientToken}`)
  const earlier = tokenKey ? tokens.get(tokenKey) : undefined
  if (earlier && earlier.digest !== digest)
    throw new AwsError(
      'ConflictException',
      'The client token was used before with different parameters in the request.',
    )
  if (earlier) return { started: earlier.taskIds.flatMap((id) => tasks.get(call, id) ?? []), failures: [] }

  const count = input.count ?? 1
  const free = Math.max(0, Math.min(count, given.capacity - tasks.running()))
  const tags = tagsOf(input, definition)
  const started = parts.store.transaction(() => {
    const made = Array.from({ length: free }, () =>
      tasks.run({ input, cluster, definition, override, capacityProvider, tags }),
    )
    if (tokenKey && made.length > 0)
      tokens.put(tokenKey, { digest, taskIds: made.map(({ id }) => id), at: parts.now() })
    return made
  })
  return {
    started,
    failures: Array.from({ length: count - free }, () => ({ arn: definition.arn, reason: NO_CAPACITY })),
  }
}

/** A task's own tags, over those of its definition where they shall be handed on. */
const tagsOf = (input: RunTaskCommandInput, definition: DefinitionRecord): Tag[] => {
  if (input.propagateTags === 'SERVICE')
    throw invalidParameter('SERVICE is not a valid value for propagateTags when running a task.')
  const passed = input.propagateTags === 'TASK_DEFINITION' ? (definition.input.tags ?? []) : []
  const own = input.tags ?? []
  return [...passed.filter(({ key }) => !own.some((tag) => tag.key === key)), ...own]
}
