import { malformed } from '../errors.ts'
import { isLegacyDate } from './dates.ts'
import { isLegacyResource, resourceComplaint } from './resources.ts'
import { isObject, type Raw, statementsOf, textsOf } from './syntax.ts'

/**
 * Refuses an identity policy that IAM would refuse, in IAM's order and words (recorded answers of CreatePolicy).
 * @param kind a managed policy must be of the newer version; an inline one may leave the version out
 * @throws {AwsError} MalformedPolicyDocumentException
 */
export const checkIdentityPolicy = (text: string, kind: 'managed' | 'inline'): void => {
  const policy = parse(text)
  const statements = statementsOf(policy)
  if (!statements) throw malformed('Syntax errors in policy.')
  if (kind === 'managed' && (policy as Raw).Version !== '2012-10-17')
    throw malformed('Policy document must be version 2012-10-17 or greater.')
  const complaint = checkLegacy(statements)
  checkSids(statements)
  if (statements.some((one) => one.Principal !== undefined || one.NotPrincipal !== undefined))
    throw malformed('Policy document should not specify a principal.')
  if (!statements.every((one) => isNamed(one, 'Action')))
    throw malformed('Policy statement must contain actions.')
  if (complaint !== undefined) throw malformed(complaint)
  if (!statements.every((one) => isNamed(one, 'Resource')))
    throw malformed('Policy statement must contain resources.')
  for (const statement of statements)
    for (const action of [...textsOf(statement.Action), ...textsOf(statement.NotAction)]) checkAction(action)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What AWS's older parser does not get through is refused at once; the first ill-formed resource is returned, for later. */
const checkLegacy = (statements: readonly Raw[]): string | undefined => {
  const failed = () => malformed('The policy failed legacy parsing')
  for (const { Effect, Condition } of statements) {
    if (Effect !== 'Allow' && Effect !== 'Deny') throw failed()
    for (const [operator, keys] of Object.entries(isObject(Condition) ? Condition : {}))
      if (/^(ForAnyValue:|ForAllValues:)?Date/.test(operator))
        for (const value of Object.values(isObject(keys) ? keys : {}).flat())
          if (!isLegacyDate(value)) throw failed()
  }
  let complaint: string | undefined
  for (const name of ['Resource', 'NotResource'])
    for (const statement of statements) {
      // AWS looks at the last in order of the alphabet first
      const resources = [...textsOf(statement[name])].filter(
        (one) => one !== '' || !Array.isArray(statement[name]),
      )
      for (const resource of resources.sort().reverse()) complaint = resourceComplaint(resource) ?? complaint
      if (complaint === undefined && !resources.every(isLegacyResource)) throw failed()
    }
  return complaint
}

const checkSids = (statements: readonly Raw[]): void => {
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => typeof sid === 'string' && sid !== '')
  if (new Set(sids).size < sids.length)
    throw malformed('Statement IDs (SID) in a single policy must be unique.')
  if (sids.some((sid) => !/^[0-9A-Za-z]*$/.test(String(sid))))
    throw malformed(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    )
}

const isNamed = (statement: Raw, name: 'Action' | 'Resource'): boolean => {
  const value = statement[name] ?? statement[`Not${name}`]
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

const checkAction = (action: string): void => {
  const [vendor = '', ...rest] = action.split(':')
  if (rest.length === 0 && vendor !== '*')
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  if (rest.length > 1) throw malformed('Actions/Condition can contain only one colon.')
  if (vendor !== '*' && /[^a-zA-Z0-9\-.]/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`)
}
