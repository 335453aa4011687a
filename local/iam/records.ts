import type { Parts } from '../contracts.ts'
import { type Cached, cached } from './cached.ts'
import { migrateIdentity, migratePolicy } from './migrate.ts'

export interface Tag {
  readonly Key: string
  readonly Value: string
}

/** What users, groups and roles have in common. Times are milliseconds since the epoch, policies the texts that were given. */
export interface Identity {
  readonly account: string
  readonly name: string
  readonly path: string
  readonly id: string
  readonly created: number
  /** texts by policy name */
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of managed policies */
  readonly attached: readonly string[]
}

export interface UserRecord extends Identity {
  readonly kind: 'user'
  readonly tags?: readonly Tag[]
  /** ARN of the permissions boundary */
  readonly boundary?: string
  /** ids of groups */
  readonly groups?: readonly string[]
}

export interface GroupRecord extends Identity {
  readonly kind: 'group'
}

export interface RoleRecord extends Identity {
  readonly kind: 'role'
  readonly trust: string
  /** unique ids of the users and roles that the trust policy names, by ARN: who is made anew is somebody else */
  readonly trusted?: Readonly<Record<string, string>>
  readonly description?: string
  readonly maxSessionSeconds: number
  readonly tags?: readonly Tag[]
  readonly boundary?: string
}

export type AnyIdentity = UserRecord | GroupRecord | RoleRecord

export interface KeyRecord {
  readonly id: string
  readonly account: string
  /** empty: the account's root */
  readonly user: string
  readonly secret: string
  readonly active: boolean
  readonly created: number
}

export interface SessionRecord {
  readonly id: string
  readonly secret: string
  readonly token: string
  readonly expires: number
  /** absent in sessions of older versions */
  readonly issued?: number
  readonly account: string
  /** a role's session ... */
  readonly role?: { readonly name: string; readonly id: string; readonly session: string }
  /** ... or a user's own (GetSessionToken), empty for the account's root */
  readonly user?: string
  /** GetFederationToken's name, of a session for that user */
  readonly federated?: string
  /** texts; absent: nothing narrows the session */
  readonly policies?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  /** keys of the tags that go on to further roles */
  readonly transitive?: readonly string[]
  readonly sourceIdentity?: string
}

export interface GitCredentialRecord {
  readonly id: string
  readonly account: string
  readonly user: string
  /** `<user>-at-<account>` */
  readonly serviceUserName: string
  readonly password: string
  readonly active: boolean
  readonly created: number
  /** absent: CodeCommit */
  readonly service?: string
}

export interface SshKeyRecord {
  readonly id: string
  readonly account: string
  readonly user: string
  /** as it was uploaded */
  readonly body: string
  /** `ssh-rsa AAAA...` */
  readonly line: string
  readonly fingerprint: string
  readonly active: boolean
  readonly created: number
}

export interface PolicyVersionRecord {
  readonly id: string
  readonly text: string
  readonly created: number
}

export interface PolicyRecord {
  readonly arn: string
  readonly id: string
  readonly account: string
  readonly name: string
  readonly path: string
  readonly created: number
  readonly updated: number
  readonly description?: string
  readonly tags?: readonly Tag[]
  /** oldest first */
  readonly versions: readonly PolicyVersionRecord[]
  readonly defaultVersion: string
  /** number of the next version: those of deleted ones are not given again */
  readonly next: number
}

/** When a key or a role was last used. */
export interface UsageRecord {
  readonly at: number
  readonly region: string
  readonly service: string
}

/** What `seedAccount` last gave an account. */
export interface SeedRecord {
  readonly rootKey?: string
  /** key in `gitCredentials` */
  readonly gitUser?: string
}

/** All that IAM remembers. */
export interface Records {
  readonly users: Cached<UserRecord>
  readonly groups: Cached<GroupRecord>
  readonly roles: Cached<RoleRecord>
  /** by ARN */
  readonly policies: Cached<PolicyRecord>
  /** by key id */
  readonly keys: Cached<KeyRecord>
  /** by key id */
  readonly sessions: Cached<SessionRecord>
  /** by the name that Git sends; other services' by service and name */
  readonly gitCredentials: Cached<GitCredentialRecord>
  /** by key id */
  readonly sshKeys: Cached<SshKeyRecord>
  /** by key id, or role id */
  readonly usage: Cached<UsageRecord>
  readonly aliases: Cached<{ readonly alias: string }>
  readonly seeds: Cached<SeedRecord>
  readonly bootstrap: Cached<{ keyId: string; gitUserName: string }>
  /** grows with every change of users, groups, roles and policies: what was derived from them before is stale */
  generation(): number
  /** all or nothing */
  transaction<T>(work: () => T): T
}

export const openRecords = ({ store }: Parts): Records => {
  let generation = 0
  const changed = () => {
    generation += 1
  }
  const collections = {
    users: cached<UserRecord>(store.collection('iam.users'), changed, migrateIdentity),
    groups: cached<GroupRecord>(store.collection('iam.groups'), changed),
    roles: cached<RoleRecord>(store.collection('iam.roles'), changed, migrateIdentity),
    policies: cached<PolicyRecord>(store.collection('iam.policies'), changed, migratePolicy),
    keys: cached<KeyRecord>(store.collection('iam.keys')),
    sessions: cached<SessionRecord>(store.collection('iam.sessions')),
    gitCredentials: cached<GitCredentialRecord>(store.collection('iam.git-credentials')),
    sshKeys: cached<SshKeyRecord>(store.collection('iam.ssh-keys')),
    usage: cached<UsageRecord>(store.collection('iam.usage')),
    aliases: cached<{ alias: string }>(store.collection('iam.aliases')),
    seeds: cached<SeedRecord>(store.collection('iam.seeds')),
    bootstrap: cached<{ keyId: string; gitUserName: string }>(store.collection('iam.bootstrap')),
  }
  return {
    ...collections,
    generation: () => generation,
    transaction: (work) => {
      try {
        return store.transaction(work)
      } catch (error) {
        // what was written before the failure is rolled back in the store, not yet in memory
        for (const collection of Object.values(collections)) collection.reload()
        throw error
      }
    },
  }
}

export const keyOf = (account: string, name: string): string => `${account}/${name}`

export const arnOf = ({ account, kind, path, name }: AnyIdentity): string =>
  `arn:aws:iam::${account}:${kind}${path}${name}`
