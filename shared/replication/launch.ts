import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import * as z from 'zod/mini'
import type { TaskFailure, Tasks } from '../runtime/aws-clients.ts'
import { asFailure } from '../runtime/aws-failures.ts'
import { codeOf, RelayError } from '../runtime/errors.ts'
import { once } from '../runtime/once.ts'
import type { Launch } from '../store/records.ts'
import type { Target } from './prove.ts'

/** Where mirrors run. */
export interface MirrorPlace {
  /** ARNs */
  readonly cluster: string
  readonly taskDefinition: string
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly assignPublicIp: 'ENABLED' | 'DISABLED'
}

/** RunTask, parameter overrides: "A total of 8192 characters are allowed for overrides" (ECS API Reference). */
export const MAX_OVERRIDES = 8_192
/** RunTask, parameter startedBy: up to 128 letters, digits, hyphens, slashes and underscores (ECS API Reference). */
const MAX_STARTED_BY = 128
/** A reason is for people: it must not fill the overrides. */
const MAX_REASON = 500

/**
 * RunTask's input for one mirror run. Asked twice with the same launch, ECS starts one task.
 * @throws RelayError MIRROR_NOT_STARTED when the overrides would be longer than ECS takes
 */
export const launchOf = (place: MirrorPlace, target: Target, launch: Launch): RunTaskCommandInput => {
  const { account, region, name } = target.repository
  const environment = {
    RELAY_REPOSITORY: JSON.stringify({ account, region, name }),
    RELAY_REPLICA: JSON.stringify(target.replica),
    RELAY_DELETES: target.deletes,
    ...(target.kmsKey === undefined ? {} : { RELAY_KMS_KEY: target.kmsKey }),
    RELAY_CLAIM: launch.token,
    RELAY_ATTEMPT: String(launch.attempt),
    RELAY_REASON: launch.reason.slice(0, MAX_REASON),
    ...(launch.force ? { RELAY_FORCE: 'yes' } : {}),
  }
  const overrides = {
    containerOverrides: [
      {
        name: 'mirror',
        environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
      },
    ],
  }
  const characters = JSON.stringify(overrides).length
  if (characters > MAX_OVERRIDES) {
    throw new RelayError('MIRROR_NOT_STARTED', { characters, limit: MAX_OVERRIDES })
  }
  return {
    cluster: place.cluster,
    taskDefinition: place.taskDefinition,
    launchType: 'FARGATE',
    count: 1,
    clientToken: launch.token,
    startedBy: startedBy(name),
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

/** Made when it is first asked for: only the end of a mirror needs it. */
const given = once(() => {
  const address = {
    account: z.string().check(z.regex(/^\d{12}$/)),
    region: z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/)),
    name: z.string().check(z.regex(/^[\w.-]{1,100}$/)),
  }
  return z.object({
    RELAY_REPOSITORY: z.object(address),
    RELAY_REPLICA: z.object({
      ...address,
      role: z.exactOptional(z.string()),
      externalId: z.exactOptional(z.string()),
    }),
    RELAY_DELETES: z.enum(['mirror', 'keep']),
  })
})

/**
 * What {@link launchOf} put into the overrides, read back from the event that reports the task's end.
 * @returns undefined for a task that is no mirror of Relay's
 * @throws RelayError EVENT_MALFORMED naming the variable
 */
export const launched = (
  environment: Readonly<Record<string, string>>,
): { readonly target: Target; readonly claim: string } | undefined => {
  const { RELAY_CLAIM: claim, RELAY_REPOSITORY, RELAY_REPLICA, RELAY_DELETES } = environment
  if (claim === undefined) return undefined
  const result = z.safeParse(given(), {
    RELAY_REPOSITORY: fromJson(RELAY_REPOSITORY),
    RELAY_REPLICA: fromJson(RELAY_REPLICA),
    RELAY_DELETES,
  })
  if (!result.success) {
    const field = result.error.issues[0]?.path.join('.')
    throw new RelayError('EVENT_MALFORMED', { field, expected: 'what Relay starts mirrors with' })
  }
  const { RELAY_REPOSITORY: repository, RELAY_REPLICA: replica, RELAY_DELETES: deletes } = result.data
  return { claim, target: { repository, replica, deletes } }
}

const fromJson = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** `mirror/<repository>` in the characters that ECS allows; by it one finds the tasks of a repository. */
const startedBy = (repository: string): string =>
  `mirror/${repository.replace(/[^\w-]/g, '-')}`.slice(0, MAX_STARTED_BY)

/**
 * Starts the task.
 * @returns its ARN
 * @throws RelayError MIRROR_NOT_STARTED with ECS's reason. An answer with HTTP status 200 may hold no task at all, only
 * `failures` (ECS API Reference, RunTask; "API failure reasons")
 */
export const startMirror = async (tasks: Tasks, input: RunTaskCommandInput): Promise<string> => {
  const answer = await tasks.runTask(input).catch((error: unknown) => {
    const known = conflicting(error)
    if (known !== undefined) return { tasks: [{ taskArn: known }], failures: [] }
    throw asFailure('MIRROR_NOT_STARTED', error, {
      startedBy: input.startedBy,
      ...(isAnswer(error) ? {} : { unsure: true }),
    })
  })
  const task = answer.tasks?.[0]?.taskArn
  if (task !== undefined && (answer.failures ?? []).length === 0) return task
  throw new RelayError('MIRROR_NOT_STARTED', {
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
export const isUnsure = (error: unknown): boolean =>
  codeOf(error) === 'MIRROR_NOT_STARTED' && (error as RelayError).data?.unsure === true

const reasonOf = (failure: TaskFailure | undefined): string =>
  failure?.reason ?? 'no task and no reason given'

/** How long a stopped task may take to be reported before nobody waits for the report any more. */
const REPORT_MS = 60_000

/**
 * Whether a mirror's task is gone without anybody having heard of it: stopped for a minute, or forgotten by ECS, which
 * describes stopped tasks for about an hour (ECS API Reference, DescribeTasks).
 * @param task ARN: `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`
 */
export const isGone = async (tasks: Tasks, task: string, now: number): Promise<boolean> => {
  const cluster = clusterOf(task)
  const answer = await tasks
    .describeTasks({ tasks: [task], ...(cluster ? { cluster } : {}) })
    .catch((error: unknown) => {
      throw asFailure('MIRROR_FAILED', error, { task })
    })
  const found = answer.tasks?.[0]
  if (!found) return answer.failures?.[0]?.reason === 'MISSING'
  return found.lastStatus === 'STOPPED' && (found.stoppedAt?.getTime() ?? 0) + REPORT_MS < now
}

/** Name of the cluster in a task's ARN; undefined in the old form without one. */
export const clusterOf = (task: string): string | undefined => /:task\/([^/]+)\/[^/]+$/.exec(task)?.[1]
