import type { ConflictResolution } from '@aws-sdk/client-codecommit'
import type { Entry } from '../objects/trees.ts'

/** A member for each side of a merge: absent where there is nothing. */
export interface Sides<T> {
  readonly base?: T
  readonly source?: T
  readonly destination?: T
}

/** How a merge is to be made; the names are the API's (API reference, MergeBranchesByThreeWay). */
export interface MergeSettings {
  readonly option: 'FAST_FORWARD_MERGE' | 'SQUASH_MERGE' | 'THREE_WAY_MERGE'
  /** FILE_LEVEL when absent */
  readonly detail?: 'FILE_LEVEL' | 'LINE_LEVEL' | undefined
  /** NONE when absent */
  readonly strategy?: 'NONE' | 'ACCEPT_SOURCE' | 'ACCEPT_DESTINATION' | 'AUTOMERGE' | undefined
  readonly resolution?: ConflictResolution | undefined
  readonly keepEmptyFolders?: boolean | undefined
}

export interface MergeRequest extends MergeSettings {
  /** full commit ids */
  readonly source: string
  readonly destination: string
}

/** One path at which the sides cannot both have their way. */
export interface PathConflict {
  /** bytes, as trees have them */
  readonly path: string
  readonly sides: Sides<Entry>
  /** different contents, or contents against none */
  readonly content: boolean
  readonly mode: boolean
  /** file against folder, link or submodule */
  readonly type: boolean
  /** what the content is where only the modes are in conflict */
  readonly mergedId?: string
  readonly mergedContent?: Buffer
  /** the mode where only the contents are in conflict */
  readonly mergedMode?: string
  /** places of the lines in conflict; absent where lines were not looked at */
  readonly regions?: readonly Region[]
}

/** A half-open range of lines, counted from 0. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A part of a file that differs from the base on a side at least. */
export interface Region {
  /** whose lines the merge takes; `same`: both sides have the same */
  readonly takes: 'source' | 'destination' | 'same' | 'conflict'
  readonly base: Range
  readonly source: Range
  readonly destination: Range
}

/** What a merge changes in the destination's tree at one path; neither entry nor content: it is removed. */
export interface TreeChange {
  /** bytes */
  readonly path: string
  readonly entry?: Entry
  /** lines of both sides, not written yet */
  readonly merged?: { readonly mode: string; readonly content: Buffer }
}

export interface MergePlan {
  readonly mergeable: boolean
  /** the first, where there are several; absent where there is none */
  readonly baseCommitId?: string
  /** what is left over after the strategy, in order of path; empty for a fast-forward */
  readonly conflicts: readonly PathConflict[]
  readonly changes: readonly TreeChange[]
}
