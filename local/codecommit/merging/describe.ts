import type { Conflict, ConflictMetadata, MergeHunk, MergeHunkDetail } from '@aws-sdk/client-codecommit'
import { type Entry, isFolder, nameOfMode, SUBMODULE, wireName } from '../objects/trees.ts'
import type { GitObject, Objects } from '../objects/types.ts'
import { isBinary } from './contents.ts'
import { typeOf } from './judge.ts'
import { linesOf, textOf } from './lines.ts'
import type { PathConflict, Range, Sides } from './types.ts'
import { sidesOf } from './walk.ts'

/**
 * A conflict as the API shows it (API reference, ConflictMetadata and MergeHunk). Lines are counted from 0 and ranges end before their
 * last number, as in the documented example; a file that is compared as a whole is one hunk.
 * @param limit bytes; larger files are shown without hunks, as if they were binary
 */
export const describe = async (
  objects: Objects,
  conflict: PathConflict,
  limit: number,
): Promise<Conflict> => {
  const blobs = await mapSides(conflict.sides, (entry) =>
    isFolder(entry) || entry.mode === SUBMODULE ? Promise.resolve(undefined) : objects.read(entry.id, limit),
  )
  return {
    conflictMetadata: metadata(conflict, blobs),
    mergeHunks: conflict.content ? hunks(conflict, blobs) : [],
  }
}

const mapSides = async <T, U>(
  sides: Sides<T>,
  map: (side: T) => Promise<U | undefined>,
): Promise<Sides<U>> => {
  const [base, source, destination] = await Promise.all(
    [sides.base, sides.source, sides.destination].map((side) => (side === undefined ? undefined : map(side))),
  )
  return sidesOf(base, source, destination)
}

const eachSide = <T, U>({ base, source, destination }: Sides<T>, map: (side: T) => U | undefined): Sides<U> =>
  sidesOf(base && map(base), source && map(source), destination && map(destination))

const binary = ({ content }: GitObject): boolean => content === undefined || isBinary(content)

const metadata = (conflict: PathConflict, blobs: Sides<GitObject>): ConflictMetadata => {
  const { sides, content, mode, type, regions } = conflict
  const inLines = regions?.filter(({ takes }) => takes === 'conflict').length ?? 0
  return {
    filePath: wireName(conflict.path),
    fileSizes: eachSide(blobs, ({ size }) => size),
    fileModes: eachSide(sides, (entry) =>
      isFolder(entry) || entry.mode === SUBMODULE ? undefined : nameOfMode(entry.mode),
    ),
    objectTypes: eachSide(sides, typeOf),
    numberOfConflicts: (content ? Math.max(inLines, 1) : 0) + Number(mode) + Number(type),
    isBinaryFile: eachSide(blobs, binary),
    contentConflict: content,
    fileModeConflict: mode,
    objectTypeConflict: type,
    mergeOperations: {
      source: change(sides.base, sides.source),
      destination: change(sides.base, sides.destination),
    },
  }
}

const change = (base: Entry | undefined, side: Entry | undefined): 'A' | 'M' | 'D' =>
  side === undefined ? 'D' : base === undefined ? 'A' : 'M'

const hunks = ({ regions }: PathConflict, blobs: Sides<GitObject>): MergeHunk[] => {
  const files = [blobs.base, blobs.source, blobs.destination].filter((blob) => blob !== undefined)
  if (files.length === 0 || files.some(binary)) return []
  const texts = eachSide(blobs, ({ content }) => linesOf(content ?? Buffer.alloc(0)))
  if (regions === undefined) {
    const whole = eachSide(texts, (lines) => detail(lines, { start: 0, end: lines.length }))
    return [{ isConflict: true, ...whole }]
  }
  return regions.map((region) => {
    const base = texts.base && region.base.end > region.base.start && detail(texts.base, region.base)
    return {
      isConflict: region.takes === 'conflict',
      source: detail(texts.source ?? [], region.source),
      destination: detail(texts.destination ?? [], region.destination),
      ...(base && { base }),
    }
  })
}

const detail = (lines: readonly string[], range: Range): MergeHunkDetail => ({
  startLine: range.start,
  endLine: range.end,
  hunkContent: Buffer.from(textOf(lines, range), 'latin1').toString('base64'),
})
