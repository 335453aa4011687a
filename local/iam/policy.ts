import type { PolicyDocument } from '../contracts.ts'
import { type Context, judgeConditions } from './conditions.ts'
import { globMatches } from './glob.ts'

/** Who asks, as a `Principal` element may name them. */
export interface Principal {
  /** user, role and session ARNs that all stand for the caller */
  readonly arns: readonly string[]
  /** set when naming the whole account (its number or its root) is enough */
  readonly account?: string
  /** `events.amazonaws.com` */
  readonly service?: string
}

export interface Question {
  readonly action: string
  /** absent for trust policies, which have no Resource */
  readonly resource?: string
  readonly context: Context
  /** set for resource and trust policies: then a statement must name the principal */
  readonly principal?: Principal
}

export interface Verdict {
  readonly decision: 'allow' | 'explicitDeny' | 'implicitDeny'
  /** operators and elements that are not known here; each made its statement deny, or not allow */
  readonly unknown: readonly string[]
}

interface Statement {
  readonly Effect?: unknown
  readonly Action?: unknown
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/**
 * IAM user guide, "Policy evaluation logic": an explicit deny in any statement wins, else any allow, else an implicit deny.
 * Pure. What is not known here never widens access: an unknown operator makes an Allow not apply and a Deny apply.
 */
export const evaluate = (documents: readonly PolicyDocument[], question: Question): Verdict => {
  const unknown: string[] = []
  let allowed = false
  let denied = false
  for (const document of documents) {
    // policy variables are of the newer policy language only: "Version element"
    const variables = document.Version === '2012-10-17'
    for (const statement of statementsOf(document)) {
      const result = applies(statement, question, variables)
      unknown.push(...result.unknown)
      if (!result.applies) continue
      // what is not known counts as true here: a Deny applies, an Allow must not
      if (statement.Effect === 'Deny') denied = true
      if (statement.Effect === 'Allow' && result.unknown.length === 0) allowed = true
    }
  }
  return { decision: denied ? 'explicitDeny' : allowed ? 'allow' : 'implicitDeny', unknown }
}

export const statementsOf = (document: PolicyDocument): readonly Statement[] =>
  Array.isArray(document.Statement)
    ? (document.Statement as readonly Statement[])
    : [document.Statement as Statement]

const applies = (
  statement: Statement,
  question: Question,
  variables: boolean,
): { applies: boolean; unknown: readonly string[] } => {
  const no = { applies: false, unknown: [] }
  const resolve = (text: string) => (variables ? resolveVariables(text, question.context) : text)
  const action = question.action.toLowerCase()
  const actionFits = (pattern: string) => globMatches(pattern.toLowerCase(), action)
  if (!matches(statement.Action, statement.NotAction, actionFits)) return no
  const { resource } = question
  if (resource !== undefined) {
    const resourceFits = (pattern: string) => {
      const resolved = resolve(pattern)
      return resolved !== undefined && globMatches(resolved, resource)
    }
    if (!matches(statement.Resource, statement.NotResource, resourceFits)) return no
  }
  const unknown: string[] = []
  if (question.principal) {
    if (statement.NotPrincipal !== undefined) unknown.push('NotPrincipal')
    else if (!namesPrincipal(statement.Principal, question.principal, resource === undefined)) return no
  }
  const conditions = judgeConditions(statement.Condition ?? {}, question.context, resolve)
  return { applies: conditions.holds, unknown: [...unknown, ...conditions.unknown] }
}

const matches = (element: unknown, notElement: unknown, fits: (pattern: string) => boolean): boolean =>
  element !== undefined ? list(element).some(fits) : notElement !== undefined && !list(notElement).some(fits)

const namesPrincipal = (element: unknown, principal: Principal, trust: boolean): boolean => {
  const everybody = element === '*'
  const named: { AWS?: unknown; Service?: unknown } =
    typeof element === 'object' && element !== null ? element : {}
  if (principal.service !== undefined) {
    if (list(named.Service).includes(principal.service)) return true
    // a resource's "everybody" takes in services (older SNS-to-SQS policies rely on it); a role's trust must name them
    return !trust && (everybody || list(named.AWS).includes('*'))
  }
  if (everybody) return true
  return list(named.AWS).some(
    (name) =>
      name === '*' ||
      principal.arns.includes(name) ||
      (principal.account !== undefined &&
        (name === principal.account || name === `arn:aws:iam::${principal.account}:root`)),
  )
}

/** Inserted as they are, so that they still match as wildcards: no name here can hold these characters. */
const LITERALS: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' }

/** `${aws:username}`, `${aws:username, 'default'}`, `${*}`: IAM user guide, "Policy variables". */
const resolveVariables = (text: string, context: Context): string | undefined => {
  let missing = false
  const resolved = text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const literal = LITERALS[inner]
    if (literal !== undefined) return literal
    const [name = '', ...rest] = inner.split(',')
    const fallback = /^\s*'(.*)'\s*$/.exec(rest.join(','))?.[1]
    const values = context.get(name.trim().toLowerCase()) ?? []
    const value = values.length === 1 ? values[0] : fallback
    if (value === undefined) missing = true
    return value ?? ''
  })
  return missing ? undefined : resolved
}

const list = (value: unknown): readonly string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String)
