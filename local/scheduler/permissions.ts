import type { Target } from '@aws-sdk/client-scheduler'
import type { Call, Permission } from '../gateway/service.ts'
import { scheduleArn } from './schedule.ts'

interface Input {
  readonly Name?: string
  readonly GroupName?: string
  readonly ResourceArn?: string
  readonly Target?: Target
}

/** What IAM must allow before a Scheduler operation runs: Service Authorization Reference, Amazon EventBridge Scheduler. */
export const permissionsOf = (operation: string, input: Input, call: Call): readonly Permission[] => {
  const action = `scheduler:${operation}`
  if (/^List(Schedules|ScheduleGroups)$/.test(operation)) return [{ action, resource: '*' }]
  if (operation.includes('Resource')) return [{ action, resource: input.ResourceArn ?? '*' }]
  if (operation.endsWith('Group'))
    return [
      {
        action,
        resource: `arn:aws:scheduler:${call.region}:${call.account}:schedule-group/${input.Name ?? ''}`,
      },
    ]
  const resource = scheduleArn(call, input.GroupName ?? 'default', input.Name ?? '')
  const role = input.Target?.RoleArn
  const context = { 'iam:PassedToService': 'scheduler.amazonaws.com' }
  return [{ action, resource }, ...(role ? [{ action: 'iam:PassRole', resource: role, context }] : [])]
}
