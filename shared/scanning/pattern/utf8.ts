import type { CodeSet } from './set.ts'

// one byte class after the other: `[from, to]` for each byte of a sequence
type Sequence = readonly (readonly [number, number])[]

const LENGTH_ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff]

/** The UTF-8 sequences of a set's code points; surrogates have none. */
export const utf8Sequences = (set: CodeSet): Sequence[] => {
  const found: Sequence[] = []
  for (let at = 0; at < set.length; at += 2) {
    split(set[at] as number, Math.min(set[at + 1] as number, 0xd7ff), found)
    split(Math.max(set[at] as number, 0xe000), set[at + 1] as number, found)
  }
  return found
}

/** until first and last differ only in bytes that may have every value */
const split = (from: number, to: number, found: Sequence[]): void => {
  if (from > to) return
  for (const end of LENGTH_ENDS)
    if (from <= end && end < to) {
      split(from, end, found)
      split(end + 1, to, found)
      return
    }
  if (to <= 0x7f) {
    found.push([[from, to]])
    return
  }
  for (const bits of [6, 12, 18]) {
    const low = 2 ** bits - 1
    if (Math.floor(from / 2 ** bits) === Math.floor(to / 2 ** bits)) continue
    if ((from & low) !== 0) {
      split(from, from | low, found)
      split((from | low) + 1, to, found)
      return
    }
    if ((to & low) !== low) {
      split(from, to - (to & low) - 1, found)
      split(to - (to & low), to, found)
      return
    }
  }
  const first = Buffer.from(String.fromCodePoint(from))
  const last = Buffer.from(String.fromCodePoint(to))
  found.push([...first].map((byte, index) => [byte, last[index] as number] as const))
}
