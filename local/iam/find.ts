import type { Call } from '../gateway/service.ts'
import { invalid, noSuch } from './errors.ts'
import { type GroupRecord, keyOf, type Records, type RoleRecord, type UserRecord } from './records.ts'

/** @throws {AwsError} NoSuchEntityException */
export const findUser = (records: Records, account: string, name: string): UserRecord => {
  const user = records.users.get(keyOf(account, name))
  if (!user) throw noSuch(`The user with name ${name} cannot be found.`)
  return user
}

/** @throws {AwsError} NoSuchEntityException */
export const findGroup = (records: Records, account: string, name: string): GroupRecord => {
  const group = records.groups.get(keyOf(account, name))
  if (!group) throw noSuch(`The group with name ${name} cannot be found.`)
  return group
}

/** @throws {AwsError} NoSuchEntityException */
export const findRole = (records: Records, account: string, name: string): RoleRecord => {
  const role = records.roles.get(keyOf(account, name))
  if (!role) throw noSuch(`The role with name ${name} cannot be found.`)
  return role
}

/** The role of an ARN, if there is one. */
export const roleOfArn = (records: Records, arn: string): RoleRecord | undefined => {
  const [, account, path, name] = /^arn:aws:iam::(\d{12}):role(\/(?:.*\/)?)([^/]+)$/.exec(arn) ?? []
  const role = account && name ? records.roles.get(keyOf(account, name)) : undefined
  return role?.path === path ? role : undefined
}

/** The user of an ARN, if there is one. */
export const userOfArn = (records: Records, arn: string): UserRecord | undefined => {
  const [, account, path, name] = /^arn:aws:iam::(\d{12}):user(\/(?:.*\/)?)([^/]+)$/.exec(arn) ?? []
  const user = account && name ? records.users.get(keyOf(account, name)) : undefined
  return user?.path === path ? user : undefined
}

/** The last part of an ARN: the name of a user, group, role or policy. */
export const nameOfArn = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/**
 * The named user, or the caller when a call leaves the name out.
 * @throws {AwsError} NoSuchEntityException, ValidationException
 */
export const userOf = (records: Records, input: { readonly UserName?: string }, call: Call): UserRecord => {
  if (input.UserName !== undefined) return findUser(records, call.account, input.UserName)
  if (call.caller.kind !== 'user')
    throw invalid('Must specify userName when calling with non-User credentials')
  return findUser(records, call.account, nameOfArn(call.caller.arn))
}

/** Names are unique whatever their case: IAM user guide, "IAM identifiers". */
export const nameIsTaken = (
  collection: Records['users'] | Records['groups'] | Records['roles'],
  account: string,
  name: string,
): boolean => {
  const lower = keyOf(account, name).toLowerCase()
  return collection.entries(`${account}/`).some(([key]) => key.toLowerCase() === lower)
}
