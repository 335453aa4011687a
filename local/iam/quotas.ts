import { limitExceeded } from './errors.ts'

/** IAM user guide, "IAM and AWS STS quotas"; named as IAM's errors name them. */
export const QUOTAS = {
  UsersPerAccount: 5_000,
  GroupsPerAccount: 300,
  RolesPerAccount: 1_000,
  PoliciesPerAccount: 1_500,
  GroupsPerUser: 10,
  AccessKeysPerUser: 2,
  SSHPublicKeysPerUser: 5,
  ServiceSpecificCredentialsPerUser: 2,
  PoliciesPerUser: 10,
  PoliciesPerGroup: 10,
  PoliciesPerRole: 10,
  VersionsPerPolicy: 5,
  PolicySize: 6_144,
  ACLSizePerRole: 2_048,
} as const

/** All inline policies of a user, group or role together, in characters that are no white space. */
export const INLINE_CHARACTERS = { user: 2_048, group: 5_120, role: 10_240 } as const

/** @throws {AwsError} LimitExceededException when `count` is more than the quota */
export const checkQuota = (name: keyof typeof QUOTAS, count: number): void => {
  if (count > QUOTAS[name]) throw limitExceeded(`Cannot exceed quota for ${name}: ${QUOTAS[name]}`)
}

/** How IAM counts a policy's characters: white space is free. */
export const charactersOf = (text: string): number => text.replace(/\s/g, '').length
