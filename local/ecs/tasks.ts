// Past 300 lines with its docstrings: one state machine, whose steps are easier to follow in one place.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerOverride, RunTaskCommandInput, Tag } from '@aws-sdk/client-ecs'
import type { Credentials, Faults, Iam, Parts } from '../contracts.ts'
import { armKill } from '../faults/kill.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Logs } from '../logs/logs.ts'
import { birthOf } from '../processes/inspect.ts'
import { createReaper, signalGroup } from '../processes/reaper.ts'
import type { Definitions } from './definitions.ts'
import { metadataOf, taskEvent } from './describe.ts'
import { createTaskEndpoint } from './endpoint.ts'
import { fullName } from './images.ts'
import { findExecutable, type LaunchPlan, type LocalImage, planLaunch } from './launch.ts'
import {
  arnOf,
  type ClusterRecord,
  clientError,
  type DefinitionRecord,
  keyOf,
  nameOf,
  type Place,
  type TaskRecord,
} from './records.ts'
import { executionRoleOf, logTargetOf, prepareResources } from './resources.ts'
import { startTaskProcess, type TaskProcess } from './supervisor.ts'

export interface TasksOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'assumeForService' | 'authorize' | 'callerOfRole'>
  readonly emit: Wires['emit']
  /** private folders of tasks are below it */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly logs: Logs
  readonly faults?: Pick<Faults, 'process'>
  readonly imageOf: (image: string) => LocalImage | undefined
  readonly nodePath: string
  /** where commands are looked for, colon-separated */
  readonly searchPath: string
}

/** What a task is started with besides its definition. */
export interface Start {
  readonly input: RunTaskCommandInput
  readonly cluster: ClusterRecord
  readonly definition: DefinitionRecord
  readonly override: ContainerOverride | undefined
  readonly capacityProvider: string | undefined
  readonly tags: readonly Tag[]
}

/** The life of tasks, each step stored, then told: developer guide, "Amazon ECS task lifecycle". */
export interface Tasks {
  /** throws ClientException when one of the task's roles cannot be assumed */
  run(start: Start): TaskRecord
  stop(task: TaskRecord, reason: string): TaskRecord
  get(place: Place, arnOrId: string): TaskRecord | undefined
  all(place: Place): TaskRecord[]
  /** changes what is no step of its life: tags */
  put(task: TaskRecord, change: Pick<TaskRecord, 'tags'>): void
  /** tasks that take capacity now */
  running(): number
  recover(): Promise<void>
  close(): Promise<void>
}

/** Stopped tasks can be described for an hour: API reference, DescribeTasks. */
const KEPT_MS = 3_600_000
/** until what the disk did not take is written again */
const UNWRITABLE_MS = 1_000
/** Developer guide, task definition parameters: `stopTimeout`. */
const STOP_SECONDS = { default: 30, most: 120 }

export const createTasks = (options: TasksOptions, definitions: Definitions): Tasks => {
  const { parts, iam, emit, logs } = options
  const { now, log } = parts
  const tasks = parts.store.collection<TaskRecord>('ecs.tasks')
  const reaper = createReaper()
  const endpoint = createTaskEndpoint(now)
  const processes = new Map<string, TaskProcess>()
  const ours = new Set<string>()
  const lives = new Set<Promise<void>>()
  let closing = false

  const recordKey = (task: TaskRecord) => keyOf(task, task.id)
  const current = (task: TaskRecord) => tasks.get(recordKey(task)) ?? task

  /** A change is stored before it is told, and marked after: what a kill keeps from being told is told at the next start. */
  const change = (task: TaskRecord, changes: Partial<TaskRecord>): TaskRecord => {
    const next = { ...current(task), ...changes, version: current(task).version + 1 }
    tasks.put(recordKey(task), next)
    return announce(next)
  }
  const announce = (task: TaskRecord): TaskRecord => {
    const definition = definitions.find(task.definitionArn, task)
    try {
      if (definition) emit(taskEvent(task, definition, now()))
    } catch (error) {
      log('ecs', 'an event waits for the next start', { task: task.arn, error: String(error) })
      return task
    }
    const told = { ...task, announced: task.version }
    tasks.put(recordKey(task), told)
    return told
  }

  /** From whatever it was to its end: what ran goes through DEACTIVATING and STOPPING, and all give their network back. */
  const stopped = (task: TaskRecord, ran: boolean, changes: Partial<TaskRecord>): void => {
    const { stoppingAt = now(), executionStoppedAt = ran ? now() : undefined } = current(task)
    const since = {
      ...changes,
      desiredStatus: 'STOPPED' as const,
      stoppingAt,
      ...(executionStoppedAt === undefined ? {} : { executionStoppedAt }),
    }
    if (ran) {
      change(task, { ...since, lastStatus: 'DEACTIVATING' })
      change(task, { lastStatus: 'STOPPING' })
    }
    change(task, { ...since, lastStatus: 'DEPROVISIONING' })
    change(task, { lastStatus: 'STOPPED', stoppedAt: now() })
  }
  const failedToStart = (task: TaskRecord, stoppedReason: string) =>
    stopped(task, false, { stopCode: 'TaskFailedToStart', stoppedReason })
  const folderOf = (task: TaskRecord) => join(options.folder, 'tasks', task.id)

  const live = async (
    created: TaskRecord,
    definition: DefinitionRecord,
    override: ContainerOverride | undefined,
    credentials: (() => Credentials) | undefined,
  ): Promise<void> => {
    const task = change(created, { lastStatus: 'PENDING', pullStartedAt: now() })
    const unprepared = prepareResources({ iam, logs }, task, definition)
    if (unprepared !== undefined) return failedToStart(task, unprepared)
    const image = options.imageOf(definition.container.image ?? '')
    if (!image) {
      const name = fullName(definition.container.image ?? '')
      return failedToStart(
        task,
        `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${name}: ${name}: not found`,
      )
    }
    const plan = planLaunch({
      definition: definition.input,
      container: definition.container,
      override,
      image,
      folder: folderOf(task),
      nodePath: options.nodePath,
      path: options.searchPath,
      environment: {
        AWS_REGION: task.region,
        AWS_DEFAULT_REGION: task.region,
        AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
        ...(await endpoint.add(task.id, {
          metadata: metadataOf(task, definition),
          ...(credentials ? { credentials, roleArn: roleOf(task, definition) ?? '' } : {}),
        })),
        ...options.environment,
      },
    })
    const executable = plan && findExecutable(plan.command, plan.cwd, plan.env.PATH ?? '')
    if (!plan || !executable)
      return failedToStart(
        task,
        `CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${plan?.command ?? ''}": executable file not found in $PATH: unknown`,
      )
    if (closing || current(task).desiredStatus === 'STOPPED')
      return failedToStart(task, current(task).stoppedReason ?? 'Task was stopped before it started')
    await runProcess(task, definition, { ...plan, command: executable })
  }

  const runProcess = async (task: TaskRecord, definition: DefinitionRecord, plan: LaunchPlan) => {
    for (const folder of plan.folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
    change(task, { lastStatus: 'ACTIVATING', pullStoppedAt: now() })
    const process = startTaskProcess(reaper, { ...plan, line: lineWriter(task, definition) })
    processes.set(task.id, process)
    change(task, { lastStatus: 'RUNNING', pid: process.pid, startedAt: now() })
    const birth = await birthOf(process.pid)
    if (birth !== undefined && processes.has(task.id)) tasks.put(recordKey(task), { ...current(task), birth })
    const fault = options.faults?.process({ kind: 'task', arn: task.arn }) ?? {}
    const disarm = armKill(fault, () => signalGroup(process.pid, 'SIGKILL'))
    const exitCode = await process.ended
    disarm()
    processes.delete(task.id)
    const { stopCode, stoppedReason } = current(task)
    await untilStored(task, () =>
      stopped(task, true, {
        stopCode: stopCode ?? 'EssentialContainerExited',
        stoppedReason: stoppedReason ?? 'Essential container in task exited',
        ...(exitCode === undefined ? {} : { exitCode }),
      }),
    )
  }

  const lineWriter = (task: TaskRecord, definition: DefinitionRecord) => {
    const to = logTargetOf(task, definition)
    if (to === undefined) return () => {}
    return (line: string) => logs.write(to.account, to.region, to.group, to.stream, line)
  }

  /** Never rejects: whatever happens, the task ends as STOPPED and its folder goes. */
  const supervise = async (task: TaskRecord, life: Promise<void>) => {
    try {
      await life
    } catch (error) {
      log('ecs', 'a task could not be run', { task: task.arn, error: String(error) })
      await endProcess(task)
      await untilStored(task, () => failedToStart(task, `CannotStartContainerError: ${error}`))
    }
    endpoint.remove(task.id)
    await rm(folderOf(task), { recursive: true, force: true, maxRetries: 3 }).catch((error) =>
      log('ecs', 'the folder of a task could not be removed', { task: task.arn, error: String(error) }),
    )
  }

  /** What runs of it, if its life was cut short by what could not be stored. */
  const endProcess = async (task: TaskRecord) => {
    const process = processes.get(task.id)
    if (!process) return
    process.stop(0)
    await process.ended
    processes.delete(task.id)
  }
  /** A disk that does not take a task's end now may take it later; what a closing cloud cannot store, the next one finds out. */
  const untilStored = async (task: TaskRecord, work: () => void) => {
    for (;;) {
      try {
        return work()
      } catch (error) {
        log('ecs', 'the end of a task cannot be stored now', { task: task.arn, error: String(error) })
        if (closing) return
        await delay(UNWRITABLE_MS, undefined, { ref: false })
      }
    }
  }

  const isForgotten = (task: TaskRecord) =>
    task.lastStatus === 'STOPPED' && (task.stoppedAt ?? 0) < now() - KEPT_MS
  const forgetOld = () => {
    for (const [key, task] of tasks.entries()) if (isForgotten(task)) tasks.delete(key)
  }

  const create = ({ input, cluster, definition, capacityProvider, tags }: Start, id: string): TaskRecord => ({
    account: cluster.account,
    region: cluster.region,
    id,
    arn: arnOf(cluster, `task/${cluster.name}/${id}`),
    clusterArn: cluster.arn,
    definitionArn: definition.arn,
    containerArn: arnOf(cluster, `container/${cluster.name}/${id}/${randomBytes(16).toString('hex')}`),
    group: input.group ?? `family:${definition.family}`,
    ...(input.startedBy === undefined ? {} : { startedBy: input.startedBy }),
    overrides: input.overrides ?? {},
    ...(capacityProvider === undefined ? {} : { capacityProvider }),
    platformVersion:
      input.platformVersion === undefined || input.platformVersion === 'LATEST'
        ? '1.4.0'
        : input.platformVersion,
    ...(input.networkConfiguration === undefined ? {} : { network: input.networkConfiguration }),
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    ...(tags.length > 0 ? { tags } : {}),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 0,
    announced: 0,
    createdAt: now(),
  })

  return {
    run: (start) => {
      forgetOld()
      const { definition, override } = start
      const id = randomBytes(16).toString('hex')
      ours.add(id)
      const created = create(start, id)
      const assume = (roleArn: string) => iam.assumeForService(roleArn, 'ecs-tasks.amazonaws.com', id)
      const execution = executionRoleOf(created, definition)
      if (execution) tryRole(() => assume(execution), execution)
      const roleArn = roleOf(created, definition)
      const credentials = roleArn ? () => assume(roleArn) : undefined
      if (credentials) tryRole(credentials, roleArn ?? '')
      const task = change(created, {})
      // The caller has its answer before the task goes on.
      const life: Promise<void> = supervise(
        task,
        new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
          live(task, definition, override, credentials),
        ),
      ).finally(() => lives.delete(life))
      lives.add(life)
      return task
    },
    stop: (task, reason) => {
      if (current(task).desiredStatus === 'STOPPED') return current(task)
      const next = change(task, {
        desiredStatus: 'STOPPED',
        stopCode: 'UserInitiated',
        stoppedReason: reason,
        stoppingAt: now(),
      })
      const definition = definitions.find(task.definitionArn, task)
      const seconds = Math.min(definition?.container.stopTimeout ?? STOP_SECONDS.default, STOP_SECONDS.most)
      processes.get(task.id)?.stop(seconds * 1000)
      return next
    },
    get: (place, arnOrId) => {
      const task = tasks.get(keyOf(place, nameOf(arnOrId)))
      return task && !isForgotten(task) ? task : undefined
    },
    all: (place) =>
      tasks
        .entries(keyOf(place, ''))
        .map(([, task]) => task)
        .filter((task) => !isForgotten(task)),
    put: (task, changes) => tasks.put(recordKey(task), { ...current(task), ...changes }),
    running: () => lives.size,
    recover: async () => {
      forgetOld()
      const left = tasks.entries().filter(([, task]) => !ours.has(task.id))
      for (const [, task] of left) {
        if (task.lastStatus !== 'STOPPED') {
          await endLeftover(task)
          const ran = task.startedAt !== undefined
          stopped(task, ran, {
            stopCode: task.stopCode ?? 'TerminationNotice',
            stoppedReason: task.stoppedReason ?? 'Host terminated',
            ...(ran && task.exitCode === undefined ? { exitCode: 137 } : {}),
          })
          log('ecs', 'a task of a former run was ended', { task: task.arn })
        } else if (task.announced < task.version) announce(task)
        await rm(folderOf(task), { recursive: true, force: true })
      }
    },
    close: async () => {
      closing = true
      for (const process of processes.values()) process.stop(2000)
      await Promise.all(lives)
      await endpoint.close()
      await reaper.close()
    },
  }
}

const tryRole = (assume: () => Credentials, roleArn: string): void => {
  try {
    assume()
  } catch (cause) {
    throw Object.assign(
      clientError(
        `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
      ),
      { cause },
    )
  }
}

const roleOf = (task: TaskRecord, definition: DefinitionRecord) =>
  task.overrides.taskRoleArn ?? definition.input.taskRoleArn

/** Kills what a former cloud left, if the process of that number is still the same one. */
const endLeftover = async ({ pid, birth }: TaskRecord): Promise<void> => {
  if (pid !== undefined && birth !== undefined && (await birthOf(pid)) === birth) signalGroup(pid, 'SIGKILL')
}
