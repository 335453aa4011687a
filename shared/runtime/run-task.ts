import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { TaskFailure, Tasks } from './aws-clients.ts'
import { asFailure } from './aws-failures.ts'
import { type Code, codeOf, RelayError } from './errors.ts'

/** Where tasks run. */
export interface TaskPlace {
  /** ARNs */
  readonly cluster: string
  readonly taskDefinition: string
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly assignPublicIp: 'ENABLED' | 'DISABLED'
}

export interface TaskOrder {
  readonly container: string
  readonly environment: Readonly<Record<string, string>>
  /** asked twice with the same, ECS starts one task */
  readonly token: string
  /** `<container>/<repository>` tells whose task it is */
  readonly repository: string
}

/** The codes under which a task that could not be started is known. */
type NotStarted = Extract<Code, 'MIRROR_NOT_STARTED' | 'SCAN_NOT_STARTED'>

/** RunTask, parameter overrides: "A total of 8192 characters are allowed for overrides" (ECS API Reference). */
export const MAX_OVERRIDES = 8_192
/** RunTask, parameter startedBy: up to 128 letters, digits, hyphens, slashes and underscores (ECS API Reference). */
const MAX_STARTED_BY = 128

/**
 * RunTask's input for one task.
 * @throws RelayError (`code`) when the overrides would be longer than ECS takes
 */
export const taskInput = (place: TaskPlace, order: TaskOrder, code: NotStarted): RunTaskCommandInput => {
  const environment = Object.entries(order.environment).map(([name, value]) => ({ name, value }))
  const overrides = { containerOverrides: [{ name: order.container, environment }] }
  const characters = JSON.stringify(overrides).length
  if (characters > MAX_OVERRIDES) throw new RelayError(code, { characters, limit: MAX_OVERRIDES })
  return {
    cluster: place.cluster,
    taskDefinition: place.taskDefinition,
    launchType: 'FARGATE',
    count: 1,
    clientToken: order.token,
    startedBy: startedBy(order),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...place.subnets],
        securityGroups: [...place.securityGroups],
        assignPublicIp: place.assignPublicIp,
      },
    },
    overrides,
    propagateTags: 'TASK_DEFINITION',
  }
}

/** In the characters that ECS allows; by it one finds the tasks of a repository. */
const startedBy = ({ container, repository }: TaskOrder): string =>
  `${container}/${repository.replace(/[^\w-]/g, '-')}`.slice(0, MAX_STARTED_BY)

/**
 * Starts the task.
 * @returns its ARN
 * @throws RelayError (`code`) with ECS's reason. An answer with HTTP status 200 may hold no task at all, only
 * `failures` (ECS API Reference, RunTask; "API failure reasons")
 */
export const startTask = async (
  tasks: Pick<Tasks, 'runTask'>,
  input: RunTaskCommandInput,
  code: NotStarted,
): Promise<string> => {
  const answer = await tasks.runTask(input).catch((error: unknown) => {
    const known = conflicting(error)
    if (known !== undefined) return { tasks: [{ taskArn: known }], failures: [] }
    throw asFailure(code, error, {
      startedBy: input.startedBy,
      ...(isAnswer(error) ? {} : { unsure: true }),
    })
  })
  const task = answer.tasks?.[0]?.taskArn
  if (task !== undefined && (answer.failures ?? []).length === 0) return task
  throw new RelayError(code, {
    startedBy: input.startedBy,
    reason: reasonOf(answer.failures?.[0]),
  })
}

/**
 * The task that was started with the same token before, when ECS finds that the rest of the request differs, as after a change
 * of the stack (ECS API Reference, RunTask, ConflictException: `resourceIds` "are the existing task ARNs").
 */
const conflicting = (error: unknown): string | undefined => {
  const { name, resourceIds } = (error ?? {}) as { name?: unknown; resourceIds?: unknown }
  const first: unknown =
    name === 'ConflictException' && Array.isArray(resourceIds) ? resourceIds[0] : undefined
  return typeof first === 'string' ? first : undefined
}

/** Whether ECS itself said no; anything else leaves open whether a task was started. */
const isAnswer = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode
  return status !== undefined && status < 500
}

/** Whether a failed start may have started a task all the same. */
export const isUnsure = (error: unknown): boolean => {
  const code = codeOf(error)
  const isStart = code === 'MIRROR_NOT_STARTED' || code === 'SCAN_NOT_STARTED'
  return isStart && (error as RelayError).data?.unsure === true
}

const reasonOf = (failure: TaskFailure | undefined): string =>
  failure?.reason ?? 'no task and no reason given'
