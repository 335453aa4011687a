import type { ObjectType, Pack } from '../../git/pack/types.ts'
import type { Hit, UnscannedReason } from '../types.ts'
import type { Engines } from './engines.ts'
import type { Judged } from './judged.ts'

/** A tip that is looked at. */
export interface Want {
  /** full name */
  readonly ref: string
  readonly oid: string
}

/** Objects that the pack has not: what the parents of new commits hold. undefined: it cannot be had, and counts as not there. */
export interface Older {
  read(oid: string): Promise<{ readonly type: ObjectType; readonly data: Buffer } | undefined>
}

export interface WalkLimits {
  /** findings and entries given out of each kind; the rest is counted */
  readonly findings: number
  /** bytes of a blob that are looked at in one; larger ones in pieces that overlap */
  readonly text: number
  /** bytes of parsed trees and texts that are kept between one commit and the next */
  readonly held: number
}

export interface WalkInput {
  readonly pack: Pack
  readonly wants: readonly Want[]
  readonly older: Older
  readonly engines: Engines
  /** blobs that were found clean before */
  readonly judged?: Judged
  /** milliseconds; as `deadline` counts them */
  readonly now: () => number
  /** when to stop; what is not done then is told */
  readonly deadline?: number
  readonly limits?: Partial<WalkLimits>
  /** objects looked at so far, of how many; then commits attributed so far */
  readonly onProgress?: (phase: 'objects' | 'commits', done: number, total: number) => void
}

export type PlaceKind = 'file' | 'path' | 'commit-message' | 'tag-message'

/** Where in a history something lies. */
export interface Place {
  readonly kind: PlaceKind
  /** the blob, commit or tag */
  readonly oid: string
  /** empty: a message, or a blob whose path is not known */
  readonly path: string
  /** the commit that brought it; of a tag, what it points to; absent: not known */
  readonly commit?: string
}

/** A hit and where it lies; its lines count from the beginning of the file or message. Raw: for this process only. */
export interface Found {
  readonly hit: Hit
  readonly place: Place
}

/** A new entry of an old blob: a rename or a copy of a file that was there before. */
export interface Moved {
  readonly path: string
  readonly oid: string
  readonly commit: string
}

/**
 * `broken`: the object is not what its type says. `missing`: the pack is not complete. The others are the engine's, with `time` also
 * for what the walk itself had no time for.
 */
export type WalkReason = UnscannedReason | 'broken' | 'missing'

/** What was not looked at, and where it lies as far as it is known. */
export interface NotScanned extends Partial<Place> {
  readonly reason: WalkReason
  readonly ruleId?: string
  readonly bytes?: number
  /** objects that this stands for, where they are more than one */
  readonly objects?: number
}

/** Who wrote a commit, and when. */
export interface Author {
  readonly name: string
  readonly email: string
  /** seconds since the epoch */
  readonly at: number
}

export interface CommitInfo {
  readonly oid: string
  readonly author: Author
  /** title, an empty line, body */
  readonly message: string
}

export interface WalkCounts {
  readonly commits: number
  readonly trees: number
  readonly blobs: number
  readonly tags: number
  /** of blobs and messages that were looked at */
  readonly bytes: number
  /** blobs that were passed over since they were found clean before */
  readonly known: number
}

export interface WalkResult {
  readonly found: readonly Found[]
  readonly moved: readonly Moved[]
  readonly unscanned: readonly NotScanned[]
  /** what the limit on findings cut off, of each */
  readonly beyond: { readonly found: number; readonly moved: number; readonly unscanned: number }
  readonly counts: WalkCounts
  /** of every commit that `found` names and that could be read */
  readonly commits: ReadonlyMap<string, CommitInfo>
  /** refs among the wants that reach a commit of the pack; for commits that `found` names */
  refsOf(commit: string): readonly string[]
  /** false: there was no time for all of it; `unscanned` says of what */
  readonly complete: boolean
}
