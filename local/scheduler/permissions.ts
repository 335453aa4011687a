import type { Target } from '@aws-sdk/client-scheduler'
import type { Call, Permission } from '../gateway/service.ts'
import { scheduleArn } from './schedule.ts'

interface Input {
  readonly Name?: string
  readonly GroupName?: string
  readonly Target?: Target
}

/** What IAM must allow before a Scheduler operation runs: Service Authorization Reference, Amazon EventBridge Scheduler. */
export const permissionsOf = (operation: string, input: Input, call: Call): readonly Permission[] => {
  const action = `scheduler:${operation}`
  if (operation === 'ListSchedules') return [{ action, resource: '*' }]
  const resource = scheduleArn(call, input.GroupName ?? 'default', input.Name ?? '')
  const role = input.Target?.RoleArn
  const context = { 'iam:PassedToService': 'scheduler.amazonaws.com' }
  return [{ action, resource }, ...(role ? [{ action: 'iam:PassRole', resource: role, context }] : [])]
}
