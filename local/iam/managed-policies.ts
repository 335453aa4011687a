import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { parsePolicy } from './documents.ts'
import { newId } from './ids.ts'
import { checkName, checkPath, noSuch, type PolicyRecord, type Records } from './records.ts'

interface Input {
  readonly PolicyName: string
  readonly PolicyArn: string
  readonly PolicyDocument: string
  readonly Path?: string
}

/** Customer managed policies, with one version each. */
export const managedPolicyOperations = (
  parts: Parts,
  records: Records,
): Readonly<Record<string, Operation>> => ({
  CreatePolicy: (input: Input, { account }) => {
    checkName(input.PolicyName, 128, 'policyName')
    const path = checkPath(input.Path ?? '/')
    const policy: PolicyRecord = {
      arn: `arn:aws:iam::${account}:policy${path}${input.PolicyName}`,
      id: newId('ANPA', 21),
      account,
      name: input.PolicyName,
      path,
      document: parsePolicy(input.PolicyDocument, 'identity'),
      created: parts.now(),
    }
    if (records.policies.get(policy.arn))
      throw new AwsError(
        'EntityAlreadyExistsException',
        `A policy called ${policy.name} already exists. Duplicate names are not allowed.`,
        409,
      )
    records.policies.put(policy.arn, policy)
    return { Policy: describe(records, policy) }
  },
  GetPolicy: (input: Input, { account }) => ({
    Policy: describe(records, find(records, account, input.PolicyArn)),
  }),
  DeletePolicy: (input: Input, { account }) => {
    const policy = find(records, account, input.PolicyArn)
    if (attachments(records, policy) > 0)
      throw new AwsError('DeleteConflictException', 'Cannot delete a policy attached to entities.', 409)
    records.policies.delete(policy.arn)
    return {}
  },
})

const find = (records: Records, account: string, arn: string): PolicyRecord => {
  const policy = records.policies.get(arn)
  if (policy?.account !== account) throw noSuch(`Policy ${arn} was not found.`)
  return policy
}

const attachments = (records: Records, policy: PolicyRecord): number =>
  [...records.users.entries(`${policy.account}/`), ...records.roles.entries(`${policy.account}/`)].filter(
    ([, identity]) => identity.attached.includes(policy.arn),
  ).length

const describe = (records: Records, policy: PolicyRecord) => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: 'v1',
  AttachmentCount: attachments(records, policy),
  IsAttachable: true,
  CreateDate: new Date(policy.created),
  UpdateDate: new Date(policy.created),
})
