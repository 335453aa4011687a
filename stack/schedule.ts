import { queueId, SCHEDULE_ROLE_ID, UNDELIVERED_ID } from './ids.ts'
import { useKeyThrough } from './keys.ts'
import { allow, OWN_ACCOUNT, role } from './policy.ts'
import { att, named, type Plan, type Resources, roleNamed } from './resources.ts'
import { isScanning } from './scanning.ts'

/** Minutes: each round reads the refs of every repository that is scanned. */
const SCAN_MINUTES = 15

/** Every so many minutes one message into the sweep's queue, and one into the scan's. */
export const schedule = (plan: Plan): Resources => ({
  SweepSchedule: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: named(plan, 'sweep'),
      Description: 'Compare every replica with its source',
      ScheduleExpression: rate(plan.config.sweep.everyMinutes),
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: att(queueId('sweep')),
        RoleArn: att(SCHEDULE_ROLE_ID),
        Input: JSON.stringify({ reason: 'schedule' }),
        // the next sweep looks at everything anew: what could not be delivered for an hour is only of interest to people
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        DeadLetterConfig: { Arn: att(UNDELIVERED_ID) },
      },
    },
  },
  ScanSchedule: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: named(plan, 'scan'),
      Description: 'Look for pushes that no event announced to the scan',
      ScheduleExpression: rate(SCAN_MINUTES),
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: isScanning(plan) ? 'ENABLED' : 'DISABLED',
      Target: {
        Arn: att(queueId('scan')),
        RoleArn: att(SCHEDULE_ROLE_ID),
        Input: JSON.stringify({ reason: 'schedule' }),
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        DeadLetterConfig: { Arn: att(UNDELIVERED_ID) },
      },
    },
  },
  [SCHEDULE_ROLE_ID]: role({
    name: roleNamed(plan, 'schedule'),
    description: 'EventBridge Scheduler: sends to the queues of sweep and scan',
    service: 'scheduler.amazonaws.com',
    trustCondition: OWN_ACCOUNT,
    statements: [
      allow(['sqs:SendMessage'], [att(queueId('sweep')), att(queueId('scan')), att(UNDELIVERED_ID)]),
      useKeyThrough('sqs'),
    ],
  }),
})

/** EventBridge Scheduler user guide, "Schedule types": the unit is singular for one. */
const rate = (minutes: number): string => `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`
