import type { ObjectType, Pack } from '../../git/pack/types.ts'
import type { FoundAt, UnscannedAt } from '../finding.ts'
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
  /** whatever the pack lacks is there, and was searched before: that it cannot be read is no gap */
  readonly searched?: boolean
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
  /** blobs from before whose places are given out as `moved` also where it is not known what a parent has there */
  readonly watched?: ReadonlySet<string>
  /** milliseconds; as `deadline` counts them */
  readonly now: () => number
  /** when to stop; what is not done then is told */
  readonly deadline?: number
  /** aborted: it ends as soon as it can, as where the time is up */
  readonly signal?: AbortSignal
  readonly limits?: Partial<WalkLimits>
  /** objects looked at so far, of how many; then commits attributed so far */
  readonly onProgress?: (phase: 'objects' | 'commits', done: number, total: number) => void
}

/** A hit with the object that holds it; lines count from the beginning of the file or message. Raw: for this process only. */
export interface Found extends FoundAt {
  /** the blob, commit or tag */
  readonly oid: string
}

/** A new entry of an old blob: a rename or a copy of a file that was there before. Of a watched one it may have been there already. */
export interface Moved {
  readonly path: string
  readonly oid: string
  readonly commit: string
}

/** What was not looked at. An empty path and no commit: of the walk as a whole. */
export interface NotScanned extends UnscannedAt {
  readonly oid?: string
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
  /** refs among the wants that reach a commit of the pack */
  refsOf(commit: string): readonly string[]
  /** false: there was no time for all of it; `unscanned` says of what */
  readonly complete: boolean
}
