import type { RepositoryAddress } from '../codecommit/address.ts'

/** A source and one of its replicas. */
export interface Pair {
  readonly repository: RepositoryAddress
  readonly replica: RepositoryAddress
}

/** That both sides held the same refs. */
export interface Proof {
  /** `sha256:<hex>` over the sorted (name, oid) pairs */
  readonly digest: string
  readonly refs: number
  /** ISO 8601 */
  readonly at: string
}

export interface RefCounts {
  readonly created: number
  readonly updated: number
  readonly deleted: number
}

/** What is about to change on a replica, or did, and how. */
export interface Pending extends RefCounts {
  /** absent from records of versions that knew the mirror only */
  readonly way?: 'fast-path' | 'relay' | 'mirror'
  readonly wayReason?: string
}

/** A mirror task as it was, or may have been, started: with the same three values ECS starts it once. */
export interface Launch {
  /** RunTask's client token, and the name under which the task's end is reported */
  readonly token: string
  readonly attempt: number
  readonly reason: string
  readonly force: boolean
}

/** One worker's right to work on a replica. Times in milliseconds since the epoch. */
export interface Claim {
  readonly id: string
  /** afterwards anybody may take it over */
  readonly until: number
  readonly at: number
  /** mirror runs tried before this one */
  readonly attempt: number
  readonly reason: string
  /** ids of the queue messages for which it was taken */
  readonly messages: readonly string[]
  /** a mirror is being started under this claim, or runs; whoever takes the claim over before `task` is known starts the same */
  readonly launch?: Launch
  /** ARN of the mirror task, once it was started */
  readonly task?: string
}

/** A plan that would have lost too much, as it was told. Digests are of shared/replication/refused.ts. */
export interface Refusal {
  /** of everything that was to change: the same refs are not tried again by the sweep */
  readonly plan: string
  /** of what would have been lost: the same loss is not told again */
  readonly loss: string
  readonly deletions: number
  readonly rewinds: number
  readonly reason: string
  /** ISO 8601 */
  readonly at: string
}

export interface Failure {
  readonly code: string
  readonly reason: string
  readonly attempts: number
  /** ISO 8601 */
  readonly at: string
}

/** How a replica was last brought up to date, and why that way. */
export interface LastWay {
  readonly way: 'fast-path' | 'relay' | 'mirror'
  readonly reason: string
}

/** What the sweep asks for in vain: it asks again with growing pauses. */
export interface Paced {
  /** requests that came to nothing so far */
  readonly asks: number
  /** milliseconds since the epoch: not asked for again before */
  readonly until: number
  /** unread: a side could not be read; different: the work fails */
  readonly over: 'unread' | 'different'
}

/** What is known of one replica. */
export interface ReplicaRecord extends Pair {
  /**
   * replicating: claimed, or waiting to be tried again; unknown: announced, never looked at; refused: a plan waits for a person;
   * kept: equal but for refs that relay.yml says to leave as they are; source-missing: the replica is what is left
   */
  readonly status:
    | 'unknown'
    | 'replicating'
    | 'equal'
    | 'behind'
    | 'failed'
    | 'refused'
    | 'kept'
    | 'source-missing'
  readonly claim?: Claim
  /** somebody wanted the claimed replica: look once more before closing the claim */
  readonly dirty: boolean
  /** milliseconds since the epoch: time of the oldest event that no proof covers */
  readonly waitingSince?: number
  /** events since the last proof, each once */
  readonly hints: number
  /** mirror runs that failed one after another and are to be tried again */
  readonly failures: number
  /** what the work since the last proof set out to change; present: its success is still to be told */
  readonly pending?: Pending
  /** what of it is done already */
  readonly carried?: RefCounts
  readonly proof?: Proof
  readonly failure?: Failure
  readonly behind?: { readonly refs: number; readonly since: string }
  /** the last work that changed something; kept when later looks find nothing to do */
  readonly lastWay?: LastWay
  /** ISO 8601: since when every look has found it equal, and no event has been waiting */
  readonly equalSince?: string
  /** differences that the sweep found and no event had announced, in all; absent: none */
  readonly missed?: number
  readonly paced?: Paced
  readonly refusal?: Refusal
  /** refs that were left as they are, and the digest of the plan that would have changed them */
  readonly kept?: { readonly plan: string; readonly refs: number; readonly at: string }
  /** when the source was first found missing, ISO 8601; kept until it is there again */
  readonly missingSince?: string
  /** somebody meant it: the next plan may lose as much as it wants */
  readonly forced?: boolean
  /** somebody asked for the mirror task */
  readonly mirrorAsked?: boolean
}

/** Whether somebody holds the claim now. */
export const isLive = (claim: Claim | undefined, now: number): claim is Claim =>
  claim !== undefined && claim.until >= now
