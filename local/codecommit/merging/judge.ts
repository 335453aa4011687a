import { type Entry, isFolder, nameOfMode, SUBMODULE, SYMLINK } from '../objects/trees.ts'
import { type Contents, isBinary } from './contents.ts'
import { type Hunks, pairOf } from './hunks.ts'
import { type Favor, type Hunk, linesOf, mergedText, mergeRegions } from './lines.ts'
import type { PathConflict, Region, Sides, TreeChange } from './types.ts'

/** FILE, DIRECTORY, GIT_LINK or SYMBOLIC_LINK: API reference, ObjectTypeEnum. */
export const typeOf = (entry: Entry): 'FILE' | 'DIRECTORY' | 'GIT_LINK' | 'SYMBOLIC_LINK' => {
  if (isFolder(entry)) return 'DIRECTORY'
  if (entry.mode === SUBMODULE) return 'GIT_LINK'
  return entry.mode === SYMLINK ? 'SYMBOLIC_LINK' : 'FILE'
}

export interface Contested {
  readonly path: string
  readonly sides: Sides<Entry>
}

export const decider = ({ favor }: Rules): 'source' | 'destination' | undefined =>
  favor === 'both' ? undefined : favor

/** Whose word counts where both changed one path. */
export interface Rules {
  /** lines are compared; else a file that both changed is in conflict */
  readonly byLine: boolean
  /** who has his way in a conflict; `both`: lines of both stand there with marks around them, as in git's merged ancestors */
  readonly favor?: Favor | undefined
}

export type Judged = { readonly change?: TreeChange; readonly conflict?: PathConflict }

/** Whether lines of a contested path have to be compared at all: both sides are files with contents of their own. */
export const needsLines = ({ sides }: Contested): boolean => {
  const { base, source, destination } = sides
  if (!source || !destination || typeOf(source) !== 'FILE' || typeOf(destination) !== 'FILE') return false
  return source.id !== destination.id && base?.id !== source.id && base?.id !== destination.id
}

const fileOf = (entry: Entry | undefined): Entry | undefined =>
  entry && typeOf(entry) === 'FILE' ? entry : undefined

/** Merges one contested path, or says what is in conflict there. */
export const judge = async (
  contested: Contested,
  rules: Rules,
  lines: { readonly contents: Contents; readonly source: Hunks; readonly destination: Hunks },
): Promise<Judged> => {
  const { path, sides } = contested
  const { source, destination } = sides
  const favored = (conflict: PathConflict): Judged => {
    const who = decider(rules)
    if (who === undefined) return { conflict }
    return who === 'destination' ? {} : { change: { path, ...(source && { entry: source }) } }
  }
  const apart = { path, sides, content: false, mode: false, type: false }
  if (source === undefined || destination === undefined) return favored({ ...apart, content: true })
  if (typeOf(source) !== typeOf(destination)) return favored({ ...apart, type: true })
  if (typeOf(source) !== 'FILE') return favored({ ...apart, content: true })
  return judgeFiles(contested, { source, destination }, rules, lines)
}

const judgeFiles = async (
  { path, sides }: Contested,
  { source, destination }: { readonly source: Entry; readonly destination: Entry },
  rules: Rules,
  lines: { readonly contents: Contents; readonly source: Hunks; readonly destination: Hunks },
): Promise<Judged> => {
  const base = fileOf(sides.base)
  const who = decider(rules)
  const favored = who && sides[who]
  const mode = settled(modeOf(base), modeOf(source), modeOf(destination)) ?? favored?.mode
  // also where the base was a link with the same content: git's merge-ort looks at ids before kinds (`handle_content_merge`)
  const id = settled(sides.base?.id, source.id, destination.id)
  const merged =
    id === undefined && rules.byLine
      ? await mergeLines({ base, source, destination }, lines, rules.favor)
      : undefined
  const finalId = id ?? (merged?.content === undefined ? favored?.id : undefined)
  if (mode !== undefined && finalId !== undefined) return { change: { path, entry: { mode, id: finalId } } }
  if (mode !== undefined && merged?.content !== undefined) {
    return { change: { path, merged: { mode, content: merged.content } } }
  }
  return {
    conflict: {
      path,
      sides,
      content: id === undefined && merged?.content === undefined,
      mode: mode === undefined,
      type: false,
      ...(id !== undefined && { mergedId: id }),
      ...(merged?.content && { mergedContent: merged.content }),
      ...(mode !== undefined && { mergedMode: mode }),
      ...(merged?.regions && { regions: merged.regions }),
    },
  }
}

/** Old trees know 100664 too: what the API calls both is the same to it. */
const modeOf = (entry: Entry | undefined): string | undefined =>
  entry && (nameOfMode(entry.mode) === 'EXECUTABLE' ? '100755' : '100644')

/** What one side changed and the other did not; undefined when both did, differently. */
const settled = <T>(base: T | undefined, source: T, destination: T): T | undefined => {
  if (source === destination || base === source) return destination
  return base === destination ? source : undefined
}

/** @returns the contents, unless lines are in conflict; no regions for binary files, which have no lines */
const mergeLines = async (
  { base, source, destination }: { base: Entry | undefined; source: Entry; destination: Entry },
  { contents, source: fromSource, destination: fromDestination }: Parameters<typeof judge>[2],
  favor: Rules['favor'],
): Promise<{ content?: Buffer; regions?: readonly Region[] }> => {
  const [ours, theirs, old] = await Promise.all([
    contents.of(destination),
    contents.of(source),
    base && contents.of(base),
  ])
  if ([ours, theirs, ...(old ? [old] : [])].some(isBinary)) return {}
  const texts = { source: linesOf(theirs), destination: linesOf(ours) }
  const hunks = (found: Hunks, side: Entry, count: number): readonly Hunk[] =>
    base === undefined ? wholeFile(count) : (found.get(pairOf(base.id, side.id)) ?? [])
  const regions = mergeRegions(
    hunks(fromSource, source, texts.source.length),
    hunks(fromDestination, destination, texts.destination.length),
    texts,
  )
  const open = regions.some(({ takes }) => takes === 'conflict')
  return open && favor === undefined ? { regions } : { regions, content: mergedText(regions, texts, favor) }
}

/** What both sides added has no lines in the base. */
const wholeFile = (count: number): Hunk[] =>
  count === 0 ? [] : [{ base: { start: 0, end: 0 }, side: { start: 0, end: count } }]
