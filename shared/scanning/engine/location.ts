import { bisect } from '../bisect.ts'

/** Where lines end in a text. */
export interface Lines {
  /** offsets of all newlines */
  readonly ends: readonly number[]
  readonly length: number
  /** the last answer about a carriage return: none between */
  readonly returns: { from: number; at: number }
}

export const linesOf = (latin1: string): Lines => {
  const ends: number[] = []
  for (let at = latin1.indexOf('\n'); at >= 0; at = latin1.indexOf('\n', at + 1)) ends.push(at)
  return { ends, length: latin1.length, returns: { from: 0, at: -1 } }
}

/** Offsets. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface Location {
  readonly startLine: number
  readonly endLine: number
  readonly startColumn: number
  readonly endColumn: number
  /** offsets of the lines touched */
  readonly lineStart: number
  readonly lineEnd: number
}

/**
 * Lines from 1, columns in bytes from 1, the last byte's included. gitleaks (detect/location.go) counts a newline to the line after
 * it, and its columns on every line but the first are one higher; so is a match's first line here, with column 1.
 */
export const locate = (lines: Lines, start: number, end: number): Location => {
  const last = Math.max(end - 1, start)
  const first = countUpTo(lines.ends, start)
  const final = countUpTo(lines.ends, last)
  const lineStart = first === 0 ? 0 : (lines.ends[first - 1] as number) + 1
  const finalStart = final === 0 ? 0 : (lines.ends[final - 1] as number) + 1
  return {
    startLine: first + 1,
    endLine: final + 1,
    startColumn: Math.max(start - lineStart + 1, 1),
    endColumn: Math.max(last - finalStart + 1, 1),
    lineStart,
    lineEnd: lines.ends[final] ?? lines.length,
  }
}

/** How many of some rising offsets (ends of lines) lie at or before an offset. */
export const countUpTo = (rising: readonly number[], offset: number): number =>
  bisect(rising.length, (place) => (rising[place] as number) <= offset)

/**
 * What gitleaks holds for the line of a match where allow-lists and comments look at it, as offsets: with the newline before it, and
 * for the last line, if no newline ends it, everything from the text's beginning.
 */
export const gitleaksLine = (latin1: string, lines: Lines, start: number, end: number): Range => {
  const { ends, length } = lines
  if (ends.length === 0) return { from: 0, to: length }
  const first = countUpTo(ends, start)
  if (first === ends.length) return { from: 0, to: returnFrom(latin1, lines, end) }
  const final = ends[countUpTo(ends, end - 1)] ?? (ends[first] as number)
  return { from: first === 0 ? 0 : (ends[first - 1] as number), to: Math.max(final, end) }
}

/** the first carriage return at or after an offset of the last line, or its end; a long line with many finds is read once */
const returnFrom = (latin1: string, { returns, length }: Lines, from: number): number => {
  if (from < returns.from || from > returns.at) {
    const found = latin1.indexOf('\r', from)
    returns.from = from
    returns.at = found < 0 ? length : found
  }
  return returns.at
}
