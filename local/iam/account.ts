import type { Operation } from '../gateway/service.ts'
import { alreadyExists, invalid, noSuch } from './errors.ts'
import { ownPolicies } from './find-policy.ts'
import { INLINE_CHARACTERS, QUOTAS } from './quotas.ts'
import type { Records } from './records.ts'

interface Input {
  readonly AccountAlias: string
}

/** The account as a whole: its alias, what it holds and may hold. */
export const accountOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  CreateAccountAlias: ({ AccountAlias }: Input, { account }) => {
    if (!/^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(AccountAlias))
      throw invalid(
        "1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
      )
    if (records.aliases.entries().some(([, { alias }]) => alias === AccountAlias))
      throw alreadyExists(`The account alias ${AccountAlias} already exists.`)
    records.aliases.put(account, { alias: AccountAlias })
    return {}
  },
  DeleteAccountAlias: ({ AccountAlias }: Input, { account }) => {
    if (records.aliases.get(account)?.alias !== AccountAlias)
      throw noSuch(`The account alias ${AccountAlias} cannot be found.`)
    records.aliases.delete(account)
    return {}
  },
  ListAccountAliases: (_input: object, { account }) => {
    const own = records.aliases.get(account)
    return { AccountAliases: own ? [own.alias] : [], IsTruncated: false }
  },
  GetAccountSummary: (_input: object, { account }) => ({ SummaryMap: summaryOf(records, account) }),
})

const summaryOf = (records: Records, account: string): Record<string, number> => {
  const count = (collection: Records['users'] | Records['groups'] | Records['roles']) =>
    collection.entries(`${account}/`).length
  const policies = ownPolicies(records, account)
  const rootKeys = records.keys.entries().filter(([, key]) => key.account === account && key.user === '')
  return {
    Users: count(records.users),
    UsersQuota: QUOTAS.UsersPerAccount,
    Groups: count(records.groups),
    GroupsQuota: QUOTAS.GroupsPerAccount,
    Roles: count(records.roles),
    RolesQuota: QUOTAS.RolesPerAccount,
    Policies: policies.length,
    PoliciesQuota: QUOTAS.PoliciesPerAccount,
    PolicyVersionsInUse: policies.reduce((sum, { versions }) => sum + versions.length, 0),
    PolicyVersionsInUseQuota: 10_000,
    VersionsPerPolicyQuota: QUOTAS.VersionsPerPolicy,
    PolicySizeQuota: QUOTAS.PolicySize,
    UserPolicySizeQuota: INLINE_CHARACTERS.user,
    GroupPolicySizeQuota: INLINE_CHARACTERS.group,
    RolePolicySizeQuota: INLINE_CHARACTERS.role,
    AssumeRolePolicySizeQuota: QUOTAS.ACLSizePerRole,
    AttachedPoliciesPerUserQuota: QUOTAS.PoliciesPerUser,
    AttachedPoliciesPerGroupQuota: QUOTAS.PoliciesPerGroup,
    AttachedPoliciesPerRoleQuota: QUOTAS.PoliciesPerRole,
    GroupsPerUserQuota: QUOTAS.GroupsPerUser,
    AccessKeysPerUserQuota: QUOTAS.AccessKeysPerUser,
    AccountAccessKeysPresent: rootKeys.length > 0 ? 1 : 0,
    AccountMFAEnabled: 0,
    AccountPasswordPresent: 1,
    AccountSigningCertificatesPresent: 0,
    GlobalEndpointTokenVersion: 1,
    InstanceProfiles: 0,
    InstanceProfilesQuota: 1_000,
    MFADevices: 0,
    MFADevicesInUse: 0,
    Providers: 0,
    ServerCertificates: 0,
    ServerCertificatesQuota: 20,
    SigningCertificatesPerUserQuota: 2,
  }
}
