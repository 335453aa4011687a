import type { DescribeTasksCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { Ecs, Faults, Iam, Parts } from '../contracts.ts'
import { AwsError, type Call, type Permission } from '../gateway/service.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Logs } from '../logs/logs.ts'
import { taskSearchPath } from './child-environment.ts'
import { createDefinitions, type Definitions } from './definitions.ts'
import { describeTask } from './describe.ts'
import type { LocalImage } from './launch.ts'
import {
  arnOf,
  clientError,
  type DefinitionRecord,
  invalidParameter,
  keyOf,
  type Place,
  type TaskRecord,
} from './records.ts'
import { checkRunTask, requestDigest } from './request.ts'
import { createTasks } from './tasks.ts'

export interface EcsOptions {
  readonly parts: Parts
  readonly iam: Iam
  readonly emit: Wires['emit']
  /** private folders of tasks are below it */
  readonly folder: string
  /** what every task finds in its environment besides its own variables and what ECS sets */
  readonly environment: Readonly<Record<string, string>>
  readonly logs: Logs
  /** asked when an invocation or task has started; absent: nothing goes wrong on purpose */
  readonly faults?: Pick<Faults, 'process'>
  /** the folder that stands for an image's working directory; undefined: there is no such image */
  readonly images: Readonly<Record<string, LocalImage>> | ((image: string) => LocalImage | undefined)
  /** the Node that `node` in a command means; default: ours */
  readonly nodePath?: string
  /** where tasks find commands, colon-separated; default: the folder of our git, and the usual ones */
  readonly searchPath?: string
  /** tasks at a time, beyond which RunTask answers with `failures`; default 16 */
  readonly capacity?: number
}

interface TokenRecord {
  readonly digest: string
  readonly taskIds: readonly string[]
  readonly at: number
}

/** How long a client token is remembered: not documented; a day is what AWS says of similar tokens. */
const TOKEN_MS = 24 * 3_600_000
const NO_CAPACITY =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone'

/** ECS on Fargate: RunTask starts the task definition's command as a process of this machine. */
export const createEcs = (options: EcsOptions): Ecs => {
  const { parts, images } = options
  const definitions = createDefinitions(parts)
  const tasks = createTasks(
    {
      ...options,
      imageOf: typeof images === 'function' ? images : (image) => images[image],
      nodePath: options.nodePath ?? process.execPath,
      searchPath: options.searchPath ?? taskSearchPath(),
    },
    definitions,
  )
  const tokens = parts.store.collection<TokenRecord>('ecs.tokens')
  const capacity = options.capacity ?? 16

  const describe = (task: TaskRecord) => {
    const definition = definitions.find(task.definitionArn, task)
    return definition ? describeTask(task, definition) : {}
  }
  const find = (place: Place, given: string | undefined) => {
    const task = tasks.get(place, given ?? '')
    if (task) return task
    throw invalidParameter('The referenced task was not found.')
  }

  const runTask = (input: RunTaskCommandInput, call: Call) => {
    const cluster = definitions.cluster(input.cluster, call)
    const definition = definitions.find(input.taskDefinition, call)
    if (!definition) throw clientError('TaskDefinition not found.')
    if (definition.status === 'INACTIVE') throw clientError('TaskDefinition is inactive')
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
    if (earlier)
      return { tasks: earlier.taskIds.flatMap((id) => tasks.get(call, id) ?? []).map(describe), failures: [] }

    const count = input.count ?? 1
    const free = Math.max(0, Math.min(count, capacity - tasks.running()))
    const started = parts.store.transaction(() => {
      const made = Array.from({ length: free }, () => tasks.run(input, cluster, definition, override))
      if (tokenKey && made.length > 0)
        tokens.put(tokenKey, { digest, taskIds: made.map(({ id }) => id), at: parts.now() })
      return made
    })
    return {
      tasks: started.map(describe),
      failures: Array.from({ length: count - free }, () => ({ arn: definition.arn, reason: NO_CAPACITY })),
    }
  }

  return {
    service: {
      name: 'ecs',
      operations: {
        ...definitions.operations,
        RunTask: runTask,
        StopTask: (input, call) => {
          definitions.cluster(input.cluster, call)
          return {
            task: describe(tasks.stop(find(call, input.task), input.reason ?? 'Task stopped by user')),
          }
        },
        DescribeTasks: (input: DescribeTasksCommandInput, call) => {
          const cluster = definitions.cluster(input.cluster, call)
          const given = input.tasks ?? []
          const found = given.map((id) => ({ id, task: tasks.get(call, id) }))
          return {
            tasks: found.flatMap(({ task }) => (task ? describe(task) : [])),
            failures: found
              .filter(({ task }) => !task)
              .map(({ id }) => ({
                arn: id.startsWith('arn:') ? id : arnOf(call, `task/${cluster.name}/${id}`),
                reason: 'MISSING',
              })),
          }
        },
        ListTasks: (input, call) => {
          const cluster = definitions.cluster(input.cluster, call)
          return {
            taskArns: tasks
              .all(call)
              .filter((task) => task.clusterArn === cluster.arn)
              .filter((task) => task.desiredStatus === (input.desiredStatus ?? 'RUNNING'))
              .filter((task) => !input.startedBy || task.startedBy === input.startedBy)
              .filter((task) => !input.family || task.group === `family:${input.family}`)
              .map(({ arn }) => arn),
          }
        },
      },
      permissions: (operation, input, call) => permissions(definitions, operation, input, call),
    },
    start: () => {
      tasks
        .recover()
        .catch((error) =>
          parts.log('ecs', 'tasks of a former run could not be ended', { error: String(error) }),
        )
    },
    stop: () => tasks.close(),
  }
}

/**
 * Actions, resources and condition keys: service authorization reference of ECS. RunTask is judged on the revision it
 * resolves to, and passing the task's roles on needs `iam:PassRole`.
 */
const permissions = (
  definitions: Definitions,
  operation: string,
  // biome-ignore lint/suspicious/noExplicitAny: the input's type is the operation's
  input: any,
  call: Call,
): readonly Permission[] => {
  const action = `ecs:${operation}`
  const cluster = clusterArn(input.cluster, call)
  if (operation === 'RunTask') {
    const definition = definitions.find(input.taskDefinition, call)
    const given: string = input.taskDefinition ?? ''
    const resource = given.startsWith('arn:') ? given : arnOf(call, `task-definition/${given}`)
    return [
      { action, resource: definition?.arn ?? resource, context: { 'ecs:cluster': cluster } },
      ...(definition ? rolesOf(definition, input).map(passRole) : []),
    ]
  }
  if (operation === 'RegisterTaskDefinition')
    return [
      { action, resource: '*' },
      ...[input.executionRoleArn, input.taskRoleArn].filter(Boolean).map(passRole),
    ]
  if (operation === 'StopTask') {
    const id = String(input.task ?? '')
      .split('/')
      .at(-1)
    const name = cluster.split('/').at(-1)
    return [{ action, resource: arnOf(call, `task/${name}/${id}`), context: { 'ecs:cluster': cluster } }]
  }
  if (operation === 'DescribeTasks') {
    const name = cluster.split('/').at(-1)
    return (input.tasks ?? []).map((task: string) => ({
      action,
      resource: arnOf(call, `task/${name}/${task.split('/').at(-1)}`),
      context: { 'ecs:cluster': cluster },
    }))
  }
  if (operation === 'DeleteCluster') return [{ action, resource: cluster }]
  return [{ action, resource: '*' }]
}

const clusterArn = (given: string | undefined, call: Call): string =>
  given?.startsWith('arn:') ? given : arnOf(call, `cluster/${given ?? 'default'}`)

const rolesOf = (definition: DefinitionRecord, input: RunTaskCommandInput): string[] =>
  [
    input.overrides?.executionRoleArn ?? definition.input.executionRoleArn,
    input.overrides?.taskRoleArn ?? definition.input.taskRoleArn,
  ].filter((role): role is string => Boolean(role))

const passRole = (resource: string): Permission => ({
  action: 'iam:PassRole',
  resource,
  context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
})
