import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { boundaryOf, checkBoundary } from './boundaries.ts'
import { toDate } from './dates.ts'
import { checkTrustPolicy } from './documents/trust.ts'
import { alreadyExists, conflict, invalid } from './errors.ts'
import { findRole, nameIsTaken } from './find.ts'
import { newId } from './ids.ts'
import { checkName, checkPath, checkPathPrefix, type PageInput, page } from './names.ts'
import { charactersOf, checkQuota } from './quotas.ts'
import { arnOf, keyOf, type Records, type RoleRecord, type Tag } from './records.ts'
import { checkTags } from './tags.ts'
import { currentTrust, trustedIds } from './trust.ts'
import type { Usage } from './usage.ts'

interface Input extends PageInput {
  readonly RoleName: string
  readonly Path?: string
  readonly PathPrefix?: string
  readonly AssumeRolePolicyDocument: string
  readonly PolicyDocument: string
  readonly Description?: string
  readonly MaxSessionDuration?: number
  readonly PermissionsBoundary?: string
  readonly Tags?: readonly Tag[]
}

const SESSION_SECONDS_MIN = 3_600
const SESSION_SECONDS_MAX = 43_200

/**
 * Roles and their trust policies.
 * @param accounts those in which a trust policy's principals must exist
 */
export const roleOperations = (
  parts: Parts,
  records: Records,
  usage: Usage,
  accounts: readonly string[],
): Readonly<Record<string, Operation>> => ({
  CreateRole: (input: Input, { account }) => {
    checkName(input.RoleName, 64, 'roleName')
    const role: RoleRecord = {
      kind: 'role',
      account,
      name: input.RoleName,
      path: checkPath(input.Path),
      id: newId('AROA', 21),
      created: parts.now(),
      inline: {},
      attached: [],
      ...checkTrust(records, input.AssumeRolePolicyDocument, accounts),
      maxSessionSeconds: checkDuration(input.MaxSessionDuration ?? SESSION_SECONDS_MIN),
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.Tags && { tags: checkTags(input.Tags) }),
      ...checkBoundary(records, account, input.PermissionsBoundary),
    }
    if (nameIsTaken(records.roles, account, role.name))
      throw alreadyExists(`Role with name ${role.name} already exists.`)
    checkQuota('RolesPerAccount', records.roles.entries(`${account}/`).length + 1)
    records.roles.put(keyOf(account, role.name), role)
    return { Role: { ...describeRole(records, role), ...tagsOf(role), ...boundaryOf(role) } }
  },
  GetRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    const used = usage.last(role.id)
    const RoleLastUsed = used ? { LastUsedDate: toDate(used.at), Region: used.region } : {}
    return {
      Role: {
        ...describeRole(records, role),
        ...describedOf(role),
        MaxSessionDuration: role.maxSessionSeconds,
        ...tagsOf(role),
        ...boundaryOf(role),
        RoleLastUsed,
      },
    }
  },
  ListRoles: (input: Input, { account }) => {
    const prefix = checkPathPrefix(input.PathPrefix)
    const roles = records.roles.entries(`${account}/`).map(([, role]) => role)
    const { items, ...rest } = page(
      roles.filter(({ path }) => path.startsWith(prefix)),
      input,
    )
    const Roles = items.map((role) => ({
      ...describeRole(records, role),
      ...describedOf(role),
      MaxSessionDuration: role.maxSessionSeconds,
    }))
    return { Roles, ...rest }
  },
  UpdateRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    records.roles.put(keyOf(account, role.name), {
      ...role,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.MaxSessionDuration !== undefined && {
        maxSessionSeconds: checkDuration(input.MaxSessionDuration),
      }),
    })
    return {}
  },
  UpdateRoleDescription: (input: Input, { account }) => {
    const role = { ...findRole(records, account, input.RoleName), description: input.Description ?? '' }
    records.roles.put(keyOf(account, role.name), role)
    return { Role: { ...describeRole(records, role), ...describedOf(role) } }
  },
  UpdateAssumeRolePolicy: (input: Input, { account }) => {
    const { trusted: _, ...role } = findRole(records, account, input.RoleName)
    const trust = checkTrust(records, input.PolicyDocument, accounts)
    records.roles.put(keyOf(account, role.name), { ...role, ...trust })
    return {}
  },
  DeleteRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    if (Object.keys(role.inline).length > 0)
      throw conflict('Cannot delete entity, must delete policies first.')
    if (role.attached.length > 0) throw conflict('Cannot delete entity, must detach all policies first.')
    records.roles.delete(keyOf(account, role.name))
    return {}
  },
})

const checkTrust = (
  records: Records,
  text: string,
  accounts: readonly string[],
): Pick<RoleRecord, 'trust' | 'trusted'> => {
  checkTrustPolicy(text)
  checkQuota('ACLSizePerRole', charactersOf(text))
  return { trust: text, trusted: trustedIds(records, text, accounts) }
}

/** @throws {AwsError} ValidationException */
const checkDuration = (seconds: number): number => {
  const bound = (what: string, limit: number) =>
    invalid(
      `1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value ${what} than or equal to ${limit}`,
    )
  if (!(seconds >= SESSION_SECONDS_MIN)) throw bound('greater', SESSION_SECONDS_MIN)
  if (seconds > SESSION_SECONDS_MAX) throw bound('less', SESSION_SECONDS_MAX)
  return seconds
}

const tagsOf = ({ tags = [] }: RoleRecord) => (tags.length > 0 ? { Tags: tags } : {})

const describedOf = ({ description }: RoleRecord) =>
  description === undefined || description === '' ? {} : { Description: description }

/** Policies come back URL-encoded (RFC 3986): IAM API reference, Role. */
export const describeRole = (records: Records, role: RoleRecord) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: arnOf(role),
  CreateDate: toDate(role.created),
  AssumeRolePolicyDocument: encodeURIComponent(currentTrust(records, role)),
})
