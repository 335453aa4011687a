import type { PolicyDocument } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import { statementsOf } from './policy.ts'

/** Characters, IAM user guide, "IAM and AWS STS quotas": inline role policies 10,240, managed 6,144, trust policies 2,048 (up to 8,192). */
export const POLICY_CHARACTERS_MAX = 10_240

const ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
])

/**
 * A policy's text becomes a document that can be judged.
 * @param kind identity policies name resources and no principal; trust policies the other way round
 * @throws {AwsError} MalformedPolicyDocumentException, LimitExceededException
 */
export const parsePolicy = (text: string | undefined, kind: 'identity' | 'trust'): PolicyDocument => {
  if ((text ?? '').replace(/\s/g, '').length > POLICY_CHARACTERS_MAX)
    throw new AwsError(
      'LimitExceededException',
      `Maximum policy size of ${POLICY_CHARACTERS_MAX} bytes exceeded`,
      409,
    )
  let document: unknown
  try {
    document = JSON.parse(text ?? '')
  } catch {
    throw malformed('Syntax errors in policy.')
  }
  if (!isObject(document)) throw malformed('Syntax errors in policy.')
  if (document.Version !== undefined && !['2012-10-17', '2008-10-17'].includes(String(document.Version)))
    throw malformed('Syntax error at position: Version')
  const policy = document as unknown as PolicyDocument
  const statements = statementsOf(policy)
  if (statements.length === 0) throw malformed('Missing required field Statement')
  for (const statement of statements) checkStatement(statement, kind)
  return policy
}

const checkStatement = (statement: unknown, kind: 'identity' | 'trust'): void => {
  if (!isObject(statement)) throw malformed('Missing required field Statement')
  for (const name of Object.keys(statement))
    if (!ELEMENTS.has(name)) throw malformed('Syntax errors in policy.')
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
    throw malformed('Missing required field Effect')
  const one = (a: string, b: string) => (statement[a] !== undefined) !== (statement[b] !== undefined)
  if (!one('Action', 'NotAction')) throw malformed('Policy statement must contain actions.')
  const hasResource = statement.Resource !== undefined || statement.NotResource !== undefined
  const hasPrincipal = statement.Principal !== undefined || statement.NotPrincipal !== undefined
  if (kind === 'identity') {
    if (!one('Resource', 'NotResource')) throw malformed('Policy statement must contain resources.')
    if (hasPrincipal) throw malformed('Policy document should not specify a principal.')
  } else {
    if (!hasPrincipal) throw malformed('Missing required field Principal')
    if (hasResource) throw malformed('Has prohibited field Resource')
  }
  const condition = statement.Condition
  if (condition !== undefined && !(isObject(condition) && Object.values(condition).every(isObject)))
    throw malformed('Syntax errors in policy.')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (message: string) => new AwsError('MalformedPolicyDocumentException', message)
