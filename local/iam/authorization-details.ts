import type { Operation } from '../gateway/service.ts'
import { attachmentsOf } from './attachments.ts'
import { boundaryOf } from './boundaries.ts'
import { toDate } from './dates.ts'
import { ownPolicies } from './find-policy.ts'
import { groupsOf } from './holdings.ts'
import { attachedPolicies } from './identity-policies.ts'
import { AWS_MANAGED, type AwsManaged } from './managed/all.ts'
import { describePolicy } from './managed-policies.ts'
import { type PageInput, page } from './names.ts'
import {
  type AnyIdentity,
  arnOf,
  type GroupRecord,
  type PolicyRecord,
  type Records,
  type RoleRecord,
  type UserRecord,
} from './records.ts'
import { describeRole } from './roles.ts'
import { describeUser } from './users.ts'

interface Input extends PageInput {
  readonly Filter?: readonly string[]
}

/** Everything about all users, groups, roles and policies at once; of AWS's policies those in use. */
export const authorizationDetailOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  GetAccountAuthorizationDetails: (input: Input, { account }) => {
    const wanted = (kind: string) => input.Filter === undefined || input.Filter.includes(kind)
    const of = <T>(kind: string, all: readonly T[]): readonly T[] => (wanted(kind) ? all : [])
    const values = <T>(entries: readonly [string, T][]) => entries.map(([, value]) => value)
    const inUse = [...AWS_MANAGED.values()].filter(
      ({ arn }) => attachmentsOf(records, account, arn).permissions.length > 0,
    )
    const all = [
      ...of('User', values(records.users.entries(`${account}/`))),
      ...of('Group', values(records.groups.entries(`${account}/`))),
      ...of('Role', values(records.roles.entries(`${account}/`))),
      ...of('LocalManagedPolicy', ownPolicies(records, account)),
      ...of('AWSManagedPolicy', inUse),
    ]
    const { items, ...rest } = page<AnyIdentity | PolicyRecord | AwsManaged>(all, input)
    const kinds = { users: [], groups: [], roles: [], policies: [] } as Record<string, object[]>
    for (const item of items) {
      if (!('kind' in item)) kinds.policies?.push(policyDetail(records, account, item))
      else if (item.kind === 'user') kinds.users?.push(userDetail(records, item))
      else if (item.kind === 'group') kinds.groups?.push(groupDetail(item))
      else kinds.roles?.push(roleDetail(records, item))
    }
    return {
      UserDetailList: kinds.users,
      GroupDetailList: kinds.groups,
      RoleDetailList: kinds.roles,
      Policies: kinds.policies,
      ...rest,
    }
  },
})

const inlineOf = ({ inline }: AnyIdentity) =>
  Object.entries(inline).map(([name, text]) => ({
    PolicyName: name,
    PolicyDocument: encodeURIComponent(text),
  }))

const userDetail = (records: Records, user: UserRecord) => {
  const inline = inlineOf(user)
  return {
    ...describeUser(user),
    ...(inline.length > 0 && { UserPolicyList: inline }),
    GroupList: groupsOf(records, user).map(({ name }) => name),
    AttachedManagedPolicies: attachedPolicies(user),
    ...boundaryOf(user),
    Tags: user.tags ?? [],
  }
}

const groupDetail = (group: GroupRecord) => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: arnOf(group),
  CreateDate: toDate(group.created),
  GroupPolicyList: inlineOf(group),
  AttachedManagedPolicies: attachedPolicies(group),
})

const roleDetail = (records: Records, role: RoleRecord) => ({
  ...describeRole(records, role),
  InstanceProfileList: [],
  RolePolicyList: inlineOf(role),
  AttachedManagedPolicies: attachedPolicies(role),
  ...boundaryOf(role),
  Tags: role.tags ?? [],
  RoleLastUsed: {},
})

const policyDetail = (records: Records, account: string, policy: PolicyRecord | AwsManaged) => ({
  ...describePolicy(records, account, policy),
  ...('description' in policy && { Description: policy.description }),
  PolicyVersionList: versionsOf(policy).map(({ id, text, created }) => ({
    Document: encodeURIComponent(text),
    VersionId: id,
    IsDefaultVersion: id === ('defaultVersion' in policy ? policy.defaultVersion : policy.version),
    CreateDate: toDate(created),
  })),
})

const versionsOf = (policy: PolicyRecord | AwsManaged) =>
  'versions' in policy
    ? [...policy.versions].reverse()
    : [{ id: policy.version, text: policy.text, created: policy.updated }]
