import type { PolicyDocument } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import { requestContext } from '../iam/context.ts'
import { principalOf } from '../iam/judge.ts'
import { examine, parsePolicy } from '../iam/policy.ts'

interface Setting {
  readonly caller: Caller
  readonly keyArn: string
  readonly now: number
  readonly bypass?: boolean | undefined
}

const malformed = (message: string) => new AwsError('MalformedPolicyDocumentException', message)

/**
 * Reads the policy that somebody gives a key. Unless told to bypass the check, it must let them change it again: KMS developer
 * guide, "Default key policy" and PutKeyPolicy, `BypassPolicyLockoutSafetyCheck`.
 * @throws {AwsError} MalformedPolicyDocumentException
 */
export const readKeyPolicy = (
  text: string,
  { caller, keyArn, now, bypass = false }: Setting,
): PolicyDocument => {
  const policy = parse(text)
  if (bypass) return policy
  const permission = {
    action: 'kms:PutKeyPolicy',
    resource: keyArn,
    context: { 'kms:CallerAccount': caller.account },
  }
  const { allows, denies } = examine([parsePolicy(policy)], {
    ...permission,
    context: requestContext(caller, permission, now),
    principal: principalOf(caller),
  })
  if (allows.length === 0 || denies.length > 0)
    throw malformed('The new key policy will not allow you to update the key policy in the future.')
  return policy
}

const parse = (text: string): PolicyDocument => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('The new key policy is not JSON.')
  }
  if (typeof value !== 'object' || value === null || !('Statement' in value))
    throw malformed('The new key policy has no Statement.')
  return value as PolicyDocument
}
