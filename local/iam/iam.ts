import type { Iam, Parts } from '../contracts.ts'
import { AwsError, type Service } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import { accessKeyOperations } from './access-keys.ts'
import { accountOperations } from './account.ts'
import { attachmentOperations } from './attachments.ts'
import { authorizationDetailOperations } from './authorization-details.ts'
import { boundaryOperations } from './boundaries.ts'
import { roleOfArn } from './find.ts'
import { gitCredentialOperations } from './git-credentials.ts'
import { groupOperations } from './groups.ts'
import { createHoldings, type Holdings } from './holdings.ts'
import { identityPolicyOperations } from './identity-policies.ts'
import { sameSecret } from './ids.ts'
import { createJudge, type Judge } from './judge.ts'
import { managedPolicyOperations } from './managed-policies.ts'
import { iamPermissions } from './permissions.ts'
import { parsePolicy } from './policy.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { openRecords, type Records, type RoleRecord } from './records.ts'
import { roleOperations } from './roles.ts'
import { bootstrap, seed } from './seed.ts'
import { callerOfSession, createKeyResolver, longLived, openSession } from './sessions.ts'
import { simulatorOperations } from './simulator/operations.ts'
import { sshKeyOperations } from './ssh-keys.ts'
import { createSts } from './sts/operations.ts'
import { tagOperations } from './tags.ts'
import { createUsage } from './usage.ts'
import { userOperations } from './users.ts'

/**
 * Identities, their keys and what they may do, all kept in the store.
 * @param accounts the account numbers that exist
 */
export const createIam = ({ parts, accounts }: { parts: Parts; accounts: readonly string[] }): Iam => {
  const records = openRecords(parts)
  const usage = createUsage(parts, records)
  const holdings = createHoldings(records)
  const judge = createJudge(parts, holdings, usage)
  const iam: Service = {
    name: 'iam',
    permissions: (operation, input, call) => iamPermissions(records, operation, input, call),
    operations: {
      ...userOperations(parts, records),
      ...groupOperations(parts, records),
      ...roleOperations(parts, records, usage, accounts),
      ...accessKeyOperations(parts, records, usage),
      ...gitCredentialOperations(parts, records),
      ...sshKeyOperations(parts, records),
      ...identityPolicyOperations(records),
      ...boundaryOperations(records),
      ...managedPolicyOperations(parts, records),
      ...policyVersionOperations(parts, records),
      ...attachmentOperations(records),
      ...tagOperations(records),
      ...accountOperations(records),
      ...authorizationDetailOperations(records),
      ...simulatorOperations(records, holdings),
    },
  }
  const inAccount = (account: string): string => {
    if (!accounts.includes(account)) throw new Error(`the local cloud has no account ${account}`)
    return account
  }
  /** The sender's role, once its trust policy has let the service in: with one of its own it comes as that role's session. */
  const trusting = (sender: Sender): RoleRecord => {
    const role = requireRole(records, sender.roleArn ?? '')
    const permission = { action: 'sts:AssumeRole', resource: sender.roleArn ?? '' }
    judge.authorizeService(sender, permission, holdings.trustOf(role), true)
    return role
  }
  return {
    services: [iam, createSts({ parts, records, holdings, judge, usage })],
    resolveKey: createKeyResolver(parts, records),
    resolveGitCredential: (userName, password) => {
      const credential = records.gitCredentials.get(userName)
      // compared even when there is none, so that the time does not tell which names exist
      const same = sameSecret(credential?.password ?? '', password)
      if (!credential?.active || !same || credential.service !== undefined) return undefined
      return longLived(records, credential.account, credential.user)
    },
    resolveSshKey: (keyId) => {
      const key = records.sshKeys.get(keyId)
      const caller = key?.active ? longLived(records, key.account, key.user) : undefined
      return key && caller && { publicKey: key.line, caller }
    },
    ...roleCredentials(parts, records, holdings, judge),
    authorize: judge.authorize,
    authorizeSender: (policy, sender, permission) => {
      if (sender.roleArn === undefined)
        return judge.authorizeService(sender, permission, policy ? [parsePolicy(policy)] : [])
      judge.authorize(callerOfSession(trusting(sender), sender.service.replace(/\..*/, '')), {
        ...permission,
        ...(policy && { resourcePolicy: policy }),
      })
    },
    requireTrust: (sender) => void trusting(sender),
    watch: judge.watch,
    bootstrapAccount: (account, userName, former) =>
      records.transaction(() => bootstrap(parts, records, inAccount(account), userName, former)),
    seedAccount: (account, wanted) =>
      records.transaction(() => seed(parts, records, inAccount(account), wanted)),
  }
}

/** What services get that run code under a role. */
const roleCredentials = (
  parts: Parts,
  records: Records,
  holdings: Holdings,
  judge: Judge,
): Pick<Iam, 'assumeForService' | 'callerOfRole'> => ({
  assumeForService: (roleArn, service, sessionName, seconds = 3_600) => {
    const role = requireRole(records, roleArn)
    const sender = { service, sourceArn: '', sourceAccount: role.account }
    const permission = { action: 'sts:AssumeRole', resource: roleArn }
    judge.authorizeService(sender, permission, holdings.trustOf(role), true)
    const holder = { account: role.account, role: { name: role.name, id: role.id, session: sessionName } }
    return openSession(parts, records, holder, seconds)
  },
  callerOfRole: (roleArn, sessionName) => callerOfSession(requireRole(records, roleArn), sessionName),
})

const requireRole = (records: Records, roleArn: string): RoleRecord => {
  const role = roleOfArn(records, roleArn)
  if (role) return role
  throw new AwsError('AccessDeniedException', `The role ${roleArn} does not exist or cannot be assumed.`)
}
