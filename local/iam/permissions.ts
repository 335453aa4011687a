import type { Call, Permission } from '../gateway/service.ts'
import { unrecognized } from './errors.ts'
import { roleOfArn, userOfArn } from './find.ts'
import { arnOf, keyOf, type Records, type RoleRecord, type Tag, type UserRecord } from './records.ts'

interface Input {
  readonly UserName?: string
  readonly NewUserName?: string
  readonly GroupName?: string
  readonly NewGroupName?: string
  readonly RoleName?: string
  readonly PolicyName?: string
  readonly PolicyArn?: string
  readonly PolicySourceArn?: string
  readonly AccessKeyId?: string
  readonly Path?: string
  readonly NewPath?: string
  readonly PathPrefix?: string
  readonly PermissionsBoundary?: string
  readonly Tags?: readonly Tag[]
  readonly TagKeys?: readonly string[]
}

const ON_ACCOUNT = new Set([
  'CreateAccountAlias',
  'DeleteAccountAlias',
  'ListAccountAliases',
  'GetAccountSummary',
  'GetAccountAuthorizationDetails',
  'SimulateCustomPolicy',
  'GetContextKeysForCustomPolicy',
])

const LISTS: Readonly<Record<string, string>> = { ListUsers: 'user', ListGroups: 'group', ListRoles: 'role' }

/** With these a policy is given to somebody, on whom it is judged; the policy becomes `iam:PolicyARN`. */
const HANDS_OUT = /^(Attach|Detach)(User|Group|Role)Policy$/
const SETS_BOUNDARY = /^(Create(User|Role)|Put(User|Role)PermissionsBoundary)$/
const HAS_BOUNDARY = /^(Attach|Detach|Put|Delete)(User|Role)Policy$|^Delete(User|Role)PermissionsBoundary$/

/**
 * `iam:<Operation>` on what the call names, or on the caller where a name may be left out: Service Authorization Reference,
 * "Actions, resources, and condition keys for AWS Identity and Access Management".
 * @throws {AwsError} UnrecognizedClientException for sessions that may not call IAM
 */
export const iamPermissions = (
  records: Records,
  operation: string,
  input: Input,
  call: Call,
): readonly Permission[] => {
  const { caller } = call
  // IAM user guide, "Compare AWS STS credentials": without MFA neither kind may call IAM
  if (caller.kind === 'federated' || (caller.kind !== 'role' && caller.issued !== undefined))
    throw unrecognized()
  const context = contextOf(records, operation, input, call)
  return resourcesOf(records, operation, input, call).map((resource) => ({
    action: `iam:${operation}`,
    resource,
    context: { ...context, ...resourceTags(records, resource) },
  }))
}

const resourcesOf = (
  records: Records,
  operation: string,
  input: Input,
  { account, caller }: Call,
): readonly string[] => {
  if (ON_ACCOUNT.has(operation)) return ['*']
  const list = LISTS[operation]
  if (list !== undefined) return [`arn:aws:iam::${account}:${list}${input.PathPrefix ?? '/'}`]
  if (operation === 'ListPolicies') return [`policy path ${input.PathPrefix ?? '/'}`]
  if (input.PolicySourceArn !== undefined) return [input.PolicySourceArn]
  const arn = (kind: 'user' | 'group' | 'role', name: string): string => {
    const found = records[`${kind}s`].get(keyOf(account, name))
    return found ? arnOf(found) : `arn:aws:iam::${account}:${kind}${input.Path ?? '/'}${name}`
  }
  if (input.RoleName !== undefined) return [arn('role', input.RoleName)]
  if (input.GroupName !== undefined)
    return [input.GroupName, input.NewGroupName].flatMap((name) =>
      name === undefined ? [] : arn('group', name),
    )
  if (input.UserName !== undefined)
    return [input.UserName, input.NewUserName].flatMap((name) =>
      name === undefined ? [] : arn('user', name),
    )
  if (input.PolicyArn !== undefined) return [input.PolicyArn]
  if (input.PolicyName !== undefined)
    return [`arn:aws:iam::${account}:policy${input.Path ?? '/'}${input.PolicyName}`]
  if (operation === 'GetAccessKeyLastUsed') {
    const key = records.keys.get(input.AccessKeyId ?? '')
    // whoever asks about a key that is not there is told by the operation
    return key?.account === account && key.user !== '' ? [arn('user', key.user)] : []
  }
  return [caller.kind === 'user' ? caller.arn : '*']
}

const contextOf = (
  records: Records,
  operation: string,
  input: Input,
  { account }: Call,
): Record<string, string | readonly string[]> => {
  const keys = input.TagKeys ?? input.Tags?.map(({ Key }) => Key)
  const holder =
    input.RoleName !== undefined
      ? records.roles.get(keyOf(account, input.RoleName))
      : records.users.get(keyOf(account, input.UserName ?? ''))
  const boundary = SETS_BOUNDARY.test(operation)
    ? input.PermissionsBoundary
    : HAS_BOUNDARY.test(operation)
      ? holder?.boundary
      : undefined
  return {
    ...Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    ...(keys && keys.length > 0 && { 'aws:TagKeys': keys }),
    ...(HANDS_OUT.test(operation) && input.PolicyArn !== undefined && { 'iam:PolicyARN': input.PolicyArn }),
    ...(boundary !== undefined && { 'iam:PermissionsBoundary': boundary }),
  }
}

/** Under both names that IAM knows them by. */
const resourceTags = (records: Records, arn: string): Record<string, string> => {
  const resource: Pick<UserRecord | RoleRecord, 'tags'> | undefined =
    roleOfArn(records, arn) ?? userOfArn(records, arn) ?? records.policies.get(arn)
  return Object.fromEntries(
    (resource?.tags ?? []).flatMap(({ Key, Value }) => [
      [`aws:ResourceTag/${Key}`, Value],
      [`iam:ResourceTag/${Key}`, Value],
    ]),
  )
}
