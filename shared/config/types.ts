/** relay.yml, parsed and checked. Every list is present, every default filled in. */
export interface Config {
  readonly version: 1
  readonly replicate: readonly ReplicationRule[]
  readonly topics: Readonly<Record<string, Topic>>
  readonly notify: readonly NotifyRoute[]
  readonly sweep: { readonly everyMinutes: number }
  readonly mirror: MirrorSettings
}

export interface ReplicationRule {
  /** source region this rule speaks of; absent: the region Relay is deployed in */
  readonly from?: string
  /** globs of repository names; `!glob` excludes */
  readonly repositories: readonly string[]
  readonly to: readonly ReplicaTarget[]
  /** what happens to a replica ref whose source ref is gone */
  readonly deletes: 'mirror' | 'keep'
}

export interface ReplicaTarget {
  readonly region: string
  /** 12 digits; absent: the account Relay is deployed in */
  readonly account?: string
  /** ARN of the role in the other account that Relay assumes */
  readonly role?: string
  readonly externalId?: string
}

/** An SNS topic that the stack makes, and who listens to it. */
export interface Topic {
  readonly email: readonly string[]
  /** chat channels that Amazon Q Developer in chat applications serves from this topic: the topic then carries cards only */
  readonly slack?: { readonly workspace: string; readonly channel: string }
  readonly teams?: { readonly tenant: string; readonly team: string; readonly channel: string }
}

export type EventKind = 'push' | 'branch' | 'tag' | 'replica'

export interface NotifyRoute {
  readonly topic: string
  /** push: a branch moved; branch, tag: one appeared, moved (tags) or went; replica: Relay's own events */
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
