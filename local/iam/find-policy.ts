import { invalid, noSuch } from './errors.ts'
import { AWS_MANAGED, type AwsManaged } from './managed/all.ts'
import type { PolicyRecord, Records } from './records.ts'

/**
 * A policy of the account, or AWS's.
 * @throws {AwsError} ValidationException, NoSuchEntityException
 */
export const findPolicy = (records: Records, account: string, arn: string): PolicyRecord | AwsManaged =>
  AWS_MANAGED.get(arn) ?? findOwnPolicy(records, account, arn)

/** @throws {AwsError} ValidationException, NoSuchEntityException */
export const findOwnPolicy = (records: Records, account: string, arn: string): PolicyRecord => {
  if (!arn.startsWith('arn:')) throw invalid(`ARN ${arn} is not valid.`)
  const policy = records.policies.get(arn)
  if (policy?.account !== account) throw noSuch(`Policy ${arn} was not found.`)
  return policy
}

/** Customer managed policies of an account. */
export const ownPolicies = (records: Records, account: string): readonly PolicyRecord[] =>
  records.policies.entries(`arn:aws:iam::${account}:`).map(([, policy]) => policy)

/** @throws {AwsError} ValidationException */
export const requirePolicyArn = (arn: string): void => {
  if (!/^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/.+$/.test(arn)) throw invalid(`ARN ${arn} is not valid.`)
}

/** @throws {AwsError} ValidationException; NoSuchEntityException in the words of whoever attaches policies or asks where one is */
export const requireAttachable = (records: Records, account: string, arn: string): void => {
  requirePolicyArn(arn)
  if (AWS_MANAGED.has(arn) || records.policies.get(arn)?.account === account) return
  throw noSuch(`Policy ${arn} does not exist or is not attachable.`)
}
