import type { Consumer, FunctionName } from './consumers.ts'
import { idOf } from './resources.ts'

// Logical ids that more than one part of the template speaks of.

export const queueId = (consumer: Consumer): string => `${idOf(consumer)}Queue`
export const deadLettersId = (name: FunctionName): string => `${idOf(name)}DeadLetters`
/** Where rules and the schedule leave what they could not deliver to a queue. */
export const UNDELIVERED_ID = 'Undelivered'

export const roleId = (name: FunctionName): string => `${idOf(name)}Role`
/** As osls names the functions of serverless.yml: a dash becomes `Dash`. */
export const functionId = (name: FunctionName): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('-', 'Dash')}LambdaFunction`

export const SCHEDULE_ROLE_ID = 'SweepScheduleRole'
/** Not `ScanLogGroup`: that is what osls calls the log of the function. */
export const SCAN_LOG_GROUP_ID = 'ScanTaskLogGroup'
export const CLUSTER_ID = 'Cluster'
export const topicId = (topic: string): string => `${idOf(topic)}Topic`
