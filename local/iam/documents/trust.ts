import { malformed } from '../errors.ts'
import { isObject, type Raw, statementsOf, textsOf } from './syntax.ts'

/** STS actions that may stand in a trust policy besides AssumeRole and its variants. */
const OTHERS = new Set(['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext'])

/**
 * Refuses a trust policy that IAM would refuse. Its parser is another than that of identity policies, and so are its words
 * (recorded answers of CreateRole and UpdateAssumeRolePolicy; for what is not recorded the nearest of them).
 * @throws {AwsError} MalformedPolicyDocumentException
 */
export const checkTrustPolicy = (text: string): void => {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
  if (!isObject(policy)) throw malformed('This policy contains invalid Json')
  if (policy.Statement === undefined || (Array.isArray(policy.Statement) && policy.Statement.length === 0))
    throw malformed('Missing required field Statement')
  for (const statement of [policy.Statement].flat()) checkFields(isObject(statement) ? statement : {})
  const statements = statementsOf(policy)
  if (!statements || statements.some(({ Effect }) => Effect !== 'Allow' && Effect !== 'Deny'))
    throw malformed('Syntax errors in policy.')
  for (const { Action } of statements)
    if (!textsOf(Action).every(isAssuming))
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.')
  if (statements.some((one) => one.Resource !== undefined || one.NotResource !== undefined))
    throw malformed('Has prohibited field Resource')
}

const checkFields = (statement: Raw): void => {
  if (statement.Effect === undefined) throw malformed('Missing required field Effect')
  if (statement.Action === undefined && statement.NotAction === undefined)
    throw malformed('Missing required field Action')
  if (statement.Principal === undefined && statement.NotPrincipal === undefined)
    throw malformed('Missing required field Principal')
  const { Principal } = statement
  if (typeof Principal === 'string' && Principal !== '*')
    throw malformed(`Invalid principal in policy: "STAR":"${Principal}"`)
}

const isAssuming = (action: string): boolean => {
  const lower = action.toLowerCase()
  return lower.startsWith('sts:assumerole') || OTHERS.has(lower)
}
