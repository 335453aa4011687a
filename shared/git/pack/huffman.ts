import { malformed } from '../text.ts'

/** Codes up to this length are found by one look-up; longer ones are rare and are decoded bit by bit. */
const ROOT_BITS = 10

/** What a code stands for: bits 0–3 its length, 4–7 how many extra bits follow, 8–9 a KIND, from 10 a byte or the base of a length. */
export const KIND = { literal: 0, base: 1, end: 2, other: 3 } as const
export const VALUE_SHIFT = 10

const base = (value: number, extra: number): number =>
  (value << VALUE_SHIFT) | (KIND.base << 8) | (extra << 4)
const NOTHING = KIND.other << 8

/** RFC 1951, 3.2.5: each base is the one before plus what its extra bits can add. */
const bases = (first: number, extras: readonly number[]): number[] => {
  let value = first
  return extras.map((extra) => {
    const entry = base(value, extra)
    value += 1 << extra
    return entry
  })
}
const LENGTH_EXTRAS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]
const DISTANCE_EXTRAS = [0, 0, ...Array.from({ length: 28 }, (_, index) => index >> 1)]
const bytes = (count: number): number[] => Array.from({ length: count }, (_, value) => value << VALUE_SHIFT)

/** What each symbol of an alphabet stands for. */
export const SYMBOLS = {
  lengths: Int32Array.from(bytes(19)),
  literals: Int32Array.from([
    ...bytes(256),
    KIND.end << 8,
    ...bases(3, LENGTH_EXTRAS),
    base(258, 0),
    NOTHING,
    NOTHING,
  ]),
  distances: Int32Array.from([...bases(1, DISTANCE_EXTRAS), NOTHING, NOTHING]),
} as const

/** One Huffman code, ready to be read from. */
export interface Code {
  /** by the next bits, first bit lowest; KIND.other: longer than the table knows, or no code */
  readonly table: Int32Array
  mask: number
  readonly counts: Uint16Array
  /** symbols by length, then by value */
  readonly sorted: Uint16Array
  symbols: Int32Array
}

export const emptyCode = (): Code => ({
  table: new Int32Array(1 << ROOT_BITS),
  mask: 0,
  counts: new Uint16Array(16),
  sorted: new Uint16Array(288),
  symbols: SYMBOLS.lengths,
})

const places = new Uint16Array(17)

/**
 * Makes a code from the lengths of its symbols. zlib's rules hold: more codes than fit are refused, and fewer too, unless there is
 * one alone of one bit, or none (then nothing may be read from it). Source: RFC 1951, 3.2.2.
 * @throws RelayError GIT_PROTOCOL
 */
export const buildCode = (
  code: Code,
  symbols: Int32Array,
  lengths: Uint8Array,
  from: number,
  to: number,
): void => {
  const { counts, sorted, table } = code
  code.symbols = symbols
  counts.fill(0)
  for (let at = from; at < to; at += 1) {
    const length = lengths[at] as number
    counts[length] = (counts[length] as number) + 1
  }
  counts[0] = 0
  let longest = 15
  while (longest > 0 && counts[longest] === 0) longest -= 1
  let left = 1
  for (let length = 1; length <= 15; length += 1) {
    left = left * 2 - (counts[length] as number)
    if (left < 0) malformed('deflated code')
  }
  if (left > 0 && (symbols === SYMBOLS.lengths || longest > 1)) malformed('deflated code')
  places[1] = 0
  for (let length = 1; length <= 15; length += 1)
    places[length + 1] = (places[length] as number) + (counts[length] as number)
  for (let at = from; at < to; at += 1) {
    const length = lengths[at] as number
    if (length > 0) {
      const place = places[length] as number
      sorted[place] = at - from
      places[length] = place + 1
    }
  }
  const bits = Math.min(longest, ROOT_BITS)
  const size = 1 << bits
  code.mask = size - 1
  // what is not filled below is a longer code, or none
  if (left > 0 || longest > bits) table.fill(NOTHING, 0, size)
  fill(code, bits, size)
}

/** Codes of one length count up, from their first bit on; the table is by the last bit first: the count runs mirrored. */
const fill = ({ table, counts, sorted, symbols }: Code, bits: number, size: number): void => {
  let mirrored = 0
  let next = 0
  for (let length = 1; length <= bits; length += 1) {
    const step = 1 << length
    for (let count = counts[length] as number; count > 0; count -= 1) {
      const entry = (symbols[sorted[next] as number] as number) | length
      next += 1
      for (let at = mirrored; at < size; at += step) table[at] = entry
      let bit = step >> 1
      while (mirrored & bit) {
        mirrored ^= bit
        bit >>= 1
      }
      mirrored |= bit
    }
  }
}

/** What the next bits stand for where the table does not know. @throws RelayError GIT_PROTOCOL for what is no code */
export const decodeLong = ({ counts, sorted, symbols }: Code, bits: number): number => {
  let code = 0
  let first = 0
  let index = 0
  for (let length = 1; length <= 15; length += 1) {
    code |= (bits >> (length - 1)) & 1
    const count = counts[length] as number
    if (code - count < first) {
      const entry = symbols[sorted[index + code - first] as number] as number
      if (entry !== NOTHING) return entry | length
      break
    }
    index += count
    first = (first + count) << 1
    code <<= 1
  }
  return malformed('deflated code')
}
