import type { Iam } from '../contracts.ts'
import { AwsError, type Call, type Permission } from '../gateway/service.ts'
import { groupArn, groupNameOf } from './arn.ts'
import type { Place } from './groups.ts'

const OF_A_STREAM = new Set(['CreateLogStream', 'DeleteLogStream', 'PutLogEvents', 'GetLogEvents'])
const OF_THE_GROUP_ITSELF = new Set([
  ...['TagResource', 'UntagResource', 'ListTagsForResource', 'PutLogGroupDeletionProtection'],
])

interface Named {
  readonly logGroupName?: string
  readonly logGroupIdentifier?: string
  readonly resourceArn?: string
  readonly logStreamName?: string
}

/**
 * Actions and resources: service authorization reference of CloudWatch Logs. That operations on a group ask for `log-group:<name>:log-stream:`,
 * as AWS's refusals show, is why policies end in `:*`.
 */
export const permissionsOf = (operation: string, input: Named, call: Call): readonly Permission[] => {
  const name = groupNameOf(input.logGroupName ?? input.logGroupIdentifier ?? input.resourceArn ?? '')
  const group = groupArn(call, name)
  const stream = OF_A_STREAM.has(operation) ? (input.logStreamName ?? '') : ''
  const resource = OF_THE_GROUP_ITSELF.has(operation) ? group : `${group}:log-stream:${stream}`
  return [{ action: `logs:${operation}`, resource }]
}

/**
 * Whether a role may write to a stream: what decides if the lines of its function or task are kept.
 * @param exists the group is there; else making it is asked too
 * @returns why not; undefined when it may
 */
export const whyNotWritten = (
  iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
  { roleArn, session }: { readonly roleArn: string; readonly session: string },
  target: Place & { readonly group: string; readonly stream: string },
  exists: boolean,
): string | undefined => {
  const group = groupArn(target, target.group)
  try {
    const caller = iam.callerOfRole(roleArn, session)
    if (!exists) iam.authorize(caller, { action: 'logs:CreateLogGroup', resource: `${group}:log-stream:` })
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents'])
      iam.authorize(caller, { action, resource: `${group}:log-stream:${target.stream}` })
    return undefined
  } catch (error) {
    if (error instanceof AwsError) return error.message
    throw error
  }
}
