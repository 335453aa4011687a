import type { PolicyDocument } from '../contracts.ts'
import type { Caller } from '../gateway/service.ts'
import type { Layers } from './decide.ts'
import { nameOfArn, roleOfArn, userOfArn } from './find.ts'
import { AWS_MANAGED } from './managed/all.ts'
import { type Policy, parsePolicy } from './policy.ts'
import { rootOf } from './principals.ts'
import type { AnyIdentity, PolicyRecord, Records, RoleRecord, UserRecord } from './records.ts'
import { currentTrust } from './trust.ts'

/** What IAM holds against a request, read once and kept until something changes. */
export interface Holdings {
  /** identity policies, boundary and session policies of a caller */
  layersOf(caller: Caller): Layers
  /** inline and attached policies, a user's groups' too */
  policiesOf(identity: AnyIdentity): readonly Policy[]
  /** the managed policy of an ARN */
  managed(arn: string): Policy | undefined
  trustOf(role: RoleRecord): readonly Policy[]
}

export const createHoldings = (records: Records): Holdings => {
  const fresh = keeper(records)
  const managedKept = new WeakMap<PolicyRecord, Policy>()
  const awsKept = new Map<string, Policy>()
  const managed = (arn: string): Policy | undefined => {
    const own = records.policies.get(arn)
    if (own) return remember(managedKept, own, () => managedPolicy(arn, defaultText(own)))
    const aws = AWS_MANAGED.get(arn)
    return aws && remember(awsKept, arn, () => managedPolicy(arn, aws.text))
  }
  const ownPolicies = (identity: AnyIdentity): Policy[] => [
    ...Object.entries(identity.inline).map(([name, text]) =>
      parsePolicy(readDocument(text), {
        name,
        simulatorId: `${identity.kind}_${identity.name}_${name}`,
        text,
      }),
    ),
    ...identity.attached.flatMap((arn) => managed(arn) ?? []),
  ]
  const policiesOf = fresh((identity: AnyIdentity): readonly Policy[] => {
    const groups = identity.kind === 'user' ? groupsOf(records, identity) : []
    return [identity, ...groups].flatMap(ownPolicies)
  })
  const trustOf = fresh((role: RoleRecord): readonly Policy[] => [
    parsePolicy(readDocument(currentTrust(records, role)), { name: 'trust policy' }),
  ])
  const boundaryOf = (identity: UserRecord | RoleRecord): readonly Policy[] | undefined => {
    if (identity.boundary === undefined) return undefined
    const policy = managed(identity.boundary)
    return policy ? [policy] : []
  }
  const sessionKept = new WeakMap<readonly PolicyDocument[], readonly Policy[]>()
  return {
    policiesOf,
    trustOf,
    managed,
    layersOf: (caller) => {
      const arn = caller.roleArn ?? caller.userArn ?? caller.arn
      const identity = caller.kind === 'role' ? roleOfArn(records, arn) : userOfArn(records, arn)
      const root = arn === rootOf(caller.account)
      const boundary = identity && boundaryOf(identity)
      const { sessionPolicies } = caller
      return {
        identity: root ? undefined : identity ? policiesOf(identity) : [],
        ...(boundary && { boundary }),
        ...(sessionPolicies && {
          session: remember(sessionKept, sessionPolicies, () =>
            sessionPolicies.map((document) => parsePolicy(document)),
          ),
        }),
      }
    },
  }
}

/** The groups of a user, by name. */
export const groupsOf = (records: Records, user: UserRecord) => {
  const { groups = [] } = user
  if (groups.length === 0) return []
  return records.groups
    .entries(`${user.account}/`)
    .map(([, group]) => group)
    .filter((group) => groups.includes(group.id))
}

export const defaultText = (policy: PolicyRecord): string =>
  policy.versions.find(({ id }) => id === policy.defaultVersion)?.text ?? '{}'

/** A stored policy's document; one that cannot be read says nothing. */
export const readDocument = (text: string): PolicyDocument => {
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document === 'object' && document !== null) return document as PolicyDocument
  } catch {
    // not JSON: refused when it was given, so this is a damaged store
  }
  return { Statement: [] }
}

const managedPolicy = (arn: string, text: string): Policy =>
  parsePolicy(readDocument(text), { name: arn, simulatorId: nameOfArn(arn), text })

/** Makes each thing's derived value once, and anew when users, groups, roles or policies have changed. */
const keeper =
  (records: Records) =>
  <K extends object, V>(make: (key: K) => V): ((key: K) => V) => {
    const kept = new WeakMap<K, { generation: number; value: V }>()
    return (key) => {
      const generation = records.generation()
      const known = kept.get(key)
      if (known?.generation === generation) return known.value
      const value = make(key)
      kept.set(key, { generation, value })
      return value
    }
  }

const remember = <K, V>(
  kept: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V => {
  const known = kept.get(key)
  if (known !== undefined) return known
  const value = make()
  kept.set(key, value)
  return value
}
