import type { Decision, Parts, PolicyDocument } from '../contracts.ts'
import type { AwsError, Caller, Permission } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import { accountOf, requestContext, senderContext } from './context.ts'
import { decide, type Layers, type Request, type Verdict } from './decide.ts'
import type { Holdings } from './holdings.ts'
import { examine, type Policy, parsePolicy } from './policy.ts'
import type { Principal } from './principals.ts'
import { denial, type Refusal } from './refusal.ts'
import type { Usage } from './usage.ts'

/** Judges who may do what, and tells of each decision. */
export interface Judge {
  /** @throws {AwsError} AccessDeniedException */
  authorize(caller: Caller, permission: Permission): void
  /**
   * a caller before a role's trust policy
   * @throws {AwsError} AccessDeniedException
   */
  authorizeTrust(caller: Caller, permission: Permission, trust: readonly Policy[]): void
  /**
   * a service before a resource's policy, or before a role's trust policy
   * @throws {AwsError} AccessDeniedException
   */
  authorizeService(sender: Sender, permission: Permission, policies: readonly Policy[], trust?: boolean): void
  /** the error for what cannot be allowed whatever policies say, told like any denial */
  refuse(caller: Caller, permission: Permission): AwsError
  watch(listener: (decision: Decision) => void): () => void
}

export const createJudge = (parts: Parts, holdings: Holdings, usage: Usage): Judge => {
  const listeners = new Set<(decision: Decision) => void>()
  const resourcePolicies = new WeakMap<PolicyDocument, readonly Policy[]>()
  const readResourcePolicy = (document: PolicyDocument): readonly Policy[] => {
    const known = resourcePolicies.get(document) ?? [parsePolicy(document)]
    resourcePolicies.set(document, known)
    return known
  }
  const tell = (who: Refusal['who'], permission: Permission, verdict: Verdict, trust = false): void => {
    const allowed = verdict.decision === 'allow'
    if (allowed && listeners.size === 0) return
    const decision = decisionOf(parts.now(), who, permission, verdict, trust)
    for (const listener of listeners) listener(decision)
    if (allowed) return
    const { principal, action, resource, policyType, policy, statement } = decision
    parts.log('iam', 'denied', {
      principal,
      action,
      resource,
      because: `${verdict.decision}, ${trust && verdict.layer === 'resource' ? 'trust' : verdict.layer} policy`,
      policyType,
      policy,
      statement,
      ...(verdict.unknown.length > 0 && { notUnderstood: [...new Set(verdict.unknown)] }),
    })
  }
  const judge = (
    caller: Caller,
    permission: Permission,
    resource: readonly Policy[] | undefined,
    trust: boolean,
  ) => {
    // the cloud's own calls come from inside: no request can claim this kind
    if (caller.kind === 'service') return
    const now = parts.now()
    const own = holdings.layersOf(caller)
    const layers: Layers = resource ? { ...own, resource } : own
    const verdict = decide(requestOf(caller, caller.kind, permission, now, trust), layers)
    usage.note(caller, permission)
    tell(caller, permission, verdict, trust)
    if (verdict.decision !== 'allow') throw denial({ who: caller, permission, verdict, trust })
  }
  return {
    authorize: (caller, permission) => {
      const { resourcePolicy } = permission
      judge(caller, permission, resourcePolicy && readResourcePolicy(resourcePolicy), false)
    },
    authorizeTrust: (caller, permission, trust) => judge(caller, permission, trust, true),
    authorizeService: (sender, permission, policies, trust = false) => {
      const { action, resource } = permission
      const context = senderContext(sender, permission, parts.now())
      const principal = { service: sender.service }
      const found = examine(policies, { action, resource, context, principal, trust })
      const { allows, denies, unknown } = found
      const verdict: Verdict =
        denies.length > 0
          ? { decision: 'explicitDeny', layer: 'resource', matches: denies, unknown }
          : allows.length > 0
            ? { decision: 'allow', layer: 'resource', matches: allows, unknown }
            : { decision: 'implicitDeny', layer: 'resource', matches: [], unknown }
      tell(sender, permission, verdict, trust)
      if (verdict.decision !== 'allow') throw denial({ who: sender, permission, verdict, trust })
    },
    refuse: (caller, permission) => {
      const verdict: Verdict = { decision: 'implicitDeny', layer: 'resource', matches: [], unknown: [] }
      tell(caller, permission, verdict, true)
      return denial({ who: caller, permission, verdict, trust: true })
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const requestOf = (
  caller: Caller,
  kind: Request['kind'],
  permission: Permission,
  now: number,
  trust: boolean,
): Request => {
  const { action, resource } = permission
  const owner = accountOf(resource)
  return {
    kind,
    principal: principalOf(caller),
    question: { action, resource, context: requestContext(caller, permission, now) },
    foreign: owner !== undefined && owner !== caller.account,
    resourceMustAllow: trust || permission.policyMustAllow === true,
    trust,
  }
}

/** The names under which resource policies may know a caller. */
export const principalOf = (caller: Caller): Principal => {
  const { account, arn, userId } = caller
  switch (caller.kind) {
    case 'user':
      return { account, user: arn, id: userId }
    case 'role':
      return { account, session: arn, ...(caller.roleArn && { role: caller.roleArn }), id: idOfRole(userId) }
    case 'federated':
      return { account, session: arn, ...(caller.userArn && { user: caller.userArn }) }
    default:
      return { account }
  }
}

const idOfRole = (userId: string): string => userId.split(':', 1)[0] ?? ''

const decisionOf = (
  at: number,
  who: Refusal['who'],
  { action, resource }: Permission,
  { decision, layer, matches }: Verdict,
  trust: boolean,
): Decision => {
  const caller = 'arn' in who ? who : undefined
  const statements = matches.map(({ policy, statement }) => ({
    ...(policy.source.name !== undefined && { policy: policy.source.name }),
    statement: statement.sid ?? String(statement.index + 1),
  }))
  const told = matches.length > 0 || decision === 'explicitDeny'
  return {
    at,
    principal: 'arn' in who ? who.arn : who.service,
    ...(caller?.roleArn !== undefined && { roleArn: caller.roleArn }),
    account: 'arn' in who ? who.account : who.sourceAccount,
    action,
    resource,
    allowed: decision === 'allow',
    ...(told && { policyType: trust && layer === 'resource' ? 'trust' : layer }),
    ...statements[0],
    ...(statements.length > 0 && { statements }),
  }
}
