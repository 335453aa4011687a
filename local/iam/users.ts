import type { Parts } from '../contracts.ts'
import type { Call, Operation } from '../gateway/service.ts'
import { boundaryOf, checkBoundary } from './boundaries.ts'
import { toDate } from './dates.ts'
import { alreadyExists, conflict } from './errors.ts'
import { findUser, nameIsTaken, userOf } from './find.ts'
import { newId } from './ids.ts'
import { checkName, checkPath, checkPathPrefix, type PageInput, page } from './names.ts'
import { checkQuota } from './quotas.ts'
import { arnOf, keyOf, type Records, type Tag, type UserRecord } from './records.ts'
import { checkTags } from './tags.ts'

interface Input extends PageInput {
  readonly UserName?: string
  readonly Path?: string
  readonly PathPrefix?: string
  readonly PermissionsBoundary?: string
  readonly Tags?: readonly Tag[]
  readonly NewUserName?: string
  readonly NewPath?: string
}

/** @throws {AwsError} ValidationException, EntityAlreadyExistsException, LimitExceededException */
export const addUser = (
  parts: Parts,
  records: Records,
  account: string,
  name: string,
  more: Pick<Input, 'Path' | 'PermissionsBoundary' | 'Tags'> = {},
): UserRecord => {
  checkName(name, 64, 'userName')
  const user: UserRecord = {
    kind: 'user',
    account,
    name,
    path: checkPath(more.Path),
    id: newId('AIDA', 21),
    created: parts.now(),
    inline: {},
    attached: [],
    ...(more.Tags && { tags: checkTags(more.Tags) }),
    ...checkBoundary(records, account, more.PermissionsBoundary),
  }
  if (nameIsTaken(records.users, account, name)) throw alreadyExists(`User with name ${name} already exists.`)
  checkQuota('UsersPerAccount', records.users.entries(`${account}/`).length + 1)
  records.users.put(keyOf(account, name), user)
  return user
}

/** Users. */
export const userOperations = (parts: Parts, records: Records): Readonly<Record<string, Operation>> => ({
  CreateUser: (input: Input, { account }) => {
    const user = addUser(parts, records, account, input.UserName ?? '', input)
    return { User: { ...describeUser(user), ...detailsOf(user) } }
  },
  GetUser: (input: Input, call) => {
    if (input.UserName === undefined && call.caller.kind === 'root') return { User: describeRoot(call) }
    const user = userOf(records, input, call)
    return { User: { ...describeUser(user), ...detailsOf(user) } }
  },
  ListUsers: (input: Input, { account }) => {
    const prefix = checkPathPrefix(input.PathPrefix)
    const users = records.users.entries(`${account}/`).map(([, user]) => user)
    const { items, ...rest } = page(
      users.filter(({ path }) => path.startsWith(prefix)),
      input,
    )
    return { Users: items.map(describeUser), ...rest }
  },
  UpdateUser: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName ?? '')
    const name = input.NewUserName ?? user.name
    checkName(name, 64, 'newUserName')
    const changed = {
      ...user,
      name,
      path: input.NewPath === undefined ? user.path : checkPath(input.NewPath),
    }
    if (name.toLowerCase() !== user.name.toLowerCase() && nameIsTaken(records.users, account, name))
      throw alreadyExists(`User with name ${name} already exists.`)
    records.transaction(() => {
      records.users.delete(keyOf(account, user.name))
      records.users.put(keyOf(account, name), changed)
      if (name !== user.name) renameCredentials(records, user, name)
    })
    return {}
  },
  DeleteUser: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName ?? '')
    const kept = whatKeeps(records, user)
    if (kept !== undefined) throw conflict(`Cannot delete entity, must ${kept} first.`)
    records.users.delete(keyOf(account, user.name))
    return {}
  },
})

const owns =
  (user: UserRecord) =>
  ([, one]: readonly [string, { readonly account: string; readonly user?: string }]): boolean =>
    one.account === user.account && one.user === user.name

/** What must be done before a user can be deleted: IAM user guide, "Deleting an IAM user". */
const whatKeeps = (records: Records, user: UserRecord): string | undefined => {
  const has = owns(user)
  if (records.keys.entries().some(has)) return 'delete access keys'
  if (records.sshKeys.entries().some(has)) return 'delete SSH public keys'
  if (records.gitCredentials.entries().some(has)) return 'remove service specific credentials'
  if (Object.keys(user.inline).length > 0) return 'delete policies'
  if (user.attached.length > 0) return 'detach all policies'
  if ((user.groups ?? []).length > 0) return 'remove users from group'
  return undefined
}

/** Keys, passwords and sessions go on under the new name; the name that Git sends stays (recorded answers). */
const renameCredentials = (records: Records, user: UserRecord, name: string): void => {
  for (const collection of [records.keys, records.gitCredentials, records.sshKeys, records.sessions] as const)
    for (const [key, one] of collection.entries().filter(owns(user)))
      collection.put(key, { ...one, user: name } as never)
}

export const describeUser = (user: UserRecord) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: arnOf(user),
  CreateDate: toDate(user.created),
})

const detailsOf = (user: UserRecord) => ({
  ...boundaryOf(user),
  ...(user.tags && user.tags.length > 0 && { Tags: user.tags }),
})

const describeRoot = ({ account, caller }: Call) => ({
  UserId: account,
  Arn: caller.arn,
  CreateDate: toDate(0),
})
