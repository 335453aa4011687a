import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { parsePolicy } from './documents.ts'
import { newId } from './ids.ts'
import {
  arnOf,
  checkName,
  checkPath,
  findRole,
  keyOf,
  page,
  type Records,
  type RoleRecord,
} from './records.ts'

interface Input {
  readonly RoleName: string
  readonly Path?: string
  readonly PathPrefix?: string
  readonly AssumeRolePolicyDocument: string
  readonly PolicyDocument: string
  readonly Description?: string
  readonly MaxSessionDuration?: number
  readonly PermissionsBoundary?: string
  readonly Tags?: { Key: string; Value: string }[]
  readonly Marker?: string
  readonly MaxItems?: number
}

const SESSION_SECONDS_MIN = 3_600
const SESSION_SECONDS_MAX = 43_200

/** Roles and their trust policies. */
export const roleOperations = (parts: Parts, records: Records): Readonly<Record<string, Operation>> => ({
  CreateRole: (input: Input, { account }) => {
    checkName(input.RoleName, 64, 'roleName')
    if (input.PermissionsBoundary !== undefined)
      throw new AwsError('ValidationException', 'The local cloud does not serve permissions boundaries.')
    const seconds = input.MaxSessionDuration ?? SESSION_SECONDS_MIN
    if (!(seconds >= SESSION_SECONDS_MIN && seconds <= SESSION_SECONDS_MAX))
      throw new AwsError(
        'ValidationException',
        `MaxSessionDuration must be between ${SESSION_SECONDS_MIN} and ${SESSION_SECONDS_MAX} seconds.`,
      )
    const key = keyOf(account, input.RoleName)
    if (records.roles.get(key))
      throw new AwsError(
        'EntityAlreadyExistsException',
        `Role with name ${input.RoleName} already exists.`,
        409,
      )
    const role: RoleRecord = {
      kind: 'role',
      account,
      name: input.RoleName,
      path: checkPath(input.Path ?? '/'),
      id: newId('AROA', 21),
      created: parts.now(),
      inline: {},
      attached: [],
      trust: parsePolicy(input.AssumeRolePolicyDocument, 'trust'),
      maxSessionSeconds: seconds,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.Tags && { tags: input.Tags }),
    }
    records.roles.put(key, role)
    return { Role: describe(role) }
  },
  GetRole: (input: Input, { account }) => ({ Role: describe(findRole(records, account, input.RoleName)) }),
  ListRoles: (input: Input, { account }) => {
    const all = records.roles
      .entries(`${account}/`)
      .map(([, role]) => role)
      .filter((role) => role.path.startsWith(input.PathPrefix ?? '/'))
    const { items, ...rest } = page(all, input)
    return { Roles: items.map(describe), ...rest }
  },
  UpdateAssumeRolePolicy: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    records.roles.put(keyOf(account, role.name), {
      ...role,
      trust: parsePolicy(input.PolicyDocument, 'trust'),
    })
    return {}
  },
  DeleteRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    if (Object.keys(role.inline).length > 0) throw conflict('must delete policies first.')
    if (role.attached.length > 0) throw conflict('must detach all policies first.')
    records.roles.delete(keyOf(account, role.name))
    return {}
  },
})

const conflict = (what: string) =>
  new AwsError('DeleteConflictException', `Cannot delete entity, ${what}`, 409)

/** Policies come back URL-encoded (RFC 3986): IAM API reference, Role. */
const describe = (role: RoleRecord) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: arnOf(role),
  CreateDate: new Date(role.created),
  AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(role.trust)),
  MaxSessionDuration: role.maxSessionSeconds,
  Description: role.description,
  Tags: role.tags,
})
