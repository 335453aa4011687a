import type { Iam, Parts } from '../contracts.ts'
import { addKey } from './access-keys.ts'
import { addGitCredential } from './git-credentials.ts'
import { newId } from './ids.ts'
import {
  type GitCredentialRecord,
  type KeyRecord,
  keyOf,
  type Records,
  type SeedRecord,
  type UserRecord,
} from './records.ts'
import { addUser } from './users.ts'

const FULL_ACCESS = 'arn:aws:iam::aws:policy/AWSCodeCommitFullAccess'

type Access = ReturnType<Iam['bootstrapAccount']>

/** Found again as long as user, key and Git credential exist; what somebody deleted is made anew, or again as it was. */
export const bootstrap = (
  parts: Parts,
  records: Records,
  account: string,
  userName: string,
  former?: Parameters<Iam['bootstrapAccount']>[2],
): Access => {
  const known = records.bootstrap.get(account)
  const existing = records.users.get(keyOf(account, userName))
  const user = existing ?? addUser(parts, records, account, userName)
  if (!existing) {
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
    const administrator = JSON.stringify({ Version: '2012-10-17', Statement: [everything] })
    records.users.put(keyOf(account, userName), { ...user, inline: { Administrator: administrator } })
  }
  const place = { account, user: userName }
  const oldKey = known && records.keys.get(known.keyId)
  const key =
    oldKey?.user === userName
      ? oldKey
      : former
        ? putKey(parts, records, place, former.credentials.accessKeyId, former.credentials.secretAccessKey)
        : addKey(parts, records, place)
  const oldGit = known && records.gitCredentials.get(known.gitUserName)
  const git =
    oldGit?.user === userName
      ? oldGit
      : former?.gitUserName !== undefined && former.gitPassword !== undefined
        ? putGitCredential(parts, records, place, former.gitUserName, former.gitPassword)
        : addGitCredential(parts, records, user)
  records.bootstrap.put(account, { keyId: key.id, gitUserName: git.serviceUserName })
  return {
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    gitUserName: git.serviceUserName,
    gitPassword: git.password,
  }
}

/** Puts in place exactly the credentials that are asked for; what an earlier seed left and nobody asks for any more goes. */
export const seed = (
  parts: Parts,
  records: Records,
  account: string,
  { rootKey, gitUser }: Parameters<Iam['seedAccount']>[1],
): void => {
  const former = records.seeds.get(account) ?? {}
  if (former.rootKey !== undefined && former.rootKey !== rootKey?.id) records.keys.delete(former.rootKey)
  if (former.gitUser !== undefined && former.gitUser !== gitUser?.name)
    records.gitCredentials.delete(former.gitUser)
  if (rootKey) putKey(parts, records, { account, user: '' }, rootKey.id, rootKey.secret)
  if (gitUser) seedGitUser(parts, records, account, gitUser)
  const next: SeedRecord = {
    ...(rootKey && { rootKey: rootKey.id }),
    ...(gitUser && { gitUser: gitUser.name }),
  }
  records.seeds.put(account, next)
}

interface Place {
  readonly account: string
  /** empty: the account's root */
  readonly user: string
}

const putKey = (parts: Parts, records: Records, place: Place, id: string, secret: string): KeyRecord => {
  const created = records.keys.get(id)?.created ?? parts.now()
  const key: KeyRecord = { ...place, id, secret, active: true, created }
  records.keys.put(id, key)
  return key
}

const putGitCredential = (
  parts: Parts,
  records: Records,
  place: Place,
  serviceUserName: string,
  password: string,
): GitCredentialRecord => {
  const known = records.gitCredentials.get(serviceUserName)
  const credential: GitCredentialRecord = {
    ...place,
    id: known?.id ?? newId('ACCA', 21),
    serviceUserName,
    password,
    active: true,
    created: known?.created ?? parts.now(),
  }
  records.gitCredentials.put(serviceUserName, credential)
  return credential
}

const seedGitUser = (
  parts: Parts,
  records: Records,
  account: string,
  { name, password }: { readonly name: string; readonly password: string },
): void => {
  const userName = /^(.+?)(?:\+\d+)?-at-\d{12}$/.exec(name)?.[1] ?? name
  const user: UserRecord =
    records.users.get(keyOf(account, userName)) ?? addUser(parts, records, account, userName)
  if (!user.attached.includes(FULL_ACCESS))
    records.users.put(keyOf(account, userName), { ...user, attached: [...user.attached, FULL_ACCESS] })
  putGitCredential(parts, records, { account, user: userName }, name, password)
}
