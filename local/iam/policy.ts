import type { PolicyDocument } from '../contracts.ts'
import { type Condition, conditionHolds, listOf, parseCondition } from './conditions.ts'
import { globMatches } from './glob.ts'
import { excepted, type Named, type Naming, namingsOf, type Principal, parsePrincipal } from './principals.ts'
import { type Context, keysIn, parseText, resolveText, type Text } from './variables.ts'

/** Where a policy comes from, for whoever is told what decided. */
export interface Source {
  /** name of an inline policy, ARN of a managed one */
  readonly name?: string
  /** as the policy simulator calls it */
  readonly simulatorId?: string
  /** what it was read from, where somebody may ask for places in it */
  readonly text?: string
}

/** A policy, read once so that it can be judged by often. */
export interface Policy {
  readonly source: Source
  readonly statements: readonly Statement[]
}

export interface Statement {
  /** its place in the policy, from 0 */
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** lower-case patterns */
  readonly actions: readonly string[]
  readonly notActions: boolean
  /** absent: the statement names none, as in trust policies */
  readonly resources?: readonly Text[]
  readonly notResources: boolean
  readonly principals?: Named
  readonly notPrincipals?: Named
  readonly condition: Condition
  /** condition keys that it asks for, as written */
  readonly keys: readonly string[]
}

export interface Question {
  readonly action: string
  readonly resource: string
  readonly context: Context
  /** set for policies that name principals: then a statement must name this one */
  readonly principal?: Principal
  /** a role's trust policy: it has no Resource */
  readonly trust?: boolean
}

/** A statement that applies, and how it named who asks. */
export interface Match {
  readonly policy: Policy
  readonly statement: Statement
  readonly namings: readonly Naming[]
}

/** What policies say to a question. `unknown`: what is not known here and made statements deny, or not allow. */
export interface Findings {
  readonly allows: readonly Match[]
  readonly denies: readonly Match[]
  readonly unknown: readonly string[]
}

/** Reads a policy. Never throws: what is no statement says nothing. */
export const parsePolicy = (document: PolicyDocument, source: Source = {}): Policy => {
  // policy variables are of the newer policy language only: IAM user guide, "Version"
  const variables = document.Version === '2012-10-17'
  const given: unknown = document.Statement
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return {
    source,
    statements: list.flatMap((one, index) => {
      const statement = parseStatement(one, index, variables)
      return statement ? [statement] : []
    }),
  }
}

const parseStatement = (given: unknown, index: number, variables: boolean): Statement | undefined => {
  if (typeof given !== 'object' || given === null) return undefined
  const raw = given as Readonly<Record<string, unknown>>
  if (raw.Effect !== 'Allow' && raw.Effect !== 'Deny') return undefined
  const notActions = raw.Action === undefined && raw.NotAction !== undefined
  const notResources = raw.Resource === undefined && raw.NotResource !== undefined
  const names = notResources ? raw.NotResource : raw.Resource
  const resources = names === undefined ? undefined : listOf(names).map((text) => parseText(text, variables))
  const condition = parseCondition(raw.Condition, variables)
  return {
    index,
    ...(typeof raw.Sid === 'string' && raw.Sid !== '' && { sid: raw.Sid }),
    effect: raw.Effect,
    actions: listOf(notActions ? raw.NotAction : raw.Action).map((text) => text.toLowerCase()),
    notActions,
    ...(resources && { resources }),
    notResources,
    ...(raw.Principal !== undefined && { principals: parsePrincipal(raw.Principal) }),
    ...(raw.NotPrincipal !== undefined && { notPrincipals: parsePrincipal(raw.NotPrincipal) }),
    condition,
    keys: [...(resources ?? []).flatMap(keysIn), ...condition.keys],
  }
}

/**
 * All statements that apply to a question. Pure. What is not known here never widens access: a statement with an unknown
 * operator applies if it denies, and does not if it allows.
 */
export const examine = (policies: readonly Policy[], question: Question): Findings => {
  const allows: Match[] = []
  const denies: Match[] = []
  const unknown: string[] = []
  // actions are not case-sensitive
  const action = question.action.toLowerCase()
  for (const policy of policies)
    for (const statement of policy.statements) {
      const namings = concerns(statement, question, action)
      if (!namings) continue
      unknown.push(...statement.condition.unknown)
      if (!conditionHolds(statement.condition, question.context)) continue
      if (statement.effect === 'Deny') denies.push({ policy, statement, namings })
      else if (statement.condition.unknown.length === 0) allows.push({ policy, statement, namings })
    }
  return { allows, denies, unknown }
}

const NOBODY: readonly Naming[] = []

/** Whether a statement is about the question at all, its condition apart: how it names who asks, or undefined. */
export const concerns = (
  statement: Statement,
  question: Question,
  action = question.action.toLowerCase(),
): readonly Naming[] | undefined => {
  if (statement.actions.some((pattern) => globMatches(pattern, action)) === statement.notActions)
    return undefined
  if (!question.trust && !coversResource(statement, question)) return undefined
  const { principal } = question
  if (!principal) return NOBODY
  if (statement.notPrincipals) {
    // an Allow for everybody but some is not supported by AWS, and would be too wide
    if (statement.effect === 'Allow' || excepted(statement.notPrincipals, principal)) return undefined
    return NOBODY
  }
  const namings = statement.principals
    ? namingsOf(statement.principals, principal, question.trust ?? false)
    : NOBODY
  return namings.length > 0 ? namings : undefined
}

/**
 * Over the whole ARN: a `*` reaches past colons (IAM user guide, "Resource": the last wildcard of a segment "can expand to match
 * beyond the colon boundaries").
 */
const coversResource = ({ resources, notResources }: Statement, { resource, context }: Question): boolean => {
  if (!resources) return false
  const fits = resources.some((text) => {
    const pattern = resolveText(text, context, true)
    return pattern !== undefined && globMatches(pattern, resource)
  })
  return fits !== notResources
}
