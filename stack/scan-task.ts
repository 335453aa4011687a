import { SCAN_LOG_GROUP_ID } from './ids.ts'
import { useKeyForTable } from './keys.ts'
import { OWN_ACCOUNT, putOwnEvents, role } from './policy.ts'
import { att, named, type Plan, type Resource, type Resources, roleNamed } from './resources.ts'
import { fingerprintKeyArn, readInTask } from './scanning.ts'
import { useTable } from './table.ts'
import { ENVIRONMENT, LOG_DAYS, ON_FARGATE, ofImage } from './task.ts'

export const SCAN_TASK_DEFINITION_ID = 'ScanTaskDefinition'
export const SCAN_TASK_ROLE_ID = 'ScanTaskRole'

/** Of Fargate's sizes the largest memory beside one processor: the search uses one thread. */
const CPU = 1024
const MEMORY = 8192
/** MiB of it for JavaScript; packs lie beside it */
const HEAP = 3072

/**
 * What goes on with a scan that is more than the function can do: the mirror's image and network, another program. There also where
 * nothing is scanned, as the function is.
 */
export const scanTask = (plan: Plan): Resources => ({
  [SCAN_LOG_GROUP_ID]: {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/ecs/${named(plan, 'scan')}`, RetentionInDays: LOG_DAYS },
  },
  [SCAN_TASK_DEFINITION_ID]: taskDefinition(plan),
  [SCAN_TASK_ROLE_ID]: taskRole(plan),
})

const taskDefinition = (plan: Plan): Resource => ({
  Type: 'AWS::ECS::TaskDefinition',
  Properties: {
    Family: named(plan, 'scan'),
    ...ON_FARGATE,
    Cpu: String(CPU),
    Memory: String(MEMORY),
    // a pack of 4 GiB fits into the 20 GiB that every task has
    TaskRoleArn: att(SCAN_TASK_ROLE_ID),
    ContainerDefinitions: [
      {
        ...ofImage('scan', SCAN_LOG_GROUP_ID),
        Command: ['node', `--max-old-space-size=${HEAP}`, 'scan.mjs'],
        Environment: [
          ...ENVIRONMENT,
          { Name: 'RELAY_FINGERPRINT_SECRET', Value: fingerprintKeyArn(plan) },
          { Name: 'RELAY_MEMORY', Value: String(MEMORY) },
        ],
      },
    ],
  },
})

/** As the function: reads what was pushed, writes findings, tells them. */
const taskRole = (plan: Plan): Resource =>
  role({
    name: roleNamed(plan, 'scan-task'),
    description: 'CodeCommit Relay, scan task: goes on with what is more than the function scan can do',
    service: 'ecs-tasks.amazonaws.com',
    trustCondition: OWN_ACCOUNT,
    statements: [...readInTask(plan), useTable('Query'), useKeyForTable(), putOwnEvents()],
  })
