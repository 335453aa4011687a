import { AwsError } from '../../gateway/service.ts'
import { checkIdentityPolicy } from '../documents/identity.ts'
import { invalid, malformed } from '../errors.ts'
import { defaultText } from '../holdings.ts'
import { AWS_MANAGED } from '../managed/all.ts'
import type { Records } from '../records.ts'

/** STS API reference, AssumeRole: inline and managed session policies together, in characters. */
export const SESSION_POLICY_CHARACTERS = 2_048
const POLICY_ARNS_MAX = 10

export interface SessionPolicyInput {
  readonly Policy?: string
  readonly PolicyArns?: readonly { readonly arn?: string }[]
}

/**
 * The texts of the policies that narrow a session; undefined when a call brings none.
 * @throws {AwsError} MalformedPolicyDocumentException, PackedPolicyTooLargeException, ValidationException
 */
export const sessionPoliciesOf = (
  records: Records,
  account: string,
  { Policy, PolicyArns = [] }: SessionPolicyInput,
): readonly string[] | undefined => {
  if (Policy === undefined && PolicyArns.length === 0) return undefined
  if (PolicyArns.length > POLICY_ARNS_MAX)
    throw invalid(
      `1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to ${POLICY_ARNS_MAX}`,
    )
  if (Policy !== undefined) checkInline(Policy)
  const size = (Policy ?? '').length + PolicyArns.reduce((sum, { arn = '' }) => sum + arn.length, 0)
  if (size > SESSION_POLICY_CHARACTERS)
    throw new AwsError(
      'PackedPolicyTooLargeException',
      `Packed size of session tags and policies consumes ${packedSize(size)}% of allotted space.`,
    )
  const managed = PolicyArns.map(({ arn = '' }) => managedText(records, account, arn))
  return Policy === undefined ? managed : [Policy, ...managed]
}

const checkInline = (text: string): void => {
  try {
    JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
  checkIdentityPolicy(text, 'inline')
}

/** Of the account of the role or user: STS API reference, PolicyDescriptorType. */
const managedText = (records: Records, account: string, arn: string): string => {
  const own = records.policies.get(arn)
  const text = own?.account === account ? defaultText(own) : AWS_MANAGED.get(arn)?.text
  if (text === undefined) throw invalid(`Policy ${arn} does not exist or is not attachable.`)
  return text
}

/** In percent. How AWS packs is its own affair: taken as the share of characters. */
export const packedSize = (characters: number): number =>
  Math.ceil((100 * characters) / SESSION_POLICY_CHARACTERS)
