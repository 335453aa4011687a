import type {
  CreateScheduleGroupCommandInput,
  ListScheduleGroupsCommandInput,
  ListTagsForResourceCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-scheduler'
import type { Parts } from '../contracts.ts'
import { pageOf } from '../eventbridge/page.ts'
import { openTags } from '../eventbridge/tags.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'

type Home = Pick<Call, 'account' | 'region'>

/** A schedule group. Times are milliseconds since the epoch. */
interface Group {
  readonly name: string
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface Groups {
  /** @throws AwsError ResourceNotFoundException */
  check(home: Home, name: string): void
  readonly operations: Record<string, Operation>
}

export const DEFAULT_GROUP = 'default'

const groupArn = ({ account, region }: Home, name: string): string =>
  `arn:aws:scheduler:${region}:${account}:schedule-group/${name}`

/**
 * Schedule groups: each account and region has `default`; more may be made. API reference; texts from recorded answers.
 * @param empty deletes a group's schedules; part of the transaction that deletes the group
 */
export const openGroups = (
  { store, now }: Pick<Parts, 'store' | 'now'>,
  empty: (home: Home, group: string) => void,
): Groups => {
  const groups = store.collection<Group>('scheduler.groups')
  const tags = openTags(store, 'scheduler.tags')
  const keyOf = ({ account, region }: Home, name: string) => `${account}|${region}|${name}`
  const get = (home: Home, name: string): Group | undefined => {
    const known = groups.get(keyOf(home, name))
    if (known || name !== DEFAULT_GROUP) return known
    const made = { name, createdAt: now(), modifiedAt: now() }
    groups.put(keyOf(home, name), made)
    return made
  }
  const find = (home: Home, name: string): Group => {
    const group = get(home, name)
    if (group) return group
    throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, 404)
  }
  const show = (home: Home, group: Group) => ({
    Arn: groupArn(home, group.name),
    Name: group.name,
    State: 'ACTIVE',
    CreationDate: new Date(group.createdAt),
    LastModificationDate: new Date(group.modifiedAt),
  })
  /** the group that an ARN names; a tag of another account's group is nobody's here */
  const tagged = (arn = '', call: Call): string => {
    const name = arn.slice(arn.lastIndexOf('/') + 1)
    find(call, arn === groupArn(call, name) ? name : arn)
    return arn
  }
  const operations: Record<string, Operation> = {
    CreateScheduleGroup: ({ Name = '', Tags }: CreateScheduleGroupCommandInput, call: Call) => {
      if (get(call, Name))
        throw new AwsError('ConflictException', `Schedule group ${Name} already exists.`, 409)
      groups.put(keyOf(call, Name), { name: Name, createdAt: now(), modifiedAt: now() })
      tags.set(groupArn(call, Name), Tags)
      return { ScheduleGroupArn: groupArn(call, Name) }
    },
    GetScheduleGroup: ({ Name = '' }: { Name?: string }, call: Call) => show(call, find(call, Name)),
    DeleteScheduleGroup: ({ Name = '' }: { Name?: string }, call: Call) => {
      if (Name === DEFAULT_GROUP)
        throw new AwsError('ValidationException', 'The default schedule group cannot be deleted.')
      find(call, Name)
      store.transaction(() => {
        empty(call, Name)
        groups.delete(keyOf(call, Name))
        tags.forget(groupArn(call, Name))
      })
      return {}
    },
    ListScheduleGroups: (input: ListScheduleGroupsCommandInput, call: Call) => {
      get(call, DEFAULT_GROUP)
      const all = groups.entries(keyOf(call, input.NamePrefix ?? '')).map(([, group]) => group)
      const paging = { Limit: input.MaxResults, NextToken: input.NextToken }
      const { part, ...next } = pageOf(all, ({ name }) => name, paging)
      return { ScheduleGroups: part.map((group) => show(call, group)), ...next }
    },
    TagResource: ({ ResourceArn, Tags }: TagResourceCommandInput, call: Call) => {
      tags.set(tagged(ResourceArn, call), Tags)
      return {}
    },
    UntagResource: ({ ResourceArn, TagKeys = [] }: UntagResourceCommandInput, call: Call) => {
      tags.remove(tagged(ResourceArn, call), TagKeys)
      return {}
    },
    ListTagsForResource: ({ ResourceArn }: ListTagsForResourceCommandInput, call: Call) => ({
      Tags: tags.get(tagged(ResourceArn, call)),
    }),
  }
  return {
    check: (home, name) => {
      find(home, name)
    },
    operations,
  }
}
