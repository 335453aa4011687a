// Over the usual length: how a hit is told to be new, for texts, for wide ones and for large ones.
import type { LargeObject } from '../../git/pack/types.ts'
import { kindOf } from '../engine/encoding.ts'
import type { Engine, Hit, ScanResult, Target } from '../types.ts'
import { type Change, goneFrom, type Side } from './changes.ts'
import { addedLines, common, type Range, touched } from './lines.ts'
import type { CommitNode, Suspect } from './objects.ts'
import { scanPieces } from './pieces.ts'
import type { Reader } from './reader.ts'
import { chunksOf, RENAMED, similarity } from './similar.ts'
import { pathText } from './trees.ts'

/** files that are gone and looked at for a rename */
const MOST_GONE = 1_000
/** of those, so many are compared for one file, and so many bytes for one commit; then a new name is a new file */
const MOST_COMPARED = 200
const COMPARED_BYTES = 128 * 1024 * 1024
/** bytes of a line of a large file that are compared */
const LINE_BYTES = 64 * 1024

export interface Attribution {
  readonly reader: Reader
  readonly engine: Engine
  readonly pieceBytes: number
  readonly isLate: () => boolean
}

/** A commit whose changes are looked at, with what its parents have. */
export interface Looked {
  readonly commit: CommitNode
  readonly parents: readonly Side[]
  /** by parent: what is gone, once it was asked for */
  readonly gone: (Promise<readonly { path: string; oid: string }[]> | undefined)[]
  /** bytes that were compared to find renames */
  compared: number
}

/**
 * What a commit brought of what is found in one of its new entries: hits that touch a line which it added, whatever parent it is
 * compared with. What a parent has under this path, or under one that is gone (a rename), is not new.
 */
export const broughtBy = async (
  { reader, engine, pieceBytes, isLate }: Attribution,
  looked: Looked,
  change: Change,
  suspect: Suspect,
): Promise<ScanResult> => {
  const is = await reader.blob(change.oid)
  if (!is) return { hits: [], unscanned: [] }
  const target: Target = { path: pathText(change.path), commit: looked.commit.oid }
  const befores: (Buffer | LargeObject | undefined)[] = []
  for (const [parent, was] of change.was.entries()) {
    const before = was === undefined ? await renamedFrom(reader, looked, parent, is, change) : was
    if (before === 'same') return NOTHING
    befores.push(before === undefined || before === 'unknown' ? undefined : await reader.blob(before))
  }
  if (Buffer.isBuffer(is) && befores.every((before) => !before || Buffer.isBuffer(before)))
    return newInText(engine, is, befores as (Buffer | undefined)[], target, suspect)
  const bytes = Buffer.isBuffer(is) ? is.length : is.size
  const result = await scanPieces(engine, piecesOf(is), target, pieceBytes, { isLate, bytes })
  return { ...result, hits: newInLarge(is, befores, result.hits) }
}

const NOTHING: ScanResult = { hits: [], unscanned: [] }

/** The blob that a new path's content comes from; `same`: this very blob was there under another name. */
const renamedFrom = async (
  reader: Reader,
  looked: Looked,
  parent: number,
  is: Buffer | LargeObject,
  change: Change,
): Promise<string | undefined> => {
  looked.gone[parent] ??= goneFrom(looked.parents[parent], looked.commit, reader, MOST_GONE)
  const gone = await looked.gone[parent]
  if (gone.some(({ oid }) => oid === change.oid)) return 'same'
  if (gone.length === 0 || !Buffer.isBuffer(is)) return undefined
  const name = nameOf(change.path)
  // those of the same name first: of equals git takes them
  const candidates = gone.toSorted(
    (a, b) => Number(nameOf(b.path) === name) - Number(nameOf(a.path) === name),
  )
  const chunks = chunksOf(is)
  let best: { oid: string; share: number } | undefined
  for (const { oid } of candidates.slice(0, MOST_COMPARED)) {
    if (looked.compared > COMPARED_BYTES) break
    const was = await reader.blob(oid)
    if (!Buffer.isBuffer(was)) continue
    looked.compared += was.length
    const share = similarity(is, chunks, was)
    if (share >= RENAMED && share > (best?.share ?? 0)) best = { oid, share }
  }
  return best?.oid
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The hits of a new text that touch a line which none of the texts before it has. */
export const newInText = (
  engine: Engine,
  is: Buffer,
  befores: readonly (Buffer | undefined)[],
  target: Target,
  { ranges, unscanned }: Suspect,
): ScanResult => {
  const added = befores.map((was) => addedLines(is, was)).reduce(common, [{ from: 0, to: is.length }])
  const isWhole = added.length === 1 && added[0]?.from === 0 && added[0].to === is.length
  // where a part of the text was not looked at, that says nothing of what the rest holds
  if (isWhole || unscanned.length > 0) return within(engine.scan(is, target), added)
  const touches = touchedRuns(added, ranges)
  if (touches.runs.size === 0) return NOTHING
  if (kindOf(is) !== 'text') return within(engine.scan(is, target), added)
  const parts = [...touches.runs].map((run) => scanRun(engine, is, run, target))
  const hits = parts.flatMap((part) => part.hits)
  if (touches.crosses) {
    const whole = engine.scan(is, target).hits.filter((hit) => touched(added, hit.start, hit.end))
    hits.push(...whole.filter((hit) => !isInOne(added, hit) && !hits.some((other) => isSame(hit, other))))
  }
  return { hits, unscanned: parts.flatMap((part) => part.unscanned) }
}

const within = (result: ScanResult, added: readonly Range[]): ScanResult => ({
  ...result,
  hits: result.hits.filter((hit) => hit.rule.regex === undefined || touched(added, hit.start, hit.end)),
})

/** runs of added lines in which something was found, and whether something reaches beyond one */
const touchedRuns = (added: readonly Range[], ranges: Float64Array) => {
  const runs = new Set<Range>()
  let crosses = false
  for (let at = 0; at < ranges.length; at += 2) {
    const [start, end] = [ranges[at] as number, ranges[at + 1] as number]
    const run = touched(added, start, end)
    if (!run) continue
    if (start < run.from || end > run.to) crosses = true
    for (const other of added) if (other.from < Math.max(end, start + 1) && other.to > start) runs.add(other)
  }
  return { runs, crosses }
}

/** A run of added lines by itself, as gitleaks sees it: nothing around it. */
const scanRun = (engine: Engine, text: Buffer, { from, to }: Range, target: Target): ScanResult => {
  const { hits, unscanned } = engine.scan(text.subarray(from, to), target)
  const lines = newlines(text, from)
  return {
    unscanned,
    hits: hits.map((hit) => ({
      ...hit,
      start: hit.start + from,
      end: hit.end + from,
      startLine: hit.startLine + lines,
      endLine: hit.endLine + lines,
      firstLine: lines + 1,
    })),
  }
}

const newlines = (text: Buffer, to: number): number => {
  let count = 0
  for (let at = text.indexOf(0x0a); at >= 0 && at < to; at = text.indexOf(0x0a, at + 1)) count += 1
  return count
}

const isInOne = (added: readonly Range[], { start, end }: Hit): boolean =>
  added.some(({ from, to }) => from <= start && end <= to)

const isSame = (a: Hit, b: Hit): boolean =>
  a.rule.id === b.rule.id && a.start < Math.max(b.end, b.start + 1) && b.start < Math.max(a.end, a.start + 1)

const piecesOf = (of: Buffer | LargeObject): Iterable<Buffer> => (Buffer.isBuffer(of) ? [of] : of.pieces())

/** Of a text that is too large to be compared, a line is new when the others have it nowhere. */
const newInLarge = (
  is: Buffer | LargeObject,
  befores: readonly (Buffer | LargeObject | undefined)[],
  hits: readonly Hit[],
): readonly Hit[] => {
  if (befores.length === 0 || hits.length === 0) return hits
  const wanted = new Map<number, string>()
  for (const { startLine, endLine } of hits)
    for (let line = startLine; line <= endLine; line += 1) wanted.set(line, '')
  eachLine(piecesOf(is), (line, text) => {
    if (wanted.has(line)) wanted.set(line, text)
  })
  const texts = new Set(wanted.values())
  const old = befores.map((before) => {
    const there = new Set<string>()
    if (before) eachLine(piecesOf(before), (_, text) => void (texts.has(text) && there.add(text)))
    return there
  })
  return hits.filter(({ startLine, endLine }) => {
    for (let line = startLine; line <= endLine; line += 1)
      if (old.every((there) => !there.has(wanted.get(line) as string))) return true
    return false
  })
}

/** Lines from 1; of a long one its beginning. */
const eachLine = (pieces: Iterable<Buffer>, look: (line: number, text: string) => void): void => {
  let line = 1
  let begun = ''
  for (const piece of pieces) {
    let at = 0
    for (let newline = piece.indexOf(0x0a); newline >= 0; newline = piece.indexOf(0x0a, at)) {
      const room = LINE_BYTES - begun.length
      look(line, begun + piece.toString('latin1', at, Math.min(newline, at + room)))
      begun = ''
      line += 1
      at = newline + 1
    }
    begun += piece.toString('latin1', at, Math.min(piece.length, at + LINE_BYTES - begun.length))
  }
  look(line, begun)
}
