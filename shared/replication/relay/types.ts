import type { ReachableRepository } from '../../codecommit/address.ts'
import type { RefMap } from '../../git/refs.ts'
import type { GitClient, GitRemote, Traffic } from '../../git/types.ts'
import type { Log } from '../../runtime/log.ts'
import type { Proof, RefCounts } from '../../store/records.ts'
import type { RefUpdate } from '../plan.ts'
import type { Target } from '../prove.ts'

/** What the relay works with. */
export interface RelayParts {
  readonly git: GitClient
  readonly remote: (repository: ReachableRepository) => GitRemote
  /** milliseconds since the epoch */
  readonly now: () => number
  /** waits this many milliseconds */
  readonly pause: (milliseconds: number) => Promise<unknown>
  readonly log: Log
}

/** Refs that are about to move, and what would be lost by it. */
export interface Draft {
  readonly updates: readonly RefUpdate[]
  readonly source: RefMap
  readonly replica: RefMap
  /** the updates and deletions after which nothing at the source reaches the replica's old tip, or for which that is not known */
  readonly losing: readonly RefUpdate[]
  /** other updates that are no fast-forward, or not known to be one: another ref still holds what this one held */
  readonly overwritten?: readonly RefUpdate[]
  /**
   * what may lose its tip when the replica refuses another ref: of the overwritten those whose tip is held only by refs that move
   * backwards as well, of the deletions those that stand in the way of a creation, and go before what is to keep their tip
   */
  readonly atRisk?: readonly RefUpdate[]
}

/** `go` may name fewer updates than the draft: the others are left as they are. */
export type Verdict =
  | { readonly kind: 'go'; readonly updates: readonly RefUpdate[] }
  | { readonly kind: 'refuse'; readonly reason: string; readonly deletions: number; readonly rewinds: number }

/**
 * Asked before a push that deletes refs, loses tips or overwrites a ref, and before no other. What it must do first (park a tip, tell people) is
 * done when it returns; what it throws ends the relay with nothing pushed.
 */
export type Guard = (draft: Draft) => Promise<Verdict>

/** Asked before any push: what is written down of it before it happens. */
export type Announce = (updates: readonly RefUpdate[]) => Promise<void>

/** The replica's default branch on its way to the source's; both methods are called with full ref names. */
export interface DefaultBranchKeeper {
  /** before a push that deletes heads: none of them may be the replica's default branch afterwards */
  beforeDeletion(refs: readonly string[]): Promise<void>
  /** after heads were created */
  afterCreation(): Promise<void>
}

export interface RelayWork {
  readonly target: Target
  /** milliseconds since the epoch: the relay hands over before */
  readonly until: number
  /** bytes of packs that it may move */
  readonly bytes: number
  readonly guard?: Guard
  readonly announce?: Announce
  readonly defaultBranch?: DefaultBranchKeeper
  /** ends everything at once */
  readonly signal?: AbortSignal
  /** called now and then with the bytes of packs moved so far */
  readonly onProgress?: (bytes: number) => void
}

export type HandOverReason = 'deadline' | 'bytes' | 'fallbacks' | 'protocol' | 'limit'

export interface Cost extends Traffic {
  readonly milliseconds: number
}

/** How a relay ended; failures that may pass are thrown as RelayError. `moved`: what the replica reported as done. */
export type RelayOutcome =
  | {
      readonly kind: 'equal'
      readonly proof: Proof
      readonly refs: RefMap
      readonly moved: RefCounts
      readonly cost: Cost
    }
  /** equal but for refs that the guard left as they are */
  | {
      readonly kind: 'kept'
      readonly kept: readonly RefUpdate[]
      /** what both sides hold alike: to be remembered as a proof's refs are */
      readonly refs: RefMap
      readonly moved: RefCounts
      readonly cost: Cost
    }
  | { readonly kind: 'source-missing' }
  | { readonly kind: 'replica-missing' }
  | { readonly kind: 'refused'; readonly verdict: Extract<Verdict, { kind: 'refuse' }> }
  | {
      readonly kind: 'hand-over'
      readonly reason: HandOverReason
      readonly detail: string
      readonly moved: RefCounts
      readonly cost: Cost
    }

/** The full way: four requests for a change, two to see that there is none. */
export type Relay = (parts: RelayParts, work: RelayWork) => Promise<RelayOutcome>

/** A ref whose old and new value an event named. */
export type NamedMove = Extract<RefUpdate, { kind: 'update' | 'delete' }>

/**
 * The event's fast path. `moved`: the replica took every move; what follows is the proof. Anything else is a reason to take the
 * full way.
 * @param terms.lookFirst the source is asked before the push whether it holds the new values; else the caller guarantees that
 * all moves were made after both sides were last proven equal, and that Relay has pushed nothing to the replica since
 */
export type FastPath = (
  parts: RelayParts,
  work: RelayWork,
  moves: readonly NamedMove[],
  terms?: { readonly lookFirst?: boolean },
) => Promise<
  | { readonly kind: 'moved'; readonly moved: RefCounts; readonly cost: Cost }
  | { readonly kind: 'doubt'; readonly reason: string; readonly moved: RefCounts; readonly cost: Cost }
>
