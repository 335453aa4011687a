import type { Range, Region } from './types.ts'

/** One place where a side differs from the base: these lines of the base are those of the side. */
export interface Hunk {
  readonly base: Range
  readonly side: Range
}

/** Lines with their ends, as bytes in latin1. */
export const linesOf = (content: Buffer): string[] =>
  content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []

/** While regions are put together: the same numbers as git's `xdmerge_t`. */
interface Draft {
  mode: 'conflict' | 'source' | 'destination'
  base: { start: number; end: number }
  source: { start: number; end: number }
  destination: { start: number; end: number }
}

interface Texts {
  readonly source: readonly string[]
  readonly destination: readonly string[]
}

/**
 * The regions of a three-way merge by lines, by the rules of git's `xdl_do_merge` (xdiff/xmerge.c), so that what git would merge is merged
 * and nothing else: changes that overlap or touch are one region, in conflict unless both sides read the same there.
 */
export const mergeRegions = (
  fromSource: readonly Hunk[],
  fromDestination: readonly Hunk[],
  texts: Texts,
): Region[] => {
  const regions: Draft[] = []
  let s = 0
  let d = 0
  for (;;) {
    const source = fromSource[s]
    const destination = fromDestination[d]
    if (source === undefined && destination === undefined) break
    if (destination === undefined || (source !== undefined && source.base.end < destination.base.start)) {
      append(regions, alone(source as Hunk, 'source', shiftBefore(fromDestination, d)))
      s += 1
    } else if (source === undefined || destination.base.end < source.base.start) {
      append(regions, alone(destination, 'destination', shiftBefore(fromSource, s)))
      d += 1
    } else {
      if (!sameChange(source, destination, texts)) append(regions, together(source, destination))
      const [sourceEnd, destinationEnd] = [source.base.end, destination.base.end]
      if (sourceEnd <= destinationEnd) s += 1
      if (destinationEnd <= sourceEnd) d += 1
    }
  }
  return regions.map((region) => finished(region, texts))
}

/** By how much the other side's line numbers are ahead of the base's, before its next hunk. */
const shiftBefore = (hunks: readonly Hunk[], next: number): number => {
  const former = hunks[next - 1]
  return former === undefined ? 0 : former.side.end - former.base.end
}

const alone = (hunk: Hunk, mode: 'source' | 'destination', shift: number): Draft => {
  const unchanged = { start: hunk.base.start + shift, end: hunk.base.end + shift }
  return {
    mode,
    base: { ...hunk.base },
    source: mode === 'source' ? { ...hunk.side } : unchanged,
    destination: mode === 'destination' ? { ...hunk.side } : unchanged,
  }
}

/** Both hunks, each side widened to the base lines of the other. */
const together = (source: Hunk, destination: Hunk): Draft => {
  const start = Math.min(source.base.start, destination.base.start)
  const end = Math.max(source.base.end, destination.base.end)
  const widened = ({ base, side }: Hunk) => ({
    start: side.start - (base.start - start),
    end: side.end + (end - base.end),
  })
  return {
    mode: 'conflict',
    base: { start, end },
    source: widened(source),
    destination: widened(destination),
  }
}

const append = (regions: Draft[], next: Draft): void => {
  const last = regions.at(-1)
  const touches =
    last !== undefined &&
    (next.source.start <= last.source.end || next.destination.start <= last.destination.end)
  if (!touches) {
    regions.push(next)
    return
  }
  if (last.mode !== next.mode) last.mode = 'conflict'
  last.base.end = next.base.end
  last.source.end = next.source.end
  last.destination.end = next.destination.end
}

const sameChange = (source: Hunk, destination: Hunk, texts: Texts): boolean =>
  source.base.start === destination.base.start &&
  source.base.end === destination.base.end &&
  sameLines(source.side, destination.side, texts)

const sameLines = (source: Range, destination: Range, texts: Texts): boolean => {
  const length = source.end - source.start
  if (destination.end - destination.start !== length) return false
  for (let line = 0; line < length; line += 1) {
    if (texts.source[source.start + line] !== texts.destination[destination.start + line]) return false
  }
  return true
}

/** A conflict in which both sides read the same is none, unless there is nothing to read (git's `xdl_refine_conflicts`). */
const finished = ({ mode, base, source, destination }: Draft, texts: Texts): Region => {
  const nothing = source.start === source.end || destination.start === destination.end
  const same = mode === 'conflict' && !nothing && sameLines(source, destination, texts)
  return { takes: same ? 'same' : mode, base, source, destination }
}

export type Favor = 'source' | 'destination' | 'both'

/**
 * The destination's lines with the source's where those are to be taken.
 * @param favor whose lines a conflict takes
 */
export const mergedText = (
  regions: readonly Region[],
  texts: Texts,
  favor: Favor = 'destination',
): Buffer => {
  let text = ''
  let at = 0
  for (const { takes, source, destination } of regions) {
    const whose = takes === 'conflict' ? favor : takes
    if (whose === 'destination' || whose === 'same') continue
    const ours = whose === 'both' ? `<<<<<<<\n${textOf(texts.destination, destination)}=======\n` : ''
    const end = whose === 'both' ? '>>>>>>>\n' : ''
    text += textOf(texts.destination, { start: at, end: destination.start })
    text += `${ours}${textOf(texts.source, source)}${end}`
    at = destination.end
  }
  text += textOf(texts.destination, { start: at, end: texts.destination.length })
  return Buffer.from(text, 'latin1')
}

export const textOf = (lines: readonly string[], { start, end }: Range): string =>
  lines.slice(start, end).join('')
