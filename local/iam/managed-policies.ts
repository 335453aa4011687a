import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { attachmentsOf } from './attachments.ts'
import { toDate } from './dates.ts'
import { checkIdentityPolicy } from './documents/identity.ts'
import { alreadyExists, conflict } from './errors.ts'
import { findOwnPolicy, findPolicy, ownPolicies } from './find-policy.ts'
import { newId } from './ids.ts'
import { AWS_MANAGED, type AwsManaged } from './managed/all.ts'
import { checkName, checkPath, checkPathPrefix, type PageInput, page } from './names.ts'
import { charactersOf, checkQuota } from './quotas.ts'
import type { PolicyRecord, Records, Tag } from './records.ts'
import { checkTags } from './tags.ts'

interface Input extends PageInput {
  readonly PolicyName: string
  readonly PolicyArn: string
  readonly PolicyDocument: string
  readonly Path?: string
  readonly Description?: string
  readonly Tags?: readonly Tag[]
  readonly Scope?: 'All' | 'AWS' | 'Local'
  readonly OnlyAttached?: boolean
  readonly PathPrefix?: string
  readonly PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary'
}

/** @throws {AwsError} MalformedPolicyDocumentException, LimitExceededException */
export const checkManagedPolicy = (text: string): string => {
  checkIdentityPolicy(text, 'managed')
  checkQuota('PolicySize', charactersOf(text))
  return text
}

/** Managed policies, customers' and AWS's. */
export const managedPolicyOperations = (
  parts: Parts,
  records: Records,
): Readonly<Record<string, Operation>> => ({
  CreatePolicy: (input: Input, { account }) => {
    checkName(input.PolicyName, 128, 'policyName')
    const path = checkPath(input.Path)
    const now = parts.now()
    const policy: PolicyRecord = {
      arn: `arn:aws:iam::${account}:policy${path}${input.PolicyName}`,
      id: newId('ANPA', 21),
      account,
      name: input.PolicyName,
      path,
      created: now,
      updated: now,
      ...(input.Tags && { tags: checkTags(input.Tags, 'kept') }),
      ...(input.Description !== undefined && { description: input.Description }),
      versions: [{ id: 'v1', text: checkManagedPolicy(input.PolicyDocument), created: now }],
      defaultVersion: 'v1',
      next: 2,
    }
    const own = ownPolicies(records, account)
    if (own.some(({ name }) => name.toLowerCase() === policy.name.toLowerCase()))
      throw alreadyExists(`A policy called ${policy.name} already exists. Duplicate names are not allowed.`)
    checkQuota('PoliciesPerAccount', own.length + 1)
    records.policies.put(policy.arn, policy)
    return { Policy: { ...describePolicy(records, account, policy), ...tagsIfAny(policy) } }
  },
  GetPolicy: (input: Input, { account }) => {
    const policy = findPolicy(records, account, input.PolicyArn)
    return {
      Policy: {
        ...describePolicy(records, account, policy),
        ...('description' in policy && { Description: policy.description }),
        Tags: ('tags' in policy && policy.tags) || [],
      },
    }
  },
  ListPolicies: (input: Input, { account }) => {
    const prefix = checkPathPrefix(input.PathPrefix)
    const { Scope = 'All', OnlyAttached = false } = input
    const all = [
      ...(Scope === 'AWS' ? [] : ownPolicies(records, account)),
      ...(Scope === 'Local' ? [] : AWS_MANAGED.values()),
    ]
    const wanted = all.filter(({ arn, path }) => {
      const { permissions, boundaries } = attachmentsOf(records, account, arn)
      const used = permissions.length + boundaries.length
      return (
        path.startsWith(prefix) &&
        (!OnlyAttached || used > 0) &&
        (input.PolicyUsageFilter !== 'PermissionsPolicy' || permissions.length > 0) &&
        (input.PolicyUsageFilter !== 'PermissionsBoundary' || boundaries.length > 0)
      )
    })
    const { items, ...rest } = page(wanted, input)
    return { Policies: items.map((policy) => describePolicy(records, account, policy)), ...rest }
  },
  DeletePolicy: (input: Input, { account }) => {
    const policy = findOwnPolicy(records, account, input.PolicyArn)
    const { permissions, boundaries } = attachmentsOf(records, account, policy.arn)
    if (permissions.length + boundaries.length > 0)
      throw conflict('Cannot delete a policy attached to entities.')
    if (policy.versions.length > 1)
      throw conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    records.policies.delete(policy.arn)
    return {}
  },
})

const tagsIfAny = ({ tags = [] }: PolicyRecord) => (tags.length > 0 ? { Tags: tags } : {})

export const describePolicy = (records: Records, account: string, policy: PolicyRecord | AwsManaged) => {
  const { permissions, boundaries } = attachmentsOf(records, account, policy.arn)
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'defaultVersion' in policy ? policy.defaultVersion : policy.version,
    AttachmentCount: permissions.length,
    PermissionsBoundaryUsageCount: boundaries.length,
    IsAttachable: true,
    CreateDate: toDate(policy.created),
    UpdateDate: toDate(policy.updated),
  }
}
