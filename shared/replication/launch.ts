import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import * as z from 'zod/mini'
import type { Tasks } from '../runtime/aws-clients.ts'
import { asFailure } from '../runtime/aws-failures.ts'
import { RelayError } from '../runtime/errors.ts'
import { once } from '../runtime/once.ts'
import { startTask, type TaskPlace, taskInput } from '../runtime/run-task.ts'
import type { Launch } from '../store/records.ts'
import type { Target } from './prove.ts'

/** A reason is for people: it must not fill the overrides. */
const MAX_REASON = 500

/**
 * RunTask's input for one mirror run. Asked twice with the same launch, ECS starts one task.
 * @throws RelayError MIRROR_NOT_STARTED when the overrides would be longer than ECS takes
 */
export const launchOf = (place: TaskPlace, target: Target, launch: Launch): RunTaskCommandInput => {
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
  const order = { container: 'mirror', environment, token: launch.token, repository: name }
  return taskInput(place, order, 'MIRROR_NOT_STARTED')
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

/** {@link startTask} for a mirror. @throws RelayError MIRROR_NOT_STARTED with ECS's reason */
export const startMirror = (tasks: Tasks, input: RunTaskCommandInput): Promise<string> =>
  startTask(tasks, input, 'MIRROR_NOT_STARTED')

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
