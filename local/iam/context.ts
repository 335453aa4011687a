import type { Caller, Permission } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import { nameOfArn } from './find.ts'
import type { Context } from './variables.ts'

type Keys = NonNullable<Permission['context']>

/** Condition keys of a request by this caller: IAM user guide, "AWS global condition context keys". Worked out when asked for. */
export const requestContext = (
  caller: Caller,
  { resource, context = {} }: Permission,
  now: number,
): Context => ({ get: lookup(context, (key) => callerKey(caller, key) ?? worldKey(resource, now, key)) })

/** Condition keys of a service that hands something on. */
export const senderContext = (
  sender: Sender,
  { resource, context = {} }: Permission,
  now: number,
): Context => {
  const own: Keys = {
    ...(sender.sourceArn !== '' && { 'aws:SourceArn': sender.sourceArn }),
    'aws:SourceAccount': sender.sourceAccount,
    // an older name, which default topic policies ask for: only services bring it
    'aws:SourceOwner': sender.sourceAccount,
    'aws:PrincipalIsAWSService': 'true',
    'aws:PrincipalServiceName': sender.service,
    ...context,
  }
  return { get: lookup(own, (key) => worldKey(resource, now, key)) }
}

/** Only these keys, nothing of the request: for the policy simulator. */
export const givenContext = (keys: Keys): Context => ({ get: lookup(keys, () => undefined) })

const lookup = (own: Keys, others: (key: string) => string | undefined): Context['get'] => {
  let given: Map<string, readonly string[]> | undefined
  return (key) => {
    given ??= new Map(
      Object.entries(own).map(([name, value]) => [
        name.toLowerCase(),
        typeof value === 'string' ? [value] : value,
      ]),
    )
    const known = given.get(key)
    if (known) return known
    const value = others(key)
    return value === undefined ? undefined : [value]
  }
}

const TAG = 'aws:principaltag/'

const TYPES = {
  user: 'User',
  role: 'AssumedRole',
  root: 'Account',
  federated: 'FederatedUser',
  service: 'Service',
} as const

/** What a request's caller brings: its ARN, tags, age of its session. */
export const callerKey = (caller: Caller, key: string): string | undefined => {
  if (key.startsWith(TAG)) return tagOf(caller.tags, key.slice(TAG.length))
  switch (key) {
    case 'aws:principalarn':
      return caller.roleArn ?? caller.arn
    case 'aws:principalaccount':
      return caller.account
    case 'aws:principaltype':
      return TYPES[caller.kind]
    case 'aws:principalisawsservice':
      return String(caller.kind === 'service')
    case 'aws:userid':
      return caller.userId
    case 'aws:username':
      return caller.kind === 'user' ? nameOfArn(caller.arn) : undefined
    case 'aws:tokenissuetime':
      return caller.issued === undefined ? undefined : isoSeconds(caller.issued)
    // only temporary credentials say anything about MFA, and nobody has a device here
    case 'aws:multifactorauthpresent':
      return caller.issued === undefined ? undefined : 'false'
    case 'aws:sourceidentity':
      return caller.sourceIdentity
    default:
      return undefined
  }
}

/** Tag keys are not case-sensitive in condition keys. */
const tagOf = (tags: Caller['tags'], key: string): string | undefined => {
  for (const [name, value] of Object.entries(tags ?? {})) if (name.toLowerCase() === key) return value
  return undefined
}

const worldKey = (resource: string, now: number, key: string): string | undefined => {
  switch (key) {
    case 'aws:currenttime':
      return isoSeconds(now)
    case 'aws:epochtime':
      return String(Math.floor(now / 1000))
    case 'aws:resourceaccount':
      return accountOf(resource)
    // plain HTTP on loopback, unless the gateway says otherwise
    case 'aws:securetransport':
    case 'aws:viaawsservice':
      return 'false'
    default:
      return undefined
  }
}

const isoSeconds = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** The account in an ARN, where it has one. */
export const accountOf = (arn: string): string | undefined => {
  const account = arn.split(':', 5)[4]
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined
}
