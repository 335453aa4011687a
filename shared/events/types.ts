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
export type RelayDetailType = 'Replica Updated' | 'Replica Behind' | 'Mirror Failed'

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
  readonly way: 'mirror'
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

/** One of Relay's own events, decoded from its EventBridge envelope. */
export type RelayEvent = {
  readonly type: 'relay'
  readonly id: string
  readonly at: string
} & (
  | { readonly detailType: 'Replica Updated'; readonly detail: ReplicaUpdated }
  | { readonly detailType: 'Replica Behind'; readonly detail: ReplicaBehind }
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
