import type { AwsError, Operation } from '../gateway/service.ts'
import { checkIdentityPolicy } from './documents/identity.ts'
import { limitExceeded, noSuch } from './errors.ts'
import { findGroup, findRole, findUser, nameOfArn } from './find.ts'
import { requireAttachable, requirePolicyArn } from './find-policy.ts'
import { checkName, checkPath, type PageInput, page } from './names.ts'
import { charactersOf, checkQuota, INLINE_CHARACTERS } from './quotas.ts'
import { type AnyIdentity, keyOf, type Records } from './records.ts'

interface Input extends PageInput {
  readonly UserName: string
  readonly GroupName: string
  readonly RoleName: string
  readonly PolicyName: string
  readonly PolicyDocument: string
  readonly PolicyArn: string
  readonly PathPrefix?: string
}

/** Inline and attached policies of users, groups and roles: the same seven calls for each. */
export const identityPolicyOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  ...operationsFor('Role', records, {
    load: (account, input) => findRole(records, account, input.RoleName),
    save: (role) => records.roles.put(keyOf(role.account, role.name), role),
  }),
  ...operationsFor('User', records, {
    load: (account, input) => findUser(records, account, input.UserName),
    save: (user) => records.users.put(keyOf(user.account, user.name), user),
  }),
  ...operationsFor('Group', records, {
    load: (account, input) => findGroup(records, account, input.GroupName),
    save: (group) => records.groups.put(keyOf(group.account, group.name), group),
  }),
})

interface Holder<T extends AnyIdentity> {
  readonly load: (account: string, input: Input) => T
  readonly save: (identity: T) => void
}

const operationsFor = <T extends AnyIdentity>(
  kind: 'Role' | 'User' | 'Group',
  records: Records,
  holder: Holder<T>,
): Readonly<Record<string, Operation>> => ({
  [`Put${kind}Policy`]: (input: Input, call) => {
    checkName(input.PolicyName, 128, 'policyName')
    const identity = holder.load(call.account, input)
    checkIdentityPolicy(input.PolicyDocument, 'inline')
    const inline = { ...identity.inline, [input.PolicyName]: input.PolicyDocument }
    checkInlineSize(identity, inline)
    holder.save({ ...identity, inline })
    return {}
  },
  [`Get${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    const text = ownEntry(identity.inline, input.PolicyName)
    if (text === undefined) throw noPolicy(kind, input.PolicyName)
    return {
      [`${kind}Name`]: identity.name,
      PolicyName: input.PolicyName,
      PolicyDocument: encodeURIComponent(text),
    }
  },
  [`Delete${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    if (ownEntry(identity.inline, input.PolicyName) === undefined) throw noPolicy(kind, input.PolicyName)
    const { [input.PolicyName]: _, ...inline } = identity.inline
    holder.save({ ...identity, inline })
    return {}
  },
  [`List${kind}Policies`]: (input: Input, call) => {
    const { items, ...rest } = page(Object.keys(holder.load(call.account, input).inline).sort(), input)
    return { PolicyNames: items, ...rest }
  },
  [`Attach${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    requireAttachable(records, call.account, input.PolicyArn)
    if (identity.attached.includes(input.PolicyArn)) return {}
    checkQuota(`PoliciesPer${kind}`, identity.attached.length + 1)
    holder.save({ ...identity, attached: [...identity.attached, input.PolicyArn] })
    return {}
  },
  [`Detach${kind}Policy`]: (input: Input, call) => {
    const identity = holder.load(call.account, input)
    requirePolicyArn(input.PolicyArn)
    if (!identity.attached.includes(input.PolicyArn)) throw noSuch(`Policy ${input.PolicyArn} was not found.`)
    holder.save({ ...identity, attached: identity.attached.filter((arn) => arn !== input.PolicyArn) })
    return {}
  },
  [`ListAttached${kind}Policies`]: (input: Input, call) => {
    const prefix = checkPath(input.PathPrefix)
    const attached = attachedPolicies(holder.load(call.account, input)).filter(({ PolicyArn }) =>
      PolicyArn.slice(PolicyArn.indexOf('/')).startsWith(prefix),
    )
    const { items, ...rest } = page(attached, input)
    return { AttachedPolicies: items, ...rest }
  },
})

export const attachedPolicies = ({ attached }: AnyIdentity) =>
  attached.map((arn) => ({ PolicyName: nameOfArn(arn), PolicyArn: arn }))

const checkInlineSize = ({ kind, name }: AnyIdentity, inline: AnyIdentity['inline']): void => {
  const size = Object.values(inline).reduce((sum, text) => sum + charactersOf(text), 0)
  if (size > INLINE_CHARACTERS[kind])
    throw limitExceeded(
      `Maximum policy size of ${INLINE_CHARACTERS[kind]} bytes exceeded for ${kind} ${name}`,
    )
}

const ownEntry = (inline: AnyIdentity['inline'], name: string): string | undefined =>
  Object.hasOwn(inline, name) ? inline[name] : undefined

const noPolicy = (kind: string, name: string): AwsError =>
  noSuch(`The ${kind.toLowerCase()} policy with name ${name} cannot be found.`)
