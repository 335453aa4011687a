import type { AwsError, Call, Operation } from '../gateway/service.ts'
import { parsePolicy } from './documents.ts'
import { AWS_MANAGED } from './managed.ts'
import {
  checkName,
  findRole,
  findUser,
  type Identity,
  keyOf,
  noSuch,
  page,
  type Records,
  type RoleRecord,
  type UserRecord,
} from './records.ts'

interface Input {
  readonly UserName: string
  readonly RoleName: string
  readonly PolicyName: string
  readonly PolicyDocument: string
  readonly PolicyArn: string
  readonly Marker?: string
  readonly MaxItems?: number
}

/** Inline and attached policies of users and roles: the same five calls for both. */
export const identityPolicyOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  ...operationsFor('Role', {
    load: (account, input) => findRole(records, account, input.RoleName),
    save: (role) => records.roles.put(keyOf(role.account, role.name), role as RoleRecord),
    records,
  }),
  ...operationsFor('User', {
    load: (account, input) => findUser(records, account, input.UserName),
    save: (user) => records.users.put(keyOf(user.account, user.name), user as UserRecord),
    records,
  }),
})

interface Holder {
  readonly load: (account: string, input: Input) => Identity
  readonly save: (identity: Identity) => void
  readonly records: Records
}

const operationsFor = (kind: 'Role' | 'User', holder: Holder): Readonly<Record<string, Operation>> => ({
  [`Put${kind}Policy`]: (input: Input, call) => {
    checkName(input.PolicyName, 128, 'policyName')
    const document = parsePolicy(input.PolicyDocument, 'identity')
    const identity = holder.load(call.account, input)
    holder.save({ ...identity, inline: { ...identity.inline, [input.PolicyName]: document } })
    return {}
  },
  [`Get${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    const document = identity.inline[input.PolicyName]
    if (!document) throw noPolicy(kind, input.PolicyName)
    return {
      [`${kind}Name`]: identity.name,
      PolicyName: input.PolicyName,
      PolicyDocument: encodeURIComponent(JSON.stringify(document)),
    }
  },
  [`Delete${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    const { [input.PolicyName]: gone, ...inline } = identity.inline
    if (!gone) throw noPolicy(kind, input.PolicyName)
    holder.save({ ...identity, inline })
    return {}
  },
  [`List${kind}Policies`]: (input: Input, call) => {
    const { items, ...rest } = page(Object.keys(holder.load(call.account, input).inline).sort(), input)
    return { PolicyNames: items, ...rest }
  },
  [`Attach${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    requireManaged(holder.records, call, input.PolicyArn)
    if (!identity.attached.includes(input.PolicyArn))
      holder.save({ ...identity, attached: [...identity.attached, input.PolicyArn] })
    return {}
  },
  [`Detach${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    if (!identity.attached.includes(input.PolicyArn)) throw noSuch(`Policy ${input.PolicyArn} was not found.`)
    holder.save({ ...identity, attached: identity.attached.filter((arn) => arn !== input.PolicyArn) })
    return {}
  },
  [`ListAttached${kind}Policies`]: (input: Input, call) => {
    const { items, ...rest } = page(holder.load(call.account, input).attached, input)
    const named = items.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }))
    return { AttachedPolicies: named, ...rest }
  },
})

const requireManaged = (records: Records, call: Call, arn: string): void => {
  const own = records.policies.get(arn)
  if (AWS_MANAGED.has(arn) || own?.account === call.account) return
  throw noSuch(`Policy ${arn} does not exist or is not attachable.`)
}

const noPolicy = (kind: string, name: string): AwsError =>
  noSuch(`The ${kind.toLowerCase()} policy with name ${name} cannot be found.`)
