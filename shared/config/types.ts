/** relay.yml, parsed and checked. Every list is present, every default filled in. */
export interface Config {
  readonly version: 1
  readonly replicate: readonly ReplicationRule[]
  readonly topics: Readonly<Record<string, Topic>>
  readonly notify: readonly NotifyRoute[]
  /** none: nothing is scanned */
  readonly scan: readonly ScanRule[]
  readonly sweep: { readonly everyMinutes: number }
  readonly mirror: MirrorSettings
  readonly safety: SafetySettings
  readonly parking: { readonly days: number }
  /** absent: no failover, and no role may push to a source */
  readonly failover?: {
    /** names of IAM groups, roles and users that are kept from pushing to a source while its direction is swapped */
    readonly freeze: {
      readonly groups: readonly string[]
      readonly roles: readonly string[]
      readonly users: readonly string[]
    }
  }
}

/** A plan is refused when it deletes or rewinds more than `refs` refs and more than `percent` of those that the replica has. */
export interface SafetySettings {
  readonly refs: number
  readonly percent: number
}

export interface ReplicationRule {
  /** source region this rule speaks of; absent: the region Relay is deployed in */
  readonly from?: string
  /** globs of repository names; `!glob` excludes */
  readonly repositories: readonly string[]
  readonly to: readonly ReplicaTarget[]
  /** what happens to a replica ref whose source ref is gone */
  readonly deletes: 'mirror' | 'keep'
  /** replica refs that somebody else moved: told and overwritten, overwritten, or left as they are */
  readonly divergence: 'report' | 'overwrite' | 'keep'
  /** auto: the relay, and the Fargate mirror for what it cannot do */
  readonly way: 'auto' | 'mirror'
  /** key of a repository tag: only repositories that have it, and of `to` only the regions that its value names */
  readonly tag?: string
}

export interface ReplicaTarget {
  readonly region: string
  /** 12 digits; absent: the account Relay is deployed in */
  readonly account?: string
  /** ARN of the role in the other account that Relay assumes */
  readonly role?: string
  readonly externalId?: string
  /** ARN, id or alias of the KMS key with which a missing replica is made */
  readonly kmsKey?: string
}

/** An SNS topic that the stack makes, and who listens to it. */
export interface Topic {
  readonly email: readonly string[]
  /** chat channels that Amazon Q Developer in chat applications serves from this topic: the topic then carries cards only */
  readonly slack?: { readonly workspace: string; readonly channel: string }
  readonly teams?: { readonly tenant: string; readonly team: string; readonly channel: string }
}

/** Whose pushes are searched for secrets. */
export interface ScanRule {
  /** globs of repository names in the region that Relay is deployed in; `!glob` excludes */
  readonly repositories: readonly string[]
}

export type EventKind = 'push' | 'branch' | 'tag' | 'replica' | 'secret'

export interface NotifyRoute {
  readonly topic: string
  /** push: a branch moved; branch, tag: one appeared, moved (tags) or went; replica: what became of replicas; secret: what a scan found */
  readonly events: readonly EventKind[]
  readonly repositories: readonly string[]
}

export interface MirrorSettings {
  /** Fargate CPU units */
  readonly cpu: number
  readonly memoryMiB: number
  /** 21 to 200 */
  readonly ephemeralStorageGiB: number
  /** mirror runs before `Mirror Failed` */
  readonly attempts: number
  /** absent: the stack makes a minimal public network of its own */
  readonly network?: {
    readonly subnets: readonly string[]
    readonly securityGroups: readonly string[]
    readonly assignPublicIp: boolean
  }
}
