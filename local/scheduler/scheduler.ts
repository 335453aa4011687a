import { randomUUID } from 'node:crypto'
import type {
  CreateScheduleCommandInput,
  ListSchedulesCommandInput,
  UpdateScheduleCommandInput,
} from '@aws-sdk/client-scheduler'
import type { Iam, Parts, Scheduler } from '../contracts.ts'
import { checked } from '../eventbridge/constraints.ts'
import { pageOf } from '../eventbridge/page.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Wires } from '../gateway/wires.ts'
import { createOutbox } from '../state/outbox.ts'
import { createDeliver, type Run, senderOf } from './deliver.ts'
import { DEFAULT_GROUP, openGroups } from './groups.ts'
import { onceEach } from './once.ts'
import { permissionsOf } from './permissions.ts'
import { describe, dueAt, type Schedule, scheduleArn, scheduleFrom, summary } from './schedule.ts'
import { SHAPES } from './shapes.ts'

export interface SchedulerOptions {
  readonly parts: Parts
  /** what a target's role may do is judged by the service that receives a run */
  readonly iam: Pick<Iam, 'requireTrust'>
  readonly wires: Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync' | 'putEvent' | 'runTask'>
  /** 0 to 1, for jitter and flexible time windows */
  readonly random?: () => number
}

interface Named {
  readonly Name?: string | undefined
  readonly GroupName?: string | undefined
}

const LONGEST_TIMER = 2 ** 31 - 1

/**
 * EventBridge Scheduler. Runs begin with `start`: what became due while nothing ran, runs then, once. A run is noted and its
 * delivery stored in one transaction, so that a killed process neither forgets nor repeats it.
 */
export const createScheduler = ({ parts, iam, wires, random = Math.random }: SchedulerOptions): Scheduler => {
  const { store, now, log } = parts
  const schedules = store.collection<Schedule>('scheduler.schedules')
  const runs = createOutbox<Run>(parts, 'scheduler.runs', createDeliver({ parts, wires, random }))
  const timers = new Map<string, NodeJS.Timeout>()
  let running = false

  const disarm = (arn: string) => {
    clearTimeout(timers.get(arn))
    timers.delete(arn)
  }
  const arm = (schedule: Schedule) => {
    disarm(schedule.arn)
    const due = dueAt(schedule)
    if (!running || due === undefined) return
    const wait = Math.min(Math.max(due - now(), 0), LONGEST_TIMER)
    timers.set(schedule.arn, setTimeout(() => wake(schedule.arn), wait).unref())
  }
  const wake = (arn: string) => {
    const schedule = schedules.get(arn)
    if (!schedule) return
    const due = dueAt(schedule)
    arm(due !== undefined && due <= now() ? run(schedule, due) : schedule)
  }
  const run = (schedule: Schedule, due: number): Schedule =>
    store.transaction(() => {
      const within = (schedule.windowMinutes ?? 0) * 60_000
      runs.add(
        {
          scheduleArn: schedule.arn,
          target: schedule.target,
          executionId: randomUUID(),
          scheduledTime: `${new Date(due).toISOString().slice(0, 19)}Z`,
        },
        Math.floor(random() * within),
      )
      const ran = { ...schedule, lastRun: now() }
      const over = dueAt(ran) === undefined && schedule.afterCompletion === 'DELETE'
      if (over) schedules.delete(schedule.arn)
      else schedules.put(schedule.arn, ran)
      return ran
    })
  const remove = (arn: string) => {
    schedules.delete(arn)
    disarm(arn)
  }
  const groups = openGroups(parts, (home, group) => {
    for (const [arn] of schedules.entries(scheduleArn(home, group, ''))) remove(arn)
  })
  const save = (schedule: Schedule): object => {
    schedules.put(schedule.arn, schedule)
    arm(schedule)
    return { ScheduleArn: schedule.arn }
  }
  const requireRole = (schedule: Schedule): void => {
    try {
      iam.requireTrust(senderOf(schedule.arn, schedule.target))
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      throw new AwsError(
        'ValidationException',
        'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
      )
    }
  }
  const find = (input: Named, call: Call): Schedule => {
    const group = input.GroupName ?? DEFAULT_GROUP
    groups.check(call, group)
    const schedule = schedules.get(scheduleArn(call, group, input.Name ?? ''))
    if (!schedule)
      throw new AwsError('ResourceNotFoundException', `Schedule ${input.Name} does not exist.`, 404)
    return schedule
  }

  const operations: Record<string, Operation> = {
    ...groups.operations,
    CreateSchedule: (input: CreateScheduleCommandInput, call: Call) => {
      const schedule = scheduleFrom(input, call, now())
      groups.check(call, schedule.group)
      if (schedules.get(schedule.arn))
        throw new AwsError('ConflictException', `Schedule ${schedule.name} already exists.`, 409)
      requireRole(schedule)
      return save(schedule)
    },
    UpdateSchedule: (input: UpdateScheduleCommandInput, call: Call) => {
      const made = scheduleFrom(input, call, now())
      const known = find(input, call)
      requireRole(made)
      const updated = { ...made, createdAt: known.createdAt }
      const sameRhythm = known.expression === updated.expression && known.lastRun !== undefined
      return save(sameRhythm ? { ...updated, lastRun: known.lastRun } : updated)
    },
    GetSchedule: (input: Named, call: Call) => describe(find(input, call)),
    DeleteSchedule: (input: Named, call: Call) => {
      remove(find(input, call).arn)
      return {}
    },
    ListSchedules: (input: ListSchedulesCommandInput, call: Call) => {
      if (input.GroupName !== undefined) groups.check(call, input.GroupName)
      const place = input.GroupName === undefined ? '' : `${input.GroupName}/`
      const all = schedules
        .entries(`${scheduleArn(call, '', '').slice(0, -1)}${place}`)
        .map(([, schedule]) => schedule)
        .filter(
          ({ name, state }) => name.startsWith(input.NamePrefix ?? '') && (input.State ?? state) === state,
        )
      const paging = { Limit: input.MaxResults, NextToken: input.NextToken }
      const { part, ...next } = pageOf(all, ({ arn }) => arn, paging)
      return { Schedules: part.map(summary), ...next }
    },
  }

  return {
    service: {
      name: 'scheduler',
      operations: checked(onceEach(parts, operations), SHAPES),
      permissions: permissionsOf,
    },
    start: () => {
      running = true
      for (const [arn, schedule] of schedules.entries()) {
        try {
          arm(schedule)
        } catch (error) {
          log('scheduler', 'a schedule in the state cannot be read and does not run', {
            arn,
            error: String(error),
          })
        }
      }
    },
    stop: async () => {
      running = false
      for (const arn of [...timers.keys()]) disarm(arn)
      await runs.stop()
    },
  }
}
