import type { Iam, Parts } from '../contracts.ts'
import { AwsError, type Call, type Permission, type Service } from '../gateway/service.ts'
import { addGitCredential, gitCredentialOperations } from './git-credentials.ts'
import { identityPolicyOperations } from './identity-policies.ts'
import { sameSecret } from './ids.ts'
import { createJudge, type Judge, senderContext } from './judge.ts'
import { managedPolicyOperations } from './managed-policies.ts'
import { arnOf, keyOf, openRecords, type Records } from './records.ts'
import { roleOperations } from './roles.ts'
import { callerOfSession, callerOfUser, openSession, resolveKey } from './sessions.ts'
import { createSts, roleOf } from './sts.ts'
import { addKey, addUser, userOperations } from './users.ts'

/**
 * Identities, their keys and what they may do, all kept in the store.
 * @param accounts the account numbers that exist
 */
export const createIam = ({ parts, accounts }: { parts: Parts; accounts: readonly string[] }): Iam => {
  const records = openRecords(parts)
  const judge = createJudge(parts, records)
  const iam: Service = {
    name: 'iam',
    permissions: (operation, input, call) => iamPermissions(records, operation, input, call),
    operations: {
      ...roleOperations(parts, records),
      ...userOperations(parts, records),
      ...identityPolicyOperations(records),
      ...managedPolicyOperations(parts, records),
      ...gitCredentialOperations(parts, records),
    },
  }
  return {
    services: [iam, createSts(parts, records, judge)],
    resolveKey: (accessKeyId, sessionToken) => resolveKey(parts, records, accessKeyId, sessionToken),
    resolveGitCredential: (userName, password) => {
      const credential = records.gitCredentials.get(userName)
      // compared even when there is none, so that the time does not tell which names exist
      const same = sameSecret(credential?.password ?? '', password)
      if (!credential?.active || !same) return undefined
      const user = records.users.get(keyOf(credential.account, credential.user))
      return user && callerOfUser(user)
    },
    assumeForService: (roleArn, service, sessionName, seconds = 3_600) => {
      const role = requireRole(records, roleArn)
      const permission = { action: 'sts:AssumeRole', resource: roleArn }
      const trusted = judge.verdictOfPolicy(
        role.trust,
        { arns: [], service },
        { action: permission.action, context: new Map([['aws:sourceaccount', [role.account]]]) },
      )
      if (trusted !== 'allow') throw judge.refusal(service, permission, trusted, 'trust')
      return openSession(parts, records, { role, session: sessionName }, seconds)
    },
    callerOfRole: (roleArn, sessionName) => callerOfSession(requireRole(records, roleArn), sessionName),
    authorize: (caller, permission) => {
      const decision = judge.verdictOf(caller, permission)
      if (decision !== 'allow') throw judge.refusal(caller.arn, permission, decision, 'identity-based')
    },
    authorizeSender: (policy, sender, permission) =>
      authorizeSender(parts, records, judge, policy, sender, permission),
    resolveSshKey: () => undefined,
    seedAccount: () => {
      throw new Error('not made yet')
    },
    watch: () => () => {},
    bootstrapAccount: (account, userName) => {
      if (!accounts.includes(account)) throw new Error(`the local cloud has no account ${account}`)
      return parts.store.transaction(() => bootstrap(parts, records, account, userName))
    },
  }
}

const requireRole = (records: Records, roleArn: string) => {
  const role = roleOf(records, roleArn)
  if (role) return role
  throw new AwsError('AccessDeniedException', `The role ${roleArn} does not exist or cannot be assumed.`)
}

/** With a role of its own a sender is judged as that role; without one the resource's policy must let it in. */
const authorizeSender = (
  parts: Parts,
  records: Records,
  judge: Judge,
  policy: Parameters<Iam['authorizeSender']>[0],
  sender: Parameters<Iam['authorizeSender']>[1],
  permission: Permission,
): void => {
  const { action, resource } = permission
  if (sender.roleArn === undefined) {
    const question = { action, resource, context: senderContext(sender, permission, parts.now()) }
    const decision = policy
      ? judge.verdictOfPolicy(policy, { arns: [], service: sender.service }, question)
      : 'implicitDeny'
    if (decision !== 'allow') throw judge.refusal(sender.service, permission, decision, 'resource-based')
    return
  }
  const caller = callerOfSession(requireRole(records, sender.roleArn), sender.service.replace(/\..*/, ''))
  const own = judge.verdictOf(caller, permission)
  if (own !== 'allow') throw judge.refusal(caller.arn, permission, own, 'identity-based')
  const question = { action, resource, context: judge.contextOf(caller, permission) }
  const principal = { arns: [caller.arn, sender.roleArn], account: caller.account }
  const theirs = policy ? judge.verdictOfPolicy(policy, principal, question) : 'implicitDeny'
  const foreign = resource.split(':')[4] !== caller.account
  if (theirs === 'explicitDeny' || (foreign && theirs !== 'allow'))
    throw judge.refusal(caller.arn, permission, theirs, 'resource-based')
}

/** Found again as long as user, key and Git credential exist; what somebody deleted is made anew. */
const bootstrap = (
  parts: Parts,
  records: Records,
  account: string,
  userName: string,
): ReturnType<Iam['bootstrapAccount']> => {
  const known = records.bootstrap.get(account)
  const existing = records.users.get(keyOf(account, userName))
  const user = existing ?? addUser(parts, records, account, userName)
  if (!existing) {
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
    const administrator = { Version: '2012-10-17', Statement: [everything] }
    records.users.put(keyOf(account, userName), { ...user, inline: { Administrator: administrator } })
  }
  const oldKey = known && records.keys.get(known.keyId)
  const key = oldKey?.user === userName ? oldKey : addKey(parts, records, user)
  const oldGit = known && records.gitCredentials.get(known.gitUserName)
  const git = oldGit?.user === userName ? oldGit : addGitCredential(parts, records, user)
  records.bootstrap.put(account, { keyId: key.id, gitUserName: git.serviceUserName })
  return {
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    gitUserName: git.serviceUserName,
    gitPassword: git.password,
  }
}

/** `iam:<Operation>` on the user, role or policy that the call names; on the caller itself where a name may be left out. */
const iamPermissions = (
  records: Records,
  operation: string,
  input: { UserName?: string; RoleName?: string; PolicyName?: string; PolicyArn?: string },
  { account, caller }: Call,
): readonly Permission[] => {
  const arn = (kind: string, name: string) => `arn:aws:iam::${account}:${kind}/${name}`
  const resource = (): string => {
    if (input.RoleName !== undefined) {
      const role = records.roles.get(keyOf(account, input.RoleName))
      return role ? arnOf(role) : arn('role', input.RoleName)
    }
    if (input.UserName !== undefined) {
      const user = records.users.get(keyOf(account, input.UserName))
      return user ? arnOf(user) : arn('user', input.UserName)
    }
    if (/^List(Roles|Users|Policies)$/.test(operation)) return '*'
    if (input.PolicyArn !== undefined) return input.PolicyArn
    if (input.PolicyName !== undefined) return arn('policy', input.PolicyName)
    return caller.kind === 'user' ? caller.arn : '*'
  }
  return [{ action: `iam:${operation}`, resource: resource() }]
}
