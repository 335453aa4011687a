import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { toDate } from './dates.ts'
import { conflict, invalid, limitExceeded, noSuch } from './errors.ts'
import { findOwnPolicy } from './find-policy.ts'
import { AWS_MANAGED } from './managed/all.ts'
import { checkManagedPolicy } from './managed-policies.ts'
import { type PageInput, page } from './names.ts'
import { QUOTAS } from './quotas.ts'
import type { PolicyRecord, PolicyVersionRecord, Records } from './records.ts'

interface Input extends PageInput {
  readonly PolicyArn: string
  readonly PolicyDocument: string
  readonly SetAsDefault?: boolean
  readonly VersionId: string
}

/** Versions of managed policies: five at most. */
export const policyVersionOperations = (
  parts: Parts,
  records: Records,
): Readonly<Record<string, Operation>> => ({
  CreatePolicyVersion: (input: Input, { account }) => {
    const policy = findOwnPolicy(records, account, input.PolicyArn)
    const now = parts.now()
    const version = { id: `v${policy.next}`, text: checkManagedPolicy(input.PolicyDocument), created: now }
    if (policy.versions.length >= QUOTAS.VersionsPerPolicy)
      throw limitExceeded(
        'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
      )
    const changed: PolicyRecord = {
      ...policy,
      versions: [...policy.versions, version],
      next: policy.next + 1,
      updated: now,
      ...(input.SetAsDefault === true && { defaultVersion: version.id }),
    }
    records.policies.put(policy.arn, changed)
    return { PolicyVersion: describe(changed, version) }
  },
  GetPolicyVersion: (input: Input, { account }) => {
    checkVersionId(input.VersionId)
    const aws = AWS_MANAGED.get(input.PolicyArn)
    if (aws?.version === input.VersionId)
      return {
        PolicyVersion: {
          Document: encodeURIComponent(aws.text),
          VersionId: aws.version,
          IsDefaultVersion: true,
          CreateDate: toDate(aws.updated),
        },
      }
    const [policy, version] = findVersion(records, account, input)
    return { PolicyVersion: { Document: encodeURIComponent(version.text), ...describe(policy, version) } }
  },
  ListPolicyVersions: (input: Input, { account }) => {
    const aws = AWS_MANAGED.get(input.PolicyArn)
    if (aws) {
      const CreateDate = toDate(aws.updated)
      const only = { VersionId: aws.version, IsDefaultVersion: true, CreateDate }
      const { items, ...rest } = page([only], input)
      return { Versions: items, ...rest }
    }
    const policy = findOwnPolicy(records, account, input.PolicyArn)
    const { items, ...rest } = page([...policy.versions].reverse(), input)
    return { Versions: items.map((version) => describe(policy, version)), ...rest }
  },
  SetDefaultPolicyVersion: (input: Input, { account }) => {
    checkVersionId(input.VersionId)
    const [policy, version] = findVersion(records, account, input)
    records.policies.put(policy.arn, { ...policy, defaultVersion: version.id, updated: parts.now() })
    return {}
  },
  DeletePolicyVersion: (input: Input, { account }) => {
    checkVersionId(input.VersionId)
    const [policy, version] = findVersion(records, account, input)
    if (version.id === policy.defaultVersion) throw conflict('Cannot delete the default version of a policy.')
    const versions = policy.versions.filter((one) => one !== version)
    records.policies.put(policy.arn, { ...policy, versions, updated: parts.now() })
    return {}
  },
})

const VERSION_ID = 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?'

const checkVersionId = (id: string): void => {
  if (!new RegExp(`^${VERSION_ID}$`).test(id))
    throw invalid(
      `1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: ${VERSION_ID}`,
    )
}

const findVersion = (
  records: Records,
  account: string,
  { PolicyArn, VersionId }: Input,
): [PolicyRecord, PolicyVersionRecord] => {
  const policy = records.policies.get(PolicyArn)
  const version = policy?.versions.find(({ id }) => id === VersionId)
  if (policy?.account !== account || !version)
    throw noSuch(`Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`)
  return [policy, version]
}

const describe = (policy: PolicyRecord, version: PolicyVersionRecord) => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === policy.defaultVersion,
  CreateDate: toDate(version.created),
})
