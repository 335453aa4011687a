import type { RepositoryAddress } from '../codecommit/address.ts'

/** One ref that moved. `oldCommit` is unknown for a created ref, and always for a trigger record, which never carries it. */
export interface RefChange {
  readonly kind: 'created' | 'updated' | 'deleted'
  /** full name: `refs/heads/main` */
  readonly ref: string
  readonly refType: 'branch' | 'tag'
  /** new tip; absent for a deletion */
  readonly commit?: string
  readonly oldCommit?: string
}

/** A push, or an API call that moved refs, as EventBridge or a built-in trigger reported it. A hint, never the truth. */
export interface RepositoryEvent {
  readonly type: 'repository'
  readonly id: string
  readonly via: 'eventbridge' | 'trigger'
  /** a trigger's test event (`TriggerEventTest`) */
  readonly test: boolean
  readonly repository: RepositoryAddress
  /** ISO 8601, UTC */
  readonly at: string
  /** ARN of whoever acted; may be absent from real events */
  readonly actor?: string
  /** from session tags `displayName`, `emailAddress`, where the identity provider sets them */
  readonly actorName?: string
  readonly changes: readonly RefChange[]
}

export const RELAY_SOURCE = 'codecommit-relay'

/** Detail types that Relay puts on the bus, with source {@link RELAY_SOURCE}. */
export type RelayDetailType =
  | 'Replica Updated'
  | 'Replica Behind'
  | 'Replica Diverged'
  | 'Replica Incomplete'
  | 'Plan Refused'
  | 'Source Missing'
  | 'Mirror Failed'

/** How a replica was brought up to date: `fast-path` and `relay` stream the change, `mirror` is the Fargate task. */
export type Way = 'fast-path' | 'relay' | 'mirror'

export interface ReplicaUpdated {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  /** number of refs that both sides hold */
  readonly refs: number
  readonly created: number
  readonly updated: number
  readonly deleted: number
  /** `sha256:<hex>` over the sorted (name, oid) pairs, equal on both sides */
  readonly digest: string
  /** from the oldest unproven event to the proof; absent when no event announced the work */
  readonly replicaLagMs?: number
  readonly way: Way
  /** why this way was taken; absent from events of versions that had one way only */
  readonly wayReason?: string
  readonly reason: string
  /** ISO 8601 */
  readonly provenAt: string
}

export interface ReplicaBehind {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly refsBehind: number
  /** ISO 8601: oldest unproven event, or when the sweep saw it */
  readonly since: string
  readonly reason: string
}

export interface MirrorFailed {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly attempts: number
  /** a code of shared/runtime/errors.ts */
  readonly code: string
  readonly reason: string
  /** what a person should do now */
  readonly nextStep: string
}

/** Somebody other than Relay moved refs of the replica. */
export interface ReplicaDiverged {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  /** at most {@link MAX_NAMED_REFS} of them; `parked`: where the replica's tip can be had, absent when it was kept in place */
  readonly refs: readonly { readonly ref: string; readonly found: string; readonly parked?: boolean }[]
  readonly refsDiverged: number
  /** overwritten: the source's refs took their place; kept: they were left as they are */
  readonly outcome: 'overwritten' | 'kept'
}

/** Names in one event: it has to fit into 256 KiB. */
export const MAX_NAMED_REFS = 50

/** Refs are equal, and still something is missing that Git does not carry. */
export interface ReplicaIncomplete {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly cause: 'git-lfs'
  /** where it was seen, for example `.gitattributes` of a branch */
  readonly seenIn: string
  readonly nextStep: string
}

/** A plan would have deleted or rewound too much at once; the replica is left as it is. */
export interface PlanRefused {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly deletions: number
  readonly rewinds: number
  /** refs of the replica */
  readonly refs: number
  readonly reason: string
  readonly nextStep: string
}

/** The source repository is gone; the replica is kept. */
export interface SourceMissing {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
  readonly nextStep: string
}

/** One of Relay's own events, decoded from its EventBridge envelope. */
export type RelayEvent = {
  readonly type: 'relay'
  readonly id: string
  readonly at: string
} & (
  | { readonly detailType: 'Replica Updated'; readonly detail: ReplicaUpdated }
  | { readonly detailType: 'Replica Behind'; readonly detail: ReplicaBehind }
  | { readonly detailType: 'Replica Diverged'; readonly detail: ReplicaDiverged }
  | { readonly detailType: 'Replica Incomplete'; readonly detail: ReplicaIncomplete }
  | { readonly detailType: 'Plan Refused'; readonly detail: PlanRefused }
  | { readonly detailType: 'Source Missing'; readonly detail: SourceMissing }
  | { readonly detailType: 'Mirror Failed'; readonly detail: MirrorFailed }
)

/** What an event of Relay's own says, by its detail type. */
export type DetailOf<T extends RelayDetailType> = Extract<RelayEvent, { detailType: T }>['detail']

/**
 * Work for `replicate` that no push announced: the sweep found a difference, or a mirror must be tried again. Travels in the
 * replicate queue only, as an envelope with source {@link RELAY_SOURCE} and detail type `Replication Requested`.
 */
export interface ReplicationRequest {
  readonly type: 'request'
  readonly id: string
  readonly at: string
  readonly repository: RepositoryAddress
  /** absent: every replica that relay.yml names */
  readonly replica?: RepositoryAddress
  readonly reason: string
  /** mirror runs already tried for this work */
  readonly attempt: number
  /** `mirror`: the Fargate task is asked for; `force`: a plan that loses much is meant */
  readonly by?: 'mirror' | 'force'
}

/** ECS Task State Change of a task that has stopped. */
export interface TaskStopped {
  readonly type: 'task-stopped'
  readonly id: string
  readonly at: string
  readonly taskArn: string
  readonly stopCode?: string
  readonly stoppedReason?: string
  /** of the mirror container; absent when it never ran */
  readonly exitCode?: number
  /** environment overrides with which the task was started */
  readonly environment: Readonly<Record<string, string>>
}

export type RelayInput = RepositoryEvent | RelayEvent | ReplicationRequest | TaskStopped
