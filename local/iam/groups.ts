import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { toDate } from './dates.ts'
import { alreadyExists, conflict } from './errors.ts'
import { findGroup, findUser, nameIsTaken } from './find.ts'
import { groupsOf } from './holdings.ts'
import { newId } from './ids.ts'
import { checkName, checkPath, checkPathPrefix, type PageInput, page } from './names.ts'
import { checkQuota } from './quotas.ts'
import { arnOf, type GroupRecord, keyOf, type Records, type UserRecord } from './records.ts'
import { describeUser } from './users.ts'

interface Input extends PageInput {
  readonly GroupName: string
  readonly UserName: string
  readonly Path?: string
  readonly PathPrefix?: string
  readonly NewGroupName?: string
  readonly NewPath?: string
}

/** Groups and who is in them. */
export const groupOperations = (parts: Parts, records: Records): Readonly<Record<string, Operation>> => ({
  CreateGroup: (input: Input, { account }) => {
    checkName(input.GroupName, 128, 'groupName')
    const group: GroupRecord = {
      kind: 'group',
      account,
      name: input.GroupName,
      path: checkPath(input.Path),
      id: newId('AGPA', 21),
      created: parts.now(),
      inline: {},
      attached: [],
    }
    if (nameIsTaken(records.groups, account, group.name))
      throw alreadyExists(`Group with name ${group.name} already exists.`)
    checkQuota('GroupsPerAccount', records.groups.entries(`${account}/`).length + 1)
    records.groups.put(keyOf(account, group.name), group)
    return { Group: describe(group) }
  },
  GetGroup: (input: Input, { account }) => {
    const group = findGroup(records, account, input.GroupName)
    const { items, ...rest } = page(membersOf(records, group), input)
    return { Group: describe(group), Users: items.map(describeUser), ...rest }
  },
  ListGroups: (input: Input, { account }) => {
    const prefix = checkPathPrefix(input.PathPrefix)
    const groups = records.groups.entries(`${account}/`).map(([, group]) => group)
    const { items, ...rest } = page(
      groups.filter(({ path }) => path.startsWith(prefix)),
      input,
    )
    return { Groups: items.map(describe), ...rest }
  },
  UpdateGroup: (input: Input, { account }) => {
    const group = findGroup(records, account, input.GroupName)
    const name = input.NewGroupName ?? group.name
    checkName(name, 128, 'newGroupName')
    const path = input.NewPath === undefined ? group.path : checkPath(input.NewPath)
    if (name.toLowerCase() !== group.name.toLowerCase() && nameIsTaken(records.groups, account, name))
      throw alreadyExists(`Group with name ${name} already exists.`)
    records.transaction(() => {
      records.groups.delete(keyOf(account, group.name))
      records.groups.put(keyOf(account, name), { ...group, name, path })
    })
    return {}
  },
  DeleteGroup: (input: Input, { account }) => {
    const group = findGroup(records, account, input.GroupName)
    if (membersOf(records, group).length > 0)
      throw conflict('Cannot delete entity, must remove users from group first.')
    if (Object.keys(group.inline).length > 0)
      throw conflict('Cannot delete entity, must delete policies first.')
    if (group.attached.length > 0) throw conflict('Cannot delete entity, must detach all policies first.')
    records.groups.delete(keyOf(account, group.name))
    return {}
  },
  AddUserToGroup: (input: Input, { account }) => {
    const group = findGroup(records, account, input.GroupName)
    const user = findUser(records, account, input.UserName)
    const groups = [...new Set([...(user.groups ?? []), group.id])]
    checkQuota('GroupsPerUser', groups.length)
    records.users.put(keyOf(account, user.name), { ...user, groups })
    return {}
  },
  RemoveUserFromGroup: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName)
    const group = findGroup(records, account, input.GroupName)
    const groups = (user.groups ?? []).filter((id) => id !== group.id)
    records.users.put(keyOf(account, user.name), { ...user, groups })
    return {}
  },
  ListGroupsForUser: (input: Input, { account }) => {
    const { items, ...rest } = page(groupsOf(records, findUser(records, account, input.UserName)), input)
    return { Groups: items.map(describe), ...rest }
  },
})

const membersOf = (records: Records, group: GroupRecord): readonly UserRecord[] =>
  records.users
    .entries(`${group.account}/`)
    .map(([, user]) => user)
    .filter(({ groups = [] }) => groups.includes(group.id))

const describe = (group: GroupRecord) => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: arnOf(group),
  CreateDate: toDate(group.created),
})
