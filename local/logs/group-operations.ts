import type {
  CreateLogGroupCommandInput,
  DescribeLogGroupsCommandInput,
  ListLogGroupsCommandInput,
  LogGroup,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { groupArn, groupNameOf } from './arn.ts'
import { checkGroupName, checkLimit, invalidParameter, missingGroup } from './errors.ts'
import type { Group, Groups } from './groups.ts'
import { pageOf } from './page.ts'

/** API reference, PutRetentionPolicy. */
const RETENTION_DAYS = [
  ...[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ],
]
const MAX_GROUPS = 50
const MAX_LISTED = 1000
const MAX_TAGS = 50

/** Groups: made, shown, kept for so many days, tagged; in the SDK's shapes. */
export const groupOperations = (parts: Parts, groups: Groups): Record<string, Operation> => {
  const get = (name: string | undefined, call: Call): Group => {
    const group = groups.find(call, checkGroupName(groupNameOf(name ?? '')))
    if (group) return group
    throw missingGroup()
  }
  const retention = (group: Group, days: number | undefined) => {
    const { retentionDays: _, ...rest } = group.record
    groups.create({ ...rest, ...(days === undefined ? {} : { retentionDays: days }) })
  }
  const tag = (group: Group, tags: Record<string, string>) => {
    const all = { ...group.record.tags, ...tags }
    if (Object.keys(all).length > MAX_TAGS)
      throw new AwsError('TooManyTagsException', `A resource can have at most ${MAX_TAGS} tags.`)
    groups.change(group, { tags: all })
    return {}
  }
  const untag = (group: Group, keys: readonly string[]) => {
    const tags = Object.entries(group.record.tags ?? {}).filter(([key]) => !keys.includes(key))
    groups.change(group, { tags: Object.fromEntries(tags) })
    return {}
  }

  const create = (input: CreateLogGroupCommandInput, call: Call) => {
    const name = checkGroupName(input.logGroupName ?? '')
    if (groups.find(call, name))
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
    groups.create({
      account: call.account,
      region: call.region,
      name,
      createdAt: parts.now(),
      class: input.logGroupClass ?? 'STANDARD',
      ...(input.kmsKeyId === undefined ? {} : { kmsKeyId: input.kmsKeyId }),
      ...(input.deletionProtectionEnabled === undefined
        ? {}
        : { deletionProtection: input.deletionProtectionEnabled }),
      ...(input.tags === undefined ? {} : { tags: input.tags }),
    })
    return {}
  }

  const describeAll = (input: DescribeLogGroupsCommandInput, call: Call) => {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: part, logGroupIdentifiers: only } = input
    if (prefix !== undefined && part !== undefined)
      throw invalidParameter(
        'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
      )
    const names = only?.map(groupNameOf)
    const found = groups
      .list(call)
      .filter(({ record }) => !prefix || record.name.startsWith(prefix))
      .filter(({ record }) => !part || record.name.includes(part))
      .filter(({ record }) => !names || names.includes(record.name))
      .filter(({ record }) => !input.logGroupClass || (record.class ?? 'STANDARD') === input.logGroupClass)
    const { page, nextToken } = pageOf(
      found,
      ({ record }) => record.name,
      checkLimit(input.limit, MAX_GROUPS),
      input.nextToken,
    )
    return { logGroups: page.map(describe), ...(nextToken === undefined ? {} : { nextToken }) }
  }

  const list = (input: ListLogGroupsCommandInput, call: Call) => {
    const pattern = input.logGroupNamePattern?.split('|') ?? []
    const fits = (name: string) =>
      pattern.length === 0 ||
      pattern.some((part) => (part.startsWith('^') ? name.startsWith(part.slice(1)) : name.includes(part)))
    const { page, nextToken } = pageOf(
      groups.list(call).filter(({ record }) => fits(record.name)),
      ({ record }) => record.name,
      input.limit === undefined ? MAX_GROUPS : checkLimit(input.limit, MAX_LISTED),
      input.nextToken,
    )
    return {
      logGroups: page.map(({ record }) => ({
        logGroupName: record.name,
        logGroupArn: groupArn(record, record.name),
        logGroupClass: record.class ?? 'STANDARD',
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    }
  }

  return {
    CreateLogGroup: create,
    DescribeLogGroups: describeAll,
    ListLogGroups: list,
    DeleteLogGroup: async (input, call) => {
      const group = get(input.logGroupName, call)
      if (group.record.deletionProtection)
        throw new AwsError(
          'ValidationException',
          'Cannot delete a log group while its deletion protection is enabled.',
        )
      await groups.remove(group)
      return {}
    },
    PutLogGroupDeletionProtection: (input, call) => {
      groups.change(get(input.logGroupIdentifier, call), {
        deletionProtection: input.deletionProtectionEnabled === true,
      })
      return {}
    },
    PutRetentionPolicy: (input, call) => {
      const group = get(input.logGroupName, call)
      if (!RETENTION_DAYS.includes(input.retentionInDays))
        throw invalidParameter(`Invalid retention value. Valid values are: [${RETENTION_DAYS.join(', ')}]`)
      retention(group, input.retentionInDays)
      return {}
    },
    DeleteRetentionPolicy: (input, call) => {
      retention(get(input.logGroupName, call), undefined)
      return {}
    },
    TagLogGroup: (input, call) => tag(get(input.logGroupName, call), input.tags),
    UntagLogGroup: (input, call) => untag(get(input.logGroupName, call), input.tags),
    ListTagsLogGroup: (input, call) => ({ tags: get(input.logGroupName, call).record.tags ?? {} }),
    TagResource: (input, call) => tag(get(input.resourceArn, call), input.tags),
    UntagResource: (input, call) => untag(get(input.resourceArn, call), input.tagKeys),
    ListTagsForResource: (input, call) => ({ tags: get(input.resourceArn, call).record.tags ?? {} }),
  }
}

const describe = ({ record, file }: Group): LogGroup => ({
  logGroupName: record.name,
  creationTime: record.createdAt,
  ...(record.retentionDays === undefined ? {} : { retentionInDays: record.retentionDays as 1 }),
  metricFilterCount: 0,
  arn: `${groupArn(record, record.name)}:*`,
  logGroupArn: groupArn(record, record.name),
  logGroupClass: record.class ?? 'STANDARD',
  storedBytes: file.bytes(),
  deletionProtectionEnabled: record.deletionProtection ?? false,
  ...(record.kmsKeyId === undefined ? {} : { kmsKeyId: record.kmsKeyId }),
})
