/** Where lines end in a text. */
export interface Lines {
  /** offsets of all newlines */
  readonly ends: readonly number[]
  readonly length: number
}

export const linesOf = (latin1: string): Lines => {
  const ends: number[] = []
  for (let at = latin1.indexOf('\n'); at >= 0; at = latin1.indexOf('\n', at + 1)) ends.push(at)
  return { ends, length: latin1.length }
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

/** how many newlines lie at or before an offset */
const countUpTo = (ends: readonly number[], offset: number): number => {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ends[middle] as number) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * What gitleaks holds for the line of a match where allow-lists look at it: with the newline before it, and for the last line, if no
 * newline ends it, everything from the text's beginning.
 */
export const gitleaksLine = (latin1: string, { ends, length }: Lines, start: number, end: number): string => {
  if (ends.length === 0) return latin1.slice(0, length)
  const first = countUpTo(ends, start)
  if (first === ends.length) return latin1.slice(0, end) + (/^[^\r\n]*/.exec(latin1.slice(end))?.[0] ?? '')
  const final = ends[countUpTo(ends, end - 1)] ?? (ends[first] as number)
  return latin1.slice(first === 0 ? 0 : ends[first - 1], Math.max(final, end))
}
