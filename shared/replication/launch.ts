import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import { readAddress } from '../codecommit/address.ts'
import type { Tasks } from '../runtime/aws-clients.ts'
import { asFailure } from '../runtime/aws-failures.ts'
import { RelayError } from '../runtime/errors.ts'
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

/**
 * What {@link launchOf} put into the overrides, read back from the event that reports the task's end.
 * @returns undefined for a task that is no mirror of Relay's
 * @throws RelayError EVENT_MALFORMED naming the variable
 */
export const launched = (
  environment: Readonly<Record<string, string>>,
): { readonly target: Target; readonly claim: string } | undefined => {
  const { RELAY_CLAIM: claim, RELAY_REPOSITORY, RELAY_REPLICA, RELAY_DELETES: deletes } = environment
  if (claim === undefined) return undefined
  const source = readAddress(RELAY_REPOSITORY) ?? garbled('RELAY_REPOSITORY')
  const replica = readAddress(RELAY_REPLICA) ?? garbled('RELAY_REPLICA')
  if (deletes !== 'mirror' && deletes !== 'keep') return garbled('RELAY_DELETES')
  const { account, region, name } = source
  return { claim, target: { repository: { account, region, name }, replica, deletes } }
}

const garbled = (field: string): never => {
  throw new RelayError('EVENT_MALFORMED', { field, expected: 'what Relay starts mirrors with' })
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
