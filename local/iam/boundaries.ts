import type { Operation } from '../gateway/service.ts'
import { invalidInput, noSuch } from './errors.ts'
import { findRole, findUser } from './find.ts'
import { AWS_MANAGED } from './managed/all.ts'
import { keyOf, type Records, type RoleRecord, type UserRecord } from './records.ts'

interface Input {
  readonly UserName: string
  readonly RoleName: string
  readonly PermissionsBoundary: string
}

const POLICY_ARN = /^arn:aws:iam::(\d{12}|aws):policy\/.+$/

/**
 * The boundary that a call sets, as users and roles keep it.
 * @throws {AwsError} InvalidInputException, NoSuchEntityException
 */
export const checkBoundary = (
  records: Records,
  account: string,
  arn: string | undefined,
): { readonly boundary?: string } => {
  if (arn === undefined) return {}
  if (!POLICY_ARN.test(arn)) throw invalidInput(`ARN ${arn} is not valid.`)
  if (!AWS_MANAGED.has(arn) && records.policies.get(arn)?.account !== account)
    throw noSuch(`Scope ARN: ${arn} does not exist or is not attachable.`)
  return { boundary: arn }
}

export const boundaryOf = ({ boundary }: UserRecord | RoleRecord) =>
  boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }

/** Permissions boundaries of users and roles. */
export const boundaryOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  PutUserPermissionsBoundary: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName)
    const set = checkBoundary(records, account, input.PermissionsBoundary)
    records.users.put(keyOf(account, user.name), { ...user, ...set })
    return {}
  },
  DeleteUserPermissionsBoundary: (input: Input, { account }) => {
    const { boundary, ...user } = findUser(records, account, input.UserName)
    if (boundary === undefined) throw noSuch(`The user with name ${user.name} has no permissions boundary.`)
    records.users.put(keyOf(account, user.name), user)
    return {}
  },
  PutRolePermissionsBoundary: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    const set = checkBoundary(records, account, input.PermissionsBoundary)
    records.roles.put(keyOf(account, role.name), { ...role, ...set })
    return {}
  },
  DeleteRolePermissionsBoundary: (input: Input, { account }) => {
    const { boundary, ...role } = findRole(records, account, input.RoleName)
    if (boundary === undefined) throw noSuch(`The role with name ${role.name} has no permissions boundary.`)
    records.roles.put(keyOf(account, role.name), role)
    return {}
  },
})
