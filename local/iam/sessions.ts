import type { Credentials, Iam, Parts, PolicyDocument } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import { unrecognized } from './errors.ts'
import { readDocument } from './holdings.ts'
import { keyId, newSecret, newSessionToken, sameSecret } from './ids.ts'
import { rootOf } from './principals.ts'
import {
  arnOf,
  keyOf,
  type Records,
  type RoleRecord,
  type SessionRecord,
  type Tag,
  type UserRecord,
} from './records.ts'

/** How long an expired session still answers "expired" rather than "invalid". */
const FORGET_AFTER_MS = 24 * 3_600_000

/** Whose a new session is, and what narrows and marks it. */
export type SessionHolder = Pick<
  SessionRecord,
  'account' | 'role' | 'user' | 'federated' | 'policies' | 'tags' | 'transitive' | 'sourceIdentity'
>

export type TemporaryCredentials = Credentials & {
  readonly sessionToken: string
  readonly expiration: number
}

/**
 * New temporary credentials, kept so that they outlive a restart.
 * @param seconds how long they are good for
 */
export const openSession = (
  parts: Parts,
  records: Records,
  holder: SessionHolder,
  seconds: number,
): TemporaryCredentials => {
  const now = parts.now()
  const session: SessionRecord = {
    ...holder,
    id: keyId('ASIA', holder.account),
    secret: newSecret(),
    token: newSessionToken(),
    issued: now,
    expires: now + seconds * 1000,
  }
  records.transaction(() => {
    forget(records, now - FORGET_AFTER_MS)
    records.sessions.put(session.id, session)
  })
  return {
    accessKeyId: session.id,
    secretAccessKey: session.secret,
    sessionToken: session.token,
    expiration: session.expires,
  }
}

const forget = (records: Records, before: number): void => {
  for (const [id, old] of records.sessions.entries()) if (old.expires < before) records.sessions.delete(id)
}

export const callerOfUser = (user: UserRecord): Caller => ({
  account: user.account,
  arn: arnOf(user),
  userId: user.id,
  kind: 'user',
  ...tagged(tagMap(user.tags)),
})

export const callerOfRoot = (account: string): Caller => ({
  account,
  arn: rootOf(account),
  userId: account,
  kind: 'root',
})

/** @param tags the session's own, which come before the role's */
export const callerOfSession = (
  role: RoleRecord,
  session: string,
  tags: Readonly<Record<string, string>> = {},
): Caller => ({
  account: role.account,
  arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${session}`,
  userId: `${role.id}:${session}`,
  kind: 'role',
  roleArn: arnOf(role),
  ...tagged(overlaid(tagMap(role.tags), tags)),
})

const tagMap = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))

/** A session tag takes the place of a tag with the same key, whatever its case: IAM user guide, "Pass session tags in AWS STS". */
const overlaid = (
  below: Readonly<Record<string, string>>,
  above: Readonly<Record<string, string>>,
): Record<string, string> => {
  const taken = new Set(Object.keys(above).map((key) => key.toLowerCase()))
  const rest = Object.entries(below).filter(([key]) => !taken.has(key.toLowerCase()))
  return { ...Object.fromEntries(rest), ...above }
}

const tagged = (tags: Readonly<Record<string, string>>): Pick<Caller, 'tags'> =>
  Object.keys(tags).length > 0 ? { tags } : {}

/**
 * Finds whose key a request was signed with.
 * @returns a function that throws {@link AwsError} UnrecognizedClientException, ExpiredTokenException
 */
export const createKeyResolver = (parts: Parts, records: Records): Iam['resolveKey'] => {
  const policiesKept = new WeakMap<SessionRecord, readonly PolicyDocument[]>()
  const sessionPolicies = (session: SessionRecord): Pick<Caller, 'sessionPolicies'> => {
    if (!session.policies) return {}
    // the same list each time: what is read from it is kept by it
    const known = policiesKept.get(session) ?? session.policies.map(readDocument)
    policiesKept.set(session, known)
    return { sessionPolicies: known }
  }
  return (accessKeyId, sessionToken) => {
    const key = records.keys.get(accessKeyId)
    if (key) {
      if (!key.active || sessionToken) throw unrecognized()
      const caller = longLived(records, key.account, key.user)
      if (!caller) throw unrecognized()
      return { secretAccessKey: key.secret, caller: { ...caller, accessKeyId } }
    }
    const session = records.sessions.get(accessKeyId)
    if (!session || !sameSecret(session.token, sessionToken ?? '')) throw unrecognized()
    if (session.expires <= parts.now())
      throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired')
    const caller = callerBehind(records, session)
    if (!caller) throw unrecognized()
    const { issued, sourceIdentity } = session
    return {
      secretAccessKey: session.secret,
      caller: {
        ...caller,
        accessKeyId,
        ...(issued !== undefined && { issued }),
        ...(sourceIdentity !== undefined && { sourceIdentity }),
        ...sessionPolicies(session),
      },
    }
  }
}

/** The caller of an access key, a Git password or an SSH key; an empty name is the account's root. */
export const longLived = (records: Records, account: string, user: string): Caller | undefined => {
  if (user === '') return callerOfRoot(account)
  const record = records.users.get(keyOf(account, user))
  return record && callerOfUser(record)
}

const callerBehind = (records: Records, session: SessionRecord): Caller | undefined => {
  const { account, tags = {} } = session
  if (session.role) {
    const role = records.roles.get(keyOf(account, session.role.name))
    // a role deleted and made again is another role: its id tells
    return role?.id === session.role.id ? callerOfSession(role, session.role.session, tags) : undefined
  }
  const owner = longLived(records, account, session.user ?? '')
  if (!owner || session.federated === undefined) return owner
  return {
    account,
    arn: `arn:aws:sts::${account}:federated-user/${session.federated}`,
    userId: `${account}:${session.federated}`,
    kind: 'federated',
    userArn: owner.arn,
    ...tagged(overlaid(owner.tags ?? {}, tags)),
  }
}
