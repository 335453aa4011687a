import { bisect } from '../bisect.ts'
import { unmatched } from './myers.ts'

/** A run of bytes, whole lines. */
export interface Range {
  readonly from: number
  readonly to: number
}

const NEWLINE = 0x0a
/** lines that are compared in one; a text with more is told by which lines the other has at all */
const MOST_LINES = 100_000
/** steps of one comparison: some tenths of a second */
const WORK = 20_000_000

/**
 * Lines that a text has and another has not, as `git diff` sees them: runs of added lines, in order. Without another: all of it.
 */
export const addedLines = (is: Buffer, was: Buffer | undefined): readonly Range[] => {
  if (is.length === 0) return []
  if (!was || was.length === 0) return [{ from: 0, to: is.length }]
  const from = commonStart(is, was)
  const rest = commonEnd(is, was, from)
  const mine = linesOf(is, from, is.length - rest)
  const theirs = linesOf(was, from, was.length - rest)
  if (mine.length === 0) return []
  return runs(
    mine,
    is.length - rest,
    unmatchedLines(is, mine, is.length - rest, was, theirs, was.length - rest),
  )
}

/** bytes that both begin with, whole lines */
const commonStart = (is: Buffer, was: Buffer): number => {
  const most = Math.min(is.length, was.length)
  let at = 0
  while (at < most && is[at] === was[at]) at += 1
  if (at === is.length && at === was.length) return at
  return at === 0 ? 0 : is.lastIndexOf(NEWLINE, at - 1) + 1
}

/** bytes that both end with after `from`, whole lines */
const commonEnd = (is: Buffer, was: Buffer, from: number): number => {
  const most = Math.min(is.length, was.length) - from
  let count = 0
  while (count < most && is[is.length - 1 - count] === was[was.length - 1 - count]) count += 1
  // both texts are at the beginning of a line there already, or the line that holds the place is not common
  const start = is.length - count
  if (count > 0 && isLineStart(is, start) && isLineStart(was, was.length - count)) return count
  const newline = is.indexOf(NEWLINE, start)
  return newline < 0 ? 0 : is.length - newline - 1
}

const isLineStart = (text: Buffer, at: number): boolean => at === 0 || text[at - 1] === NEWLINE

/** where the lines begin */
const linesOf = (text: Buffer, from: number, to: number): readonly number[] => {
  const starts: number[] = []
  for (let at = from; at < to; ) {
    starts.push(at)
    const newline = text.indexOf(NEWLINE, at)
    at = newline < 0 ? to : newline + 1
  }
  return starts
}

/** 1 for each line that is not matched */
const unmatchedLines = (
  is: Buffer,
  mine: readonly number[],
  mineEnd: number,
  was: Buffer,
  theirs: readonly number[],
  theirsEnd: number,
): Uint8Array => {
  const numbers = new Map<string, number>()
  const theirRow = theirs.map((start, line) => {
    const text = was.toString('latin1', start, theirs[line + 1] ?? theirsEnd)
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  })
  const added = new Uint8Array(mine.length)
  const used = new Uint8Array(numbers.size)
  /** lines of mine that they have too, and where they stand */
  const row: number[] = []
  const places: number[] = []
  for (const [line, start] of mine.entries()) {
    const number = numbers.get(is.toString('latin1', start, mine[line + 1] ?? mineEnd))
    if (number === undefined) added[line] = 1
    else {
      used[number] = 1
      row.push(number)
      places.push(line)
    }
  }
  const left = theirRow.filter((number) => used[number] === 1)
  if (row.length + left.length > MOST_LINES) return added
  const unmatchedRow = new Uint8Array(row.length)
  unmatched(Int32Array.from(left), Int32Array.from(row), unmatchedRow, WORK)
  for (const [at, line] of places.entries()) if (unmatchedRow[at] === 1) added[line] = 1
  return added
}

const runs = (starts: readonly number[], end: number, added: Uint8Array): Range[] => {
  const found: Range[] = []
  for (let line = 0; line < starts.length; line += 1) {
    if (added[line] !== 1) continue
    const from = starts[line] as number
    while (added[line + 1] === 1) line += 1
    found.push({ from, to: starts[line + 1] ?? end })
  }
  return found
}

/** What lies in both. */
export const common = (a: readonly Range[], b: readonly Range[]): readonly Range[] => {
  const found: Range[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const one = a[i] as Range
    const other = b[j] as Range
    const from = Math.max(one.from, other.from)
    const to = Math.min(one.to, other.to)
    if (from < to) found.push({ from, to })
    if (one.to < other.to) i += 1
    else j += 1
  }
  return found
}

/** The run that a part of a text touches; an empty part touches where it stands. */
export const touched = (runs: readonly Range[], start: number, end: number): Range | undefined => {
  const run = runs[bisect(runs.length, (place) => (runs[place] as Range).to <= start)]
  return run && run.from < Math.max(end, start + 1) ? run : undefined
}
