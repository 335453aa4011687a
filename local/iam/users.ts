import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { newId, newSecret } from './ids.ts'
import {
  arnOf,
  checkName,
  checkPath,
  findUser,
  type KeyRecord,
  keyOf,
  noSuch,
  page,
  type Records,
  type UserRecord,
} from './records.ts'

interface Input {
  readonly UserName?: string
  readonly Path?: string
  readonly AccessKeyId?: string
  readonly Status?: string
  readonly Marker?: string
  readonly MaxItems?: number
}

/** IAM user guide, "IAM and AWS STS quotas": access keys per user. */
const KEYS_PER_USER = 2

export const addUser = (
  parts: Parts,
  records: Records,
  account: string,
  name: string,
  path = '/',
): UserRecord => {
  checkName(name, 64, 'userName')
  if (records.users.get(keyOf(account, name)))
    throw new AwsError('EntityAlreadyExistsException', `User with name ${name} already exists.`, 409)
  const user: UserRecord = {
    kind: 'user',
    account,
    name,
    path: checkPath(path),
    id: newId('AIDA', 21),
    created: parts.now(),
    inline: {},
    attached: [],
  }
  records.users.put(keyOf(account, name), user)
  return user
}

export const addKey = (parts: Parts, records: Records, user: UserRecord): KeyRecord => {
  if (keysOf(records, user).length >= KEYS_PER_USER)
    throw new AwsError(
      'LimitExceededException',
      `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`,
      409,
    )
  const key: KeyRecord = {
    id: newId('AKIA', 20),
    account: user.account,
    user: user.name,
    secret: newSecret(),
    active: true,
    created: parts.now(),
  }
  records.keys.put(key.id, key)
  return key
}

/** The named user, or the caller when a call leaves the name out. */
export const userOf = (records: Records, input: { readonly UserName?: string }, call: Call): UserRecord => {
  if (input.UserName !== undefined) return findUser(records, call.account, input.UserName)
  if (call.caller.kind !== 'user')
    throw new AwsError('ValidationException', 'Must specify userName when calling with non-User credentials')
  return findUser(records, call.account, call.caller.arn.slice(call.caller.arn.lastIndexOf('/') + 1))
}

/** Users and their access keys. */
export const userOperations = (parts: Parts, records: Records): Readonly<Record<string, Operation>> => ({
  CreateUser: (input: Input, { account }) => ({
    User: describe(addUser(parts, records, account, input.UserName ?? '', input.Path)),
  }),
  GetUser: (input: Input, call) => ({ User: describe(userOf(records, input, call)) }),
  ListUsers: (input: Input, { account }) => {
    const { items, ...rest } = page(records.users.entries(`${account}/`), input)
    return { Users: items.map(([, user]) => describe(user)), ...rest }
  },
  DeleteUser: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName ?? '')
    const credentials = records.gitCredentials.entries().filter(([, one]) => owns(user, one))
    if (keysOf(records, user).length > 0) throw conflict('must delete access keys first.')
    if (credentials.length > 0) throw conflict('must remove service specific credentials first.')
    if (Object.keys(user.inline).length > 0) throw conflict('must delete policies first.')
    if (user.attached.length > 0) throw conflict('must detach all policies first.')
    records.users.delete(keyOf(account, user.name))
    return {}
  },
  CreateAccessKey: (input: Input, call) => {
    const key = addKey(parts, records, userOf(records, input, call))
    return { AccessKey: { ...describeKey(key), SecretAccessKey: key.secret } }
  },
  ListAccessKeys: (input: Input, call) => {
    const { items, ...rest } = page(keysOf(records, userOf(records, input, call)), input)
    return { AccessKeyMetadata: items.map(describeKey), ...rest }
  },
  UpdateAccessKey: (input: Input, call) => {
    const key = findKey(records, userOf(records, input, call), input.AccessKeyId ?? '')
    records.keys.put(key.id, { ...key, active: input.Status === 'Active' })
    return {}
  },
  DeleteAccessKey: (input: Input, call) => {
    const key = findKey(records, userOf(records, input, call), input.AccessKeyId ?? '')
    records.keys.delete(key.id)
    return {}
  },
})

const owns = (user: UserRecord, one: { readonly account: string; readonly user: string }): boolean =>
  one.account === user.account && one.user === user.name

const keysOf = (records: Records, user: UserRecord): readonly KeyRecord[] =>
  records.keys
    .entries()
    .map(([, key]) => key)
    .filter((key) => owns(user, key))

const findKey = (records: Records, user: UserRecord, id: string): KeyRecord => {
  const key = records.keys.get(id)
  if (!key || !owns(user, key)) throw noSuch(`The Access Key with id ${id} cannot be found.`)
  return key
}

const conflict = (what: string) =>
  new AwsError('DeleteConflictException', `Cannot delete entity, ${what}`, 409)

const describe = (user: UserRecord) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: arnOf(user),
  CreateDate: new Date(user.created),
})

const describeKey = (key: KeyRecord) => ({
  UserName: key.user,
  AccessKeyId: key.id,
  Status: key.active ? 'Active' : 'Inactive',
  CreateDate: new Date(key.created),
})
