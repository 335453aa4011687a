import type { Caller } from '../gateway/service.ts'
import { examine, type Findings, type Match, type Policy, type Question } from './policy.ts'
import type { Naming, Principal } from './principals.ts'

/** The policies that have a say in a request. */
export interface Layers {
  /** undefined: the root of an account, which no identity policy binds */
  readonly identity: readonly Policy[] | undefined
  readonly boundary?: readonly Policy[]
  readonly session?: readonly Policy[]
  /** the resource's own policy; a role's trust policy */
  readonly resource?: readonly Policy[]
}

export type Layer = 'identity' | 'resource' | 'boundary' | 'session'

export interface Request {
  readonly kind: Exclude<Caller['kind'], 'service'>
  readonly principal: Principal
  readonly question: Omit<Question, 'principal' | 'trust'>
  /** the resource belongs to another account */
  readonly foreign: boolean
  /** only what the resource's policy says, or leaves to its account, counts: keys, and roles to be assumed */
  readonly resourceMustAllow: boolean
  readonly trust?: boolean
}

export interface Verdict {
  readonly decision: 'allow' | 'explicitDeny' | 'implicitDeny'
  /** the kind of policy that decided; of an implicit denial, the kind that would have had to allow */
  readonly layer: Layer
  /** the statements of this kind that decided */
  readonly matches: readonly Match[]
  readonly unknown: readonly string[]
}

const NOTHING: Findings = { allows: [], denies: [], unknown: [] }

/**
 * Whether a request is allowed, and by what. IAM user guide, "Policy evaluation logic": an explicit deny anywhere wins; in the
 * owner's account identity or resource policy must allow, across accounts both; boundary and session policies narrow what the
 * identity policies give. Pure.
 */
export const decide = (request: Request, layers: Layers): Verdict => {
  const { question, principal } = request
  const resourceQuestion = { ...question, principal, ...(request.trust && { trust: true }) }
  const found: Record<Layer, Findings> = {
    identity: layers.identity ? examine(layers.identity, question) : NOTHING,
    boundary: layers.boundary ? examine(layers.boundary, question) : NOTHING,
    session: layers.session ? examine(layers.session, question) : NOTHING,
    resource: layers.resource ? examine(layers.resource, resourceQuestion) : NOTHING,
  }
  const order = ['identity', 'boundary', 'session', 'resource'] as const
  const unknown = order.flatMap((layer) => found[layer].unknown)
  for (const layer of order)
    if (found[layer].denies.length > 0)
      return { decision: 'explicitDeny', layer, matches: found[layer].denies, unknown }
  const missing = (layer: Layer): Verdict => ({ decision: 'implicitDeny', layer, matches: [], unknown })
  const identity = layers.identity === undefined || found.identity.allows.length > 0
  const boundary = layers.boundary === undefined || found.boundary.allows.length > 0
  const session = layers.session === undefined || found.session.allows.length > 0
  const named = new Set(found.resource.allows.flatMap((match) => match.namings))
  const byResource: Verdict = {
    decision: 'allow',
    layer: 'resource',
    matches: found.resource.allows,
    unknown,
  }
  if (!request.foreign && reachesDirectly(request.kind, named)) return byResource
  const grants = !request.foreign && reachesWithinLimits(request.kind, named)
  if (!identity && !grants) return missing('identity')
  if ((request.foreign || request.resourceMustAllow) && named.size === 0) return missing('resource')
  if (!boundary) return missing('boundary')
  if (!session) return missing('session')
  return identity && layers.identity
    ? { decision: 'allow', layer: 'identity', matches: found.identity.allows, unknown }
    : grants
      ? byResource
      : { decision: 'allow', layer: 'identity', matches: [], unknown }
}

/**
 * IAM user guide, "Determining whether a request is allowed or denied within an account", the table of resource-based policies: a
 * user named by ARN, and a session named by its own ARN, are not held back by an implicit deny of any other policy.
 */
const reachesDirectly = (kind: Request['kind'], named: ReadonlySet<Naming>): boolean => {
  if (kind === 'user') return named.has('user') || named.has('everyone')
  if (kind === 'root') return named.has('account') || named.has('everyone')
  return named.has('session')
}

/** ... while a session that is only meant through its role, its user or everybody stays within boundary and session policies. */
const reachesWithinLimits = (kind: Request['kind'], named: ReadonlySet<Naming>): boolean =>
  named.has('everyone') ||
  (kind === 'role' && named.has('role')) ||
  (kind === 'federated' && named.has('user'))
