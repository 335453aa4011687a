import type { Operation } from '../gateway/service.ts'
import { requireAttachable } from './find-policy.ts'
import { checkPathPrefix, type PageInput, page } from './names.ts'
import type { AnyIdentity, Records } from './records.ts'

/** Who in an account has a policy attached, and who has it as permissions boundary. */
export const attachmentsOf = (
  records: Records,
  account: string,
  arn: string,
): { readonly permissions: readonly AnyIdentity[]; readonly boundaries: readonly AnyIdentity[] } => {
  const all = [records.groups, records.users, records.roles].flatMap((collection) =>
    collection.entries(`${account}/`).map(([, identity]): AnyIdentity => identity),
  )
  return {
    permissions: all.filter(({ attached }) => attached.includes(arn)),
    boundaries: all.filter((identity) => 'boundary' in identity && identity.boundary === arn),
  }
}

interface Input extends PageInput {
  readonly PolicyArn: string
  readonly EntityFilter?: 'User' | 'Role' | 'Group' | 'LocalManagedPolicy' | 'AWSManagedPolicy'
  readonly PathPrefix?: string
  readonly PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary'
}

/** Who a managed policy is attached to. */
export const attachmentOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  ListEntitiesForPolicy: (input: Input, { account }) => {
    const arn = input.PolicyArn
    requireAttachable(records, account, arn)
    const prefix = checkPathPrefix(input.PathPrefix)
    const { permissions, boundaries } = attachmentsOf(records, account, arn)
    const usage = input.PolicyUsageFilter
    const wanted = [
      ...(usage === 'PermissionsBoundary' ? [] : permissions),
      ...(usage === 'PermissionsPolicy' ? [] : boundaries),
    ].filter(
      ({ kind, path }) =>
        path.startsWith(prefix) &&
        (input.EntityFilter === undefined || input.EntityFilter.toLowerCase() === kind),
    )
    const { items, ...rest } = page([...new Set(wanted)], input)
    const of = <N extends string>(kind: AnyIdentity['kind'], name: N) =>
      items
        .filter((one) => one.kind === kind)
        .map((one) => ({ [`${name}Name`]: one.name, [`${name}Id`]: one.id }))
    return {
      PolicyGroups: of('group', 'Group'),
      PolicyUsers: of('user', 'User'),
      PolicyRoles: of('role', 'Role'),
      ...rest,
    }
  },
})
