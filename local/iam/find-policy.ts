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
