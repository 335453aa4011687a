import type { DetailOf, RelayDetailType, ReplicationRequest } from '../events/types.ts'
import type { RefMap } from '../git/refs.ts'
import type { Log } from '../runtime/log.ts'
import type { Meter } from '../runtime/metrics.ts'
import type { Once } from '../store/idempotency.ts'
import type { Launch } from '../store/records.ts'
import type { ReplicaStore } from '../store/replicas.ts'
import type { RefUpdate } from './plan.ts'
import type { RefReader, Target } from './prove.ts'
import type { Announce, DefaultBranchKeeper, FastPath, Guard, Relay, RelayParts } from './relay/types.ts'

/** Puts one of Relay's own events on the bus. */
export type Emit = <T extends RelayDetailType>(detailType: T, detail: DetailOf<T>) => Promise<void>

export type Request = Pick<ReplicationRequest, 'repository' | 'replica' | 'reason' | 'attempt' | 'by'>

/** Puts a request for work into the replicate queue, to be seen after so many seconds (0 to 900). */
export type Ask = (request: Request, delaySeconds: number) => Promise<void>

/** What every step of replication works with. */
export interface Parts {
  readonly reader: RefReader
  readonly store: ReplicaStore
  readonly once: Once['once']
  readonly emit: Emit
  readonly meter: Meter
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly log: Log
}

/** What looks after a replica's refs while they move. All of it may be left out. */
export interface Watch {
  readonly guard?: Guard
  /** before any push */
  readonly announce?: Announce
  /** the replica took these moves, and there is no proof yet */
  readonly confirm?: (moves: readonly RefUpdate[]) => Promise<void>
  /** both sides hold these refs */
  readonly remember?: (refs: RefMap, at?: number) => Promise<void>
}

/** What a watch may spend, and what it is told of the work. */
export interface WatchTerms {
  /** a plan that loses much is meant */
  readonly force: boolean
  /** milliseconds since the epoch */
  readonly until: number
  /** of packs */
  readonly bytes: number
  readonly signal: AbortSignal
}

/** The two ways of streaming a change, and what they need. */
export interface Streams {
  readonly relay: Relay
  /** the two requests are enough: both sides are read for the proof */
  readonly fastPath: FastPath
  readonly git: RelayParts['git']
  readonly remote: RelayParts['remote']
  /** waits this many milliseconds, or until the signal */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
  /** makes a replica that is not there */
  readonly ensureReplica: (target: Target) => Promise<unknown>
  readonly guardFor?: ((target: Target, terms: WatchTerms) => Watch) | undefined
  readonly defaultBranchFor?: (target: Target) => DefaultBranchKeeper
}

/** Starts a mirror task and returns its ARN; asked twice with the same launch, it starts one. */
export type Start = (target: Target, launch: Launch) => Promise<string>
