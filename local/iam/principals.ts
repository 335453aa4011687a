import { listOf } from './conditions.ts'

/** Who asks, as a `Principal` element may name them. */
export interface Principal {
  /** ARN of the user, or of the user behind a federated session */
  readonly user?: string
  /** ARN of the role behind a session */
  readonly role?: string
  /** ARN of a role's or a federated session */
  readonly session?: string
  /** unique id of the user or role */
  readonly id?: string
  readonly account?: string
  /** `events.amazonaws.com` */
  readonly service?: string
}

/** By which of its names a policy knows who asks. */
export type Naming = 'everyone' | 'account' | 'user' | 'role' | 'session' | 'service'

/** A `Principal` or `NotPrincipal` element, read once. */
export interface Named {
  readonly everyone: boolean
  readonly aws: ReadonlySet<string>
  readonly service: ReadonlySet<string>
}

/** IAM user guide, "AWS JSON policy elements: Principal". Never throws, whatever it holds. */
export const parsePrincipal = (element: unknown): Named => {
  const object: { AWS?: unknown; Service?: unknown } =
    typeof element === 'object' && element !== null && !Array.isArray(element) ? element : {}
  const aws = new Set(listOf(object.AWS))
  return { everyone: element === '*' || aws.has('*'), aws, service: new Set(listOf(object.Service)) }
}

/**
 * All the ways in which a policy names who asks; none: it does not.
 * @param trust a role's trust policy, where "everybody" takes in no service; a resource's does (older SNS-to-SQS policies rely on it)
 */
export const namingsOf = (named: Named, principal: Principal, trust: boolean): readonly Naming[] => {
  if (principal.service !== undefined) {
    if (named.service.has(principal.service)) return ['service']
    return named.everyone && !trust ? ['everyone'] : []
  }
  const { user, role, session, id, account } = principal
  const has = (name: string | undefined) => name !== undefined && named.aws.has(name)
  const found: Naming[] = []
  if (named.everyone) found.push('everyone')
  if (account !== undefined && (named.aws.has(account) || named.aws.has(rootOf(account))))
    found.push('account')
  if (has(user) || (user !== undefined && has(id))) found.push('user')
  if (has(role) || (role !== undefined && has(id))) found.push('role')
  if (has(session)) found.push('session')
  return found
}

/**
 * Whether `NotPrincipal` leaves somebody out: each of their names must be listed, the account too (IAM user guide, "NotPrincipal":
 * a list that leaves out the account denies the account's principals as well).
 */
export const excepted = (named: Named, { user, role, session, account, service }: Principal): boolean => {
  if (service !== undefined) return named.service.has(service)
  if (named.everyone) return true
  const names = [user, role, session].filter((name) => name !== undefined)
  const listed = account !== undefined && (named.aws.has(account) || named.aws.has(rootOf(account)))
  return listed && names.every((name) => named.aws.has(name))
}

export const rootOf = (account: string): string => `arn:aws:iam::${account}:root`
