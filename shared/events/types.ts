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
  | 'Secret Found'
  | 'Secret Resolved'
  | 'Scan Incomplete'
  | 'Scan Rules Invalid'

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

/** Findings, gaps or mistakes named in one event: it has to fit into 256 KiB. */
export const MAX_NAMED_FINDINGS = 50

/** A secret at one place of a repository, without the secret itself. */
export interface NamedFinding {
  /** keyed hash of rule and secret: the same secret, the same fingerprint, wherever it is */
  readonly fingerprint: string
  readonly rule: string
  readonly description: string
  readonly action: 'block' | 'advise'
  /** where in the repository's data */
  readonly place: 'file' | 'commit-message' | 'tag-message' | 'path' | 'ref-name'
  /** empty where there is no file; of a branch or tag its full name, masked */
  readonly path: string
  /** from 1; absent for a path */
  readonly line?: number
  readonly column?: number
  /** the commit, or tag, that brought it */
  readonly commit?: string
  readonly author?: string
  /** full names of refs that lead to it: at most {@link MAX_NAMED_REFS_OF_FINDING} */
  readonly refs: readonly string[]
  /** with at most a fifth of the secret's characters */
  readonly redacted: string
  /** what is known of the secret: the AWS account that it belongs to */
  readonly note?: string
  /** other repositories in which the same secret was found */
  readonly elsewhere: number
  /** at most {@link MAX_NAMED_ELSEWHERE} of these; absent: none, or an event of a version that only counted them */
  readonly others?: readonly OtherPlace[]
  /** was resolved or allowed before */
  readonly again: boolean
}

export const MAX_NAMED_REFS_OF_FINDING = 5

/** Repositories named of those that hold the same secret; beyond, nobody there is told of another one. */
export const MAX_NAMED_ELSEWHERE = 3

/** Where the same secret is, or was, in another repository: the place where it is open, if there is one. */
export interface OtherPlace extends Pick<NamedFinding, 'place' | 'path' | 'line' | 'commit'> {
  readonly repository: RepositoryAddress
  readonly state: 'open' | 'allowed' | 'resolved'
  /** one that leads there */
  readonly refs: readonly string[]
  /** whoever hears of that repository is to hear that the secret is here as well */
  readonly news?: boolean
}

/** What one scan of a repository found that nobody was told of before. */
export interface SecretFound {
  readonly repository: RepositoryAddress
  /** at most {@link MAX_NAMED_FINDINGS} of them, those that block first */
  readonly findings: readonly NamedFinding[]
  readonly found: number
  /** how many of all may block */
  readonly blocking: number
  /** `task`: it was more than the function could do; absent: the function */
  readonly way?: 'task'
  readonly nextStep: string
}

/**
 * What was found before is gone from every branch, or with its repository, or somebody allowed it. A secret that was pushed stays
 * leaked.
 */
export interface SecretResolved {
  readonly repository: RepositoryAddress
  readonly findings: readonly (NamedFinding & {
    readonly how: 'gone' | 'deleted' | 'allowed'
    readonly why?: string
  })[]
  readonly resolved: number
  readonly nextStep: string
}

/** What a scan could not look at. */
export interface ScanIncomplete {
  readonly repository: RepositoryAddress
  /** at most {@link MAX_NAMED_FINDINGS} of them */
  readonly gaps: readonly {
    /** `time`, `size`, `findings`, `pattern`, `broken`, `missing`; or a sentence, where a scan was given up */
    readonly reason: string
    readonly path?: string
    readonly commit?: string
    readonly rule?: string
    readonly bytes?: number
  }[]
  readonly gapsInAll: number
  readonly nextStep: string
}

/** Mistakes in the team's own rules; where they are refused, the shipped rules stay in force. */
export interface ScanRulesInvalid {
  readonly repository: RepositoryAddress
  readonly file: string
  /** in sentences, with line and key; at most {@link MAX_NAMED_FINDINGS} of them */
  readonly mistakes: readonly string[]
  readonly mistakesInAll: number
  /** whether the file is used without what is wrong */
  readonly used: boolean
  readonly nextStep: string
}

/** One of Relay's own events, decoded from its EventBridge envelope. */
export type RelayEvent = ReplicaEvent | ScanEvent

interface RelayStamp {
  readonly type: 'relay'
  readonly id: string
  /** ISO 8601 */
  readonly at: string
}

/** What a scan has to say. */
export type ScanEvent = RelayStamp &
  (
    | { readonly detailType: 'Secret Found'; readonly detail: SecretFound }
    | { readonly detailType: 'Secret Resolved'; readonly detail: SecretResolved }
    | { readonly detailType: 'Scan Incomplete'; readonly detail: ScanIncomplete }
    | { readonly detailType: 'Scan Rules Invalid'; readonly detail: ScanRulesInvalid }
  )

/** What became of a replica. */
export type ReplicaEvent = RelayStamp &
  (
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
  /** of Relay's container; absent when it never ran */
  readonly exitCode?: number
  /** environment overrides with which the task was started */
  readonly environment: Readonly<Record<string, string>>
}

/** Work for `scan` that no push announced. Travels in the scan queue only, with the detail type `Scan Requested`. */
export interface ScanRequest {
  readonly type: 'scan-request'
  readonly id: string
  readonly at: string
  readonly repository: RepositoryAddress
  readonly reason: string
}

export type RelayInput = RepositoryEvent | RelayEvent | ReplicationRequest | ScanRequest | TaskStopped
