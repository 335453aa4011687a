import type { ConflictResolution, ReplaceContentEntry } from '@aws-sdk/client-codecommit'
import { checkContents, checkedMode } from '../files/limits.ts'
import { filePath, joinPath } from '../files/paths.ts'
import type { Entry } from '../objects/trees.ts'
import { reject } from '../reject.ts'
import { typeOf } from './judge.ts'
import type { PathConflict, TreeChange } from './types.ts'

/** not documented; a commit takes as many changes */
const MAX_ENTRIES = 100
const KEEP: Readonly<Record<string, 'base' | 'source' | 'destination'>> = {
  KEEP_BASE: 'base',
  KEEP_SOURCE: 'source',
  KEEP_DESTINATION: 'destination',
}

/** What somebody decided for one path. */
interface Decision {
  readonly delete?: true
  readonly keep?: 'base' | 'source' | 'destination'
  readonly content?: Uint8Array
  readonly mode?: string
}

/** Decisions by path, in bytes. */
export type Decisions = ReadonlyMap<string, Decision>

/**
 * Checks the entries that resolve conflicts (API reference, ConflictResolution): one for each path, but that a mode may stand beside
 * contents without one.
 * @throws InvalidConflictResolution, MaximumConflictResolutionEntriesExceeded, MultipleConflictResolutionEntries,
 *   ReplacementTypeRequired, InvalidReplacementType, ReplacementContentRequired, InvalidReplacementContent, PathRequired, InvalidPath,
 *   FileModeRequired, InvalidFileMode, FileContentSizeLimitExceeded
 */
export const checkedResolution = (
  resolution: ConflictResolution | undefined,
  strategy: string,
): Decisions => {
  const { replaceContents = [], deleteFiles = [], setFileModes = [] } = resolution ?? {}
  const count = replaceContents.length + deleteFiles.length + setFileModes.length
  if (count > 0 && strategy !== 'AUTOMERGE') {
    reject('InvalidConflictResolution', 'Conflicts are resolved one by one with the strategy AUTOMERGE only.')
  }
  if (count > MAX_ENTRIES) {
    reject(
      'MaximumConflictResolutionEntriesExceeded',
      `At most ${MAX_ENTRIES} conflicts can be resolved at once.`,
    )
  }
  const decisions = new Map<string, Decision>()
  const decide = (path: string, decision: Decision): void => {
    const before = decisions.get(path)
    if (before === undefined) decisions.set(path, decision)
    else if (decision.mode !== undefined && before.mode === undefined && !before.delete) {
      decisions.set(path, { ...before, mode: decision.mode })
    } else reject('MultipleConflictResolutionEntries', 'A conflict can have only one resolution entry.')
  }
  for (const entry of replaceContents) decide(joinPath(filePath(entry.filePath)), replacement(entry))
  for (const entry of deleteFiles) decide(joinPath(filePath(entry.filePath)), { delete: true })
  for (const entry of setFileModes) {
    const mode = checkedMode(entry.fileMode) ?? reject('FileModeRequired', 'A file mode is required.')
    decide(joinPath(filePath(entry.filePath)), { mode })
  }
  checkContents(replaceContents.flatMap(({ content }) => (content ? [content] : [])))
  return decisions
}

const replacement = ({ replacementType, content, fileMode }: ReplaceContentEntry): Decision => {
  if (!replacementType) return reject('ReplacementTypeRequired', 'A replacement type is required.')
  const mode = checkedMode(fileMode)
  const asked = mode === undefined ? {} : { mode }
  if (replacementType === 'USE_NEW_CONTENT') {
    if (content === undefined || content === null) {
      return reject('ReplacementContentRequired', 'USE_NEW_CONTENT needs the new content.')
    }
    return { content, ...asked }
  }
  const keep = Object.hasOwn(KEEP, replacementType) ? KEEP[replacementType] : undefined
  if (keep === undefined) return reject('InvalidReplacementType', 'The replacement type is not valid.')
  if (content !== undefined) {
    reject('InvalidReplacementContent', `Content goes with USE_NEW_CONTENT, not with ${replacementType}.`)
  }
  return { keep, ...asked }
}

/**
 * Settles conflicts as was decided.
 * @returns what that changes in the destination's tree, and the conflicts that nobody decided
 * @throws InvalidConflictResolution for a decision about a path that is not in conflict
 */
export const settle = (
  conflicts: readonly PathConflict[],
  decisions: Decisions,
): { changes: TreeChange[]; left: PathConflict[] } => {
  const paths = new Set(conflicts.map(({ path }) => path))
  for (const path of decisions.keys()) {
    if (!paths.has(path))
      reject('InvalidConflictResolution', 'A resolution entry names a path without conflict.')
  }
  const changes: TreeChange[] = []
  const left: PathConflict[] = []
  for (const conflict of conflicts) {
    const decision = decisions.get(conflict.path)
    const change = decision && settleOne(conflict, decision)
    if (change === undefined) left.push(conflict)
    else changes.push(change)
  }
  return { changes, left }
}

const settleOne = (conflict: PathConflict, decision: Decision): TreeChange | undefined => {
  const { path, sides, mergedId, mergedContent, mergedMode } = conflict
  const { mode, keep, content } = decision
  if (decision.delete) return { path }
  if (keep !== undefined) {
    const kept = sides[keep]
    return kept === undefined
      ? { path }
      : { path, entry: { id: kept.id, mode: modeOf(kept, mode ?? mergedMode) } }
  }
  if (content !== undefined) {
    const old = [sides.destination, sides.source].find((side) => side && typeOf(side) === 'FILE')
    return {
      path,
      merged: { mode: mode ?? mergedMode ?? old?.mode ?? '100644', content: Buffer.from(content) },
    }
  }
  // a mode alone does not settle contents
  if (mode === undefined || conflict.content || conflict.type) return undefined
  if (mergedContent !== undefined) return { path, merged: { mode, content: mergedContent } }
  return mergedId === undefined ? undefined : { path, entry: { id: mergedId, mode } }
}

/** Folders, links and submodules keep the mode that makes them what they are. */
const modeOf = (entry: Entry, wanted: string | undefined): string =>
  typeOf(entry) === 'FILE' ? (wanted ?? entry.mode) : entry.mode
