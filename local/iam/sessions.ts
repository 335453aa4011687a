import type { Credentials, Parts } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import { newId, newSecret, newSessionToken, sameSecret } from './ids.ts'
import {
  arnOf,
  keyOf,
  type Records,
  type RoleRecord,
  type SessionRecord,
  type UserRecord,
} from './records.ts'

/** How long an expired session still answers "expired" rather than "invalid". */
const FORGET_AFTER_MS = 24 * 3_600_000

/**
 * New temporary credentials, kept so that they outlive a restart.
 * @param seconds how long they are good for
 */
export const openSession = (
  parts: Parts,
  records: Records,
  holder: { readonly role: RoleRecord; readonly session: string } | { readonly user: UserRecord },
  seconds: number,
): Credentials & { readonly sessionToken: string; readonly expiration: number } => {
  const now = parts.now()
  const session: SessionRecord = {
    id: newId('ASIA', 20),
    secret: newSecret(),
    token: newSessionToken(),
    expires: now + seconds * 1000,
    ...('role' in holder
      ? {
          account: holder.role.account,
          role: { name: holder.role.name, id: holder.role.id, session: holder.session },
        }
      : { account: holder.user.account, user: holder.user.name }),
  }
  parts.store.transaction(() => {
    for (const [id, old] of records.sessions.entries())
      if (old.expires + FORGET_AFTER_MS < now) records.sessions.delete(id)
    records.sessions.put(session.id, session)
  })
  return {
    accessKeyId: session.id,
    secretAccessKey: session.secret,
    sessionToken: session.token,
    expiration: session.expires,
  }
}

export const callerOfUser = (user: UserRecord): Caller => ({
  account: user.account,
  arn: arnOf(user),
  userId: user.id,
  kind: 'user',
})

export const callerOfSession = (role: RoleRecord, session: string): Caller => ({
  account: role.account,
  arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${session}`,
  userId: `${role.id}:${session}`,
  kind: 'role',
  roleArn: arnOf(role),
})

/**
 * Whose key this is.
 * @throws {AwsError} UnrecognizedClientException, ExpiredTokenException
 */
export const resolveKey = (
  parts: Parts,
  records: Records,
  accessKeyId: string,
  sessionToken: string | undefined,
): { secretAccessKey: string; caller: Caller } => {
  const key = records.keys.get(accessKeyId)
  if (key) {
    const user = records.users.get(keyOf(key.account, key.user))
    if (!key.active || !user || sessionToken) throw unrecognized()
    return { secretAccessKey: key.secret, caller: callerOfUser(user) }
  }
  const session = records.sessions.get(accessKeyId)
  if (!session || !sameSecret(session.token, sessionToken ?? '')) throw unrecognized()
  if (session.expires <= parts.now())
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired')
  const caller = callerBehind(records, session)
  if (!caller) throw unrecognized()
  return { secretAccessKey: session.secret, caller }
}

const callerBehind = (records: Records, session: SessionRecord): Caller | undefined => {
  if (session.role) {
    const role = records.roles.get(keyOf(session.account, session.role.name))
    // a role deleted and made again is another role: its id tells
    return role?.id === session.role.id ? callerOfSession(role, session.role.session) : undefined
  }
  const user = records.users.get(keyOf(session.account, session.user ?? ''))
  return user && callerOfUser(user)
}

const unrecognized = () =>
  new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
