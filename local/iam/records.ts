import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Collection } from '../state/store.ts'

/** What a user and a role have in common. Times are milliseconds since the epoch. */
export interface Identity {
  readonly account: string
  readonly name: string
  readonly path: string
  readonly id: string
  readonly created: number
  /** by policy name */
  readonly inline: Readonly<Record<string, PolicyDocument>>
  /** ARNs of managed policies */
  readonly attached: readonly string[]
}

export interface UserRecord extends Identity {
  readonly kind: 'user'
}

export interface RoleRecord extends Identity {
  readonly kind: 'role'
  readonly trust: PolicyDocument
  readonly description?: string
  readonly maxSessionSeconds: number
  readonly tags?: readonly { Key: string; Value: string }[]
}

export interface KeyRecord {
  readonly id: string
  readonly account: string
  readonly user: string
  readonly secret: string
  readonly active: boolean
  readonly created: number
}

export interface SessionRecord {
  readonly id: string
  readonly secret: string
  readonly token: string
  readonly expires: number
  readonly account: string
  /** a role's session, or a user's own (GetSessionToken) */
  readonly role?: { readonly name: string; readonly id: string; readonly session: string }
  readonly user?: string
}

export interface GitCredentialRecord {
  readonly id: string
  readonly account: string
  readonly user: string
  /** `<user>-at-<account>` */
  readonly serviceUserName: string
  readonly password: string
  readonly active: boolean
  readonly created: number
}

export interface PolicyRecord {
  readonly arn: string
  readonly id: string
  readonly account: string
  readonly name: string
  readonly path: string
  readonly document: PolicyDocument
  readonly created: number
}

/** All that IAM remembers. */
export interface Records {
  readonly users: Collection<UserRecord>
  readonly roles: Collection<RoleRecord>
  /** by key id */
  readonly keys: Collection<KeyRecord>
  /** by key id */
  readonly sessions: Collection<SessionRecord>
  /** by the name that Git sends */
  readonly gitCredentials: Collection<GitCredentialRecord>
  /** by ARN */
  readonly policies: Collection<PolicyRecord>
  readonly bootstrap: Collection<{ keyId: string; gitUserName: string }>
}

export const openRecords = ({ store }: Parts): Records => ({
  users: store.collection('iam.users'),
  roles: store.collection('iam.roles'),
  keys: store.collection('iam.keys'),
  sessions: store.collection('iam.sessions'),
  gitCredentials: store.collection('iam.git-credentials'),
  policies: store.collection('iam.policies'),
  bootstrap: store.collection('iam.bootstrap'),
})

export const keyOf = (account: string, name: string): string => `${account}/${name}`

export const arnOf = (identity: Identity & { kind: 'user' | 'role' }): string =>
  `arn:aws:iam::${identity.account}:${identity.kind}${identity.path}${identity.name}`

export const findUser = (records: Records, account: string, name: string): UserRecord => {
  const user = records.users.get(keyOf(account, name))
  if (!user) throw noSuch(`The user with name ${name} cannot be found.`)
  return user
}

export const findRole = (records: Records, account: string, name: string): RoleRecord => {
  const role = records.roles.get(keyOf(account, name))
  if (!role) throw noSuch(`The role with name ${name} cannot be found.`)
  return role
}

export const noSuch = (message: string) => new AwsError('NoSuchEntityException', message, 404)

const NAME = /^[\w+=,.@-]+$/
const PATH = /^\/$|^\/[\u0021-\u007e]+\/$/

/** @throws {AwsError} ValidationException, by the lengths and patterns of the IAM API reference */
export const checkName = (name: string, max: number, member: string): void => {
  if (!NAME.test(name))
    throw new AwsError(
      'ValidationException',
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  if (name.length > max)
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
    )
}

export const checkPath = (path: string): string => {
  if (!PATH.test(path) || path.length > 512)
    throw new AwsError(
      'ValidationException',
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
  return path
}

/** One page of a list, as IAM's `Marker` and `MaxItems` cut it. */
export const page = <T>(
  items: readonly T[],
  { Marker, MaxItems }: { Marker?: string; MaxItems?: number },
): { items: readonly T[]; IsTruncated: boolean; Marker?: string } => {
  const start = Marker === undefined ? 0 : Number(Marker)
  const size = MaxItems ?? 100
  if (!Number.isInteger(start) || start < 0) throw new AwsError('ValidationException', 'Invalid Marker.')
  if (!(size >= 1 && size <= 1000))
    throw new AwsError('ValidationException', 'MaxItems must be between 1 and 1000.')
  const end = start + size
  const more = end < items.length
  return { items: items.slice(start, end), IsTruncated: more, ...(more && { Marker: String(end) }) }
}
