import type { Caller } from '../../gateway/service.ts'
import { accountOf, callerKey, givenContext } from '../context.ts'
import { decide, type Layers, type Request, type Verdict } from '../decide.ts'
import { concerns, examine, type Match } from '../policy.ts'
import type { Context } from '../variables.ts'
import { type Span, statementSpans } from './positions.ts'

/** One simulation: whose policies, as whom, with what keys. */
export interface Simulation {
  readonly layers: Layers
  /** as whom; absent: nobody in particular */
  readonly caller?: Caller
  readonly keys: Readonly<Record<string, readonly string[]>>
  /** account of resources whose ARN names none */
  readonly owner: string | undefined
}

/** What one action on one resource comes to. */
export interface Outcome {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  readonly MatchedStatements: readonly MatchedStatement[]
  readonly MissingContextValues: readonly string[]
  readonly boundary: { PermissionsBoundaryDecisionDetail?: { AllowedByPermissionsBoundary: boolean } }
  /** by kind of policy, for requests across accounts */
  readonly details: Readonly<Record<string, Outcome['decision']>>
}

type MatchedStatement = Span & { readonly SourcePolicyId?: string; readonly SourcePolicyType: string }

const TYPES = {
  identity: 'IAM Policy',
  resource: 'Resource Policy',
  boundary: 'Permissions Boundary Policy',
  session: 'Session Policy',
} as const

/** Judges as the cloud itself does, by given policies and keys alone. Pure. */
export const evaluate = (simulation: Simulation, action: string, resource: string): Outcome => {
  const { layers, caller } = simulation
  const context = contextOf(simulation)
  const question = { action, resource, context }
  const owner = accountOf(resource) ?? simulation.owner
  const foreign = layers.resource !== undefined && caller !== undefined && owner !== caller.account
  const request: Request = {
    kind: 'user',
    principal: caller ? { user: caller.arn, account: caller.account } : {},
    question,
    foreign: foreign && owner !== undefined,
    resourceMustAllow: false,
  }
  const verdict = decide(request, layers)
  return {
    decision: nameOf(verdict.decision),
    MatchedStatements: verdict.matches.map((match) => describe(match, verdict.layer)),
    MissingContextValues: missingKeys(layers, request),
    boundary: boundaryDetail(layers, request),
    details: request.foreign ? sides(layers, request) : {},
  }
}

const nameOf = (decision: Verdict['decision']): Outcome['decision'] =>
  decision === 'allow' ? 'allowed' : decision

const contextOf = ({ caller, keys }: Simulation): Context => {
  const given = givenContext(keys)
  return {
    get: (key) => {
      const own = given.get(key)
      if (own || !caller) return own
      const value = callerKey(caller, key)
      return value === undefined ? undefined : [value]
    },
  }
}

const describe = ({ policy, statement }: Match, layer: Verdict['layer']): MatchedStatement => {
  const spans = policy.source.text === undefined ? [] : statementSpans(policy.source.text)
  const nowhere = { StartPosition: { Line: 1, Column: 1 }, EndPosition: { Line: 1, Column: 1 } }
  return {
    ...(policy.source.simulatorId !== undefined && { SourcePolicyId: policy.source.simulatorId }),
    SourcePolicyType: TYPES[layer],
    ...(spans[statement.index] ?? nowhere),
  }
}

/** Keys that statements about this action and resource ask for and nobody gave. */
const missingKeys = (layers: Layers, { question, principal }: Request): readonly string[] => {
  const names = new Map<string, string>()
  for (const layer of ['identity', 'boundary', 'resource'] as const)
    for (const { statements } of layers[layer] ?? [])
      for (const statement of statements) {
        // a resource that is made of a missing key fits nothing: such a statement is about any resource
        const about = concerns(
          { ...statement, resources: ['*'], notResources: false },
          layer === 'resource' ? { ...question, principal } : question,
        )
        if (!about) continue
        for (const name of statement.keys)
          if (question.context.get(name.toLowerCase()) === undefined) names.set(name.toLowerCase(), name)
      }
  return [...names.values()]
}

const boundaryDetail = (layers: Layers, { question }: Request): Outcome['boundary'] => {
  if (!layers.boundary) return {}
  const { allows, denies } = examine(layers.boundary, question)
  return {
    PermissionsBoundaryDecisionDetail: {
      AllowedByPermissionsBoundary: allows.length > 0 && denies.length === 0,
    },
  }
}

const sides = (layers: Layers, { question, principal }: Request): Outcome['details'] => {
  const said = ({ allows, denies }: ReturnType<typeof examine>): Outcome['decision'] =>
    denies.length > 0 ? 'explicitDeny' : allows.length > 0 ? 'allowed' : 'implicitDeny'
  return {
    [TYPES.identity]: said(examine(layers.identity ?? [], question)),
    [TYPES.resource]: said(examine(layers.resource ?? [], { ...question, principal })),
  }
}
