import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError, type Caller, type Permission } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import type { Context } from './conditions.ts'
import { AWS_MANAGED } from './managed.ts'
import { evaluate, type Principal, type Question, type Verdict } from './policy.ts'
import { type Identity, keyOf, type Records } from './records.ts'

/** Judges who may do what by the policies that IAM holds, and tells the log of each refusal. */
export interface Judge {
  /** by the caller's identity policies */
  verdictOf(caller: Caller, permission: Permission): Verdict['decision']
  /** by a policy that names principals: a queue's, a topic's, a role's trust */
  verdictOfPolicy(
    policy: PolicyDocument,
    principal: Principal,
    question: Omit<Question, 'principal'>,
  ): Verdict['decision']
  /** condition keys of a request by this caller */
  contextOf(caller: Caller, permission: Permission): Context
  /** logs and makes the error; `source` says which kind of policy decided */
  refusal(who: string, permission: Permission, decision: Verdict['decision'], source: PolicySource): AwsError
}

export type PolicySource = 'identity-based' | 'resource-based' | 'trust'

export const createJudge = ({ now, log }: Parts, records: Records): Judge => {
  const decide = (documents: readonly PolicyDocument[], question: Question): Verdict['decision'] => {
    const { decision, unknown } = evaluate(documents, question)
    if (unknown.length > 0)
      log('iam', 'POLICY NOT UNDERSTOOD, taken as a denial', {
        unknown: [...new Set(unknown)],
        action: question.action,
      })
    return decision
  }
  const contextOf = (caller: Caller, { resource, context }: Permission): Context =>
    contextFrom({ ...timeKeys(now()), ...resourceKeys(resource), ...callerKeys(caller), ...context })
  return {
    contextOf,
    verdictOf: (caller, permission) => {
      // the cloud's own calls come from inside: no request can claim this kind
      if (caller.kind === 'service') return 'allow'
      const { action, resource } = permission
      return decide(policiesOf(records, caller), { action, resource, context: contextOf(caller, permission) })
    },
    verdictOfPolicy: (policy, principal, question) => decide([policy], { ...question, principal }),
    refusal: (who, { action, resource }, decision, source) => {
      log('iam', 'denied', { principal: who, action, resource, because: `${decision}, ${source} policy` })
      const why =
        decision === 'explicitDeny'
          ? `with an explicit deny in ${source === 'identity-based' ? 'an' : 'a'} ${source} policy`
          : `because no ${source} policy allows the ${action} action`
      return new AwsError(
        'AccessDeniedException',
        `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
      )
    },
  }
}

/** Condition keys of a service that hands something on. */
export const senderContext = (sender: Sender, permission: Permission, now: number): Context =>
  contextFrom({
    ...timeKeys(now),
    ...resourceKeys(permission.resource),
    'aws:SourceArn': sender.sourceArn,
    'aws:SourceAccount': sender.sourceAccount,
    'aws:PrincipalIsAWSService': 'true',
    'aws:PrincipalServiceName': sender.service,
    ...permission.context,
  })

const policiesOf = (records: Records, caller: Caller): readonly PolicyDocument[] => {
  const arn = caller.roleArn ?? caller.arn
  const key = keyOf(caller.account, arn.slice(arn.lastIndexOf('/') + 1))
  const identity: Identity | undefined =
    caller.kind === 'role' ? records.roles.get(key) : records.users.get(key)
  if (!identity) return []
  const attached = identity.attached.map((one) => AWS_MANAGED.get(one) ?? records.policies.get(one)?.document)
  return [...Object.values(identity.inline), ...attached.filter((document) => document !== undefined)]
}

/** IAM user guide, "AWS global condition context keys". */
const callerKeys = (caller: Caller): Record<string, string> => ({
  'aws:PrincipalArn': caller.roleArn ?? caller.arn,
  'aws:PrincipalAccount': caller.account,
  'aws:PrincipalType': caller.kind === 'role' ? 'AssumedRole' : 'User',
  'aws:PrincipalIsAWSService': 'false',
  'aws:userid': caller.userId,
  ...(caller.kind === 'user' && { 'aws:username': caller.arn.slice(caller.arn.lastIndexOf('/') + 1) }),
})

const timeKeys = (now: number): Record<string, string> => ({
  'aws:CurrentTime': new Date(now).toISOString(),
  'aws:EpochTime': String(Math.floor(now / 1000)),
  // plain HTTP on loopback
  'aws:SecureTransport': 'false',
})

const resourceKeys = (resource: string): Record<string, string> => {
  const account = resource.split(':')[4]
  return account && /^\d{12}$/.test(account) ? { 'aws:ResourceAccount': account } : {}
}

const contextFrom = (keys: Readonly<Record<string, string | readonly string[]>>): Context =>
  new Map(
    Object.entries(keys).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === 'string' ? [value] : [...value],
    ]),
  )
