// One state machine (header, blocks, codes, end): in pieces it would hand a dozen variables around in its inner loop.
import { malformed } from '../text.ts'
import { buildCode, decodeLong, emptyCode, KIND, SYMBOLS, VALUE_SHIFT } from './huffman.ts'

/** Why an inflater stopped: at the end of its stream, for want of bytes, or of room. */
export type Stop = 'end' | 'input' | 'room'

/** Room beyond the bytes that are wanted: the longest match is written before it is looked at. */
export const SLACK_BYTES = 258

/** Bytes that must follow a deflated stream before its end is seen; every entry of a pack is followed by the trailer's twenty. */
const AHEAD_BYTES = 8

/** The order in which the lengths of the code of lengths come: RFC 1951, 3.2.7. */
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** RFC 1951, 3.2.6; short streams have it, and nothing needs to be made for them. */
const FIXED = (() => {
  const lengths = new Uint8Array(320)
  lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288).fill(5, 288, 320)
  const code = { literals: emptyCode(), distances: emptyCode() }
  buildCode(code.literals, SYMBOLS.literals, lengths, 0, 288)
  buildCode(code.distances, SYMBOLS.distances, lengths, 288, 320)
  return code
})()

/** How far back a match may reach. */
export const HISTORY_BYTES = 32_768

export interface Inflater {
  /** forgets everything: a new stream begins */
  reset(): void
  /**
   * Goes on from `input[from]` and writes from `out[to]`, where `out` holds what was written before it, from `first` on (the last
   * {@link HISTORY_BYTES} are enough). Ends with `room` when it would write at or beyond `out.length` − {@link SLACK_BYTES}.
   * @throws RelayError GIT_PROTOCOL for what is no deflated stream
   */
  run(input: Uint8Array, from: number, end: number, out: Uint8Array, to: number, first: number): Stop
  /**
   * where the next `run` goes on in the input, and in `out`; after `end`: where the stream ended. May be up to four bytes before
   * the input that was given last
   */
  at(): number
  to(): number
  /** what was written last was moved: it ends here now */
  rewind(to: number): void
  /** after `end`: the checksum the stream ends with */
  adler(): number
}

/**
 * zlib's format (RFC 1950, 1951) in JavaScript, one stream after the other without a handle for each: node:zlib takes about ten
 * microseconds to make one, in which a commit is inflated several times over.
 */
export const createInflater = (): Inflater => {
  const ownLiterals = emptyCode()
  const ownDistances = emptyCode()
  let literals = ownLiterals
  let distances = ownDistances
  const lengthsCode = emptyCode()
  const lengths = new Uint8Array(320)
  let state: 'header' | 'block' | 'storedHead' | 'stored' | 'codes' | 'checksum' | 'end' = 'header'
  let isLast = false
  let storedLeft = 0
  let hold = 0
  let bits = 0
  let at = 0
  let to = 0
  let sum = 0

  let input: Uint8Array = new Uint8Array(0)
  let begin = 0
  let end = 0

  const enough = (): boolean => end - at >= AHEAD_BYTES

  /** at most 16 bits */
  const take = (count: number): number => {
    if (bits < count) {
      hold |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << bits
      at += 2
      bits += 16
    }
    const value = hold & ((1 << count) - 1)
    hold >>>= count
    bits -= count
    return value
  }

  /** gives whole bytes back and drops the rest; they may be of the input before this one: then the next begins with them */
  const align = (): void => {
    at -= bits >> 3
    hold = 0
    bits = 0
  }

  const readHeader = (): boolean => {
    if (!enough()) return false
    const method = input[at] as number
    const flags = input[at + 1] as number
    if ((method & 15) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || flags & 0x20)
      malformed('deflated header')
    at += 2
    state = 'block'
    return true
  }

  const readBlock = (): boolean => {
    if (!enough()) return false
    const before = { hold, bits, at, isLast }
    isLast = take(1) === 1
    const type = take(2)
    if (type === 3) malformed('deflated block')
    if (type === 0) {
      align()
      state = 'storedHead'
      return true
    }
    if (type === 1) {
      literals = FIXED.literals
      distances = FIXED.distances
    } else if (!dynamicCodes()) return back(before)
    state = 'codes'
    return true
  }

  const readStoredHead = (): boolean => {
    if (at < begin || end - at < 4) return false
    const length = (input[at] as number) | ((input[at + 1] as number) << 8)
    const inverse = (input[at + 2] as number) | ((input[at + 3] as number) << 8)
    if ((length ^ inverse) !== 0xffff) malformed('deflated block')
    at += 4
    storedLeft = length
    state = 'stored'
    return true
  }

  const back = (before: { hold: number; bits: number; at: number; isLast: boolean }): false => {
    hold = before.hold
    bits = before.bits
    at = before.at
    isLast = before.isLast
    return false
  }

  /** false: the input ends before they do */
  const dynamicCodes = (): boolean => {
    const literalCount = take(5) + 257
    const distanceCount = take(5) + 1
    const lengthCount = take(4) + 4
    if (literalCount > 286 || distanceCount > 30) malformed('deflated block')
    lengths.fill(0, 0, 19)
    for (let index = 0; index < lengthCount; index += 1) {
      if (!enough()) return false
      lengths[LENGTHS_ORDER[index] as number] = take(3)
    }
    buildCode(lengthsCode, SYMBOLS.lengths, lengths, 0, 19)
    const all = literalCount + distanceCount
    for (let index = 0; index < all; ) {
      if (!enough()) return false
      const symbol = takeLength()
      if (symbol < 16) {
        lengths[index] = symbol
        index += 1
        continue
      }
      if (symbol === 16 && index === 0) malformed('deflated block')
      const value = symbol === 16 ? (lengths[index - 1] as number) : 0
      const repeat = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7)
      if (index + repeat > all) malformed('deflated block')
      lengths.fill(value, index, index + repeat)
      index += repeat
    }
    if (lengths[256] === 0) malformed('deflated block')
    literals = ownLiterals
    distances = ownDistances
    buildCode(literals, SYMBOLS.literals, lengths, 0, literalCount)
    buildCode(distances, SYMBOLS.distances, lengths, literalCount, all)
    return true
  }

  /** a symbol of the code of lengths: at most 7 bits */
  const takeLength = (): number => {
    if (bits < 7) {
      hold |= (input[at] as number) << bits
      at += 1
      bits += 8
    }
    const entry = lengthsCode.table[hold & lengthsCode.mask] as number
    const length = entry & 15
    if (length === 0) malformed('deflated code')
    hold >>>= length
    bits -= length
    return entry >> VALUE_SHIFT
  }

  const copyStored = (out: Uint8Array, limit: number): Stop | undefined => {
    const count = Math.min(storedLeft, end - at, limit - to)
    if (count > 0) {
      out.set(input.subarray(at, at + count), to)
      at += count
      to += count
      storedLeft -= count
    }
    if (storedLeft > 0) return to >= limit ? 'room' : 'input'
    state = isLast ? 'checksum' : 'block'
    return undefined
  }

  const readCodes = (out: Uint8Array, limit: number, first: number): Stop | undefined => {
    const source = input
    const literalTable = literals.table
    const distanceTable = distances.table
    const literalMask = literals.mask
    const distanceMask = distances.mask
    const inputEnd = end - AHEAD_BYTES
    let h = hold
    let b = bits
    let i = at
    let o = to
    let stop: Stop | undefined
    for (;;) {
      if (i > inputEnd) {
        stop = 'input'
        break
      }
      if (o > limit) {
        stop = 'room'
        break
      }
      if (b < 16) {
        h |= ((source[i] as number) | ((source[i + 1] as number) << 8)) << b
        i += 2
        b += 16
      }
      let entry = literalTable[h & literalMask] as number
      if ((entry & 0x3ff) > 0x2ff) entry = decodeLong(literals, h)
      h >>>= entry & 15
      b -= entry & 15
      const kind = (entry >> 8) & 3
      if (kind === KIND.literal) {
        out[o] = entry >> VALUE_SHIFT
        o += 1
        continue
      }
      if (kind === KIND.end) {
        state = isLast ? 'checksum' : 'block'
        break
      }
      if (b < 16) {
        h |= ((source[i] as number) | ((source[i + 1] as number) << 8)) << b
        i += 2
        b += 16
      }
      let extra = (entry >> 4) & 15
      const length = (entry >> VALUE_SHIFT) + (h & ((1 << extra) - 1))
      h >>>= extra
      b -= extra
      if (b < 16) {
        h |= ((source[i] as number) | ((source[i + 1] as number) << 8)) << b
        i += 2
        b += 16
      }
      entry = distanceTable[h & distanceMask] as number
      if ((entry & 0x3ff) > 0x2ff) entry = decodeLong(distances, h)
      h >>>= entry & 15
      b -= entry & 15
      if (b < 16) {
        h |= ((source[i] as number) | ((source[i + 1] as number) << 8)) << b
        i += 2
        b += 16
      }
      extra = (entry >> 4) & 15
      const distance = (entry >> VALUE_SHIFT) + (h & ((1 << extra) - 1))
      h >>>= extra
      b -= extra
      if (distance > o - first) malformed('deflated distance')
      let from = o - distance
      const last = o + length
      while (o < last) {
        out[o] = out[from] as number
        o += 1
        from += 1
      }
    }
    hold = h
    bits = b
    at = i
    to = o
    return stop
  }

  const readChecksum = (): boolean => {
    align()
    if (at < begin || end - at < 4) return false
    sum =
      (((input[at] as number) << 24) |
        ((input[at + 1] as number) << 16) |
        ((input[at + 2] as number) << 8) |
        (input[at + 3] as number)) >>>
      0
    at += 4
    state = 'end'
    return true
  }

  return {
    reset() {
      state = 'header'
      hold = 0
      bits = 0
    },
    run(bytes, from, stop, out, writeAt, first) {
      input = bytes
      at = from
      begin = from
      end = stop
      to = writeAt
      const limit = out.length - SLACK_BYTES
      for (;;) {
        if (state === 'codes') {
          const why = readCodes(out, limit, first)
          if (why) return why
        } else if (state === 'block') {
          if (!readBlock()) return 'input'
        } else if (state === 'header') {
          if (!readHeader()) return 'input'
        } else if (state === 'storedHead') {
          if (!readStoredHead()) return 'input'
        } else if (state === 'stored') {
          const why = copyStored(out, limit)
          if (why) return why
        } else if (state === 'checksum') {
          if (!readChecksum()) return 'input'
        } else return 'end'
      }
    },
    at: () => at,
    to: () => to,
    rewind(writeAt) {
      to = writeAt
    },
    adler: () => sum,
  }
}

/** Adler-32 (RFC 1950, 9) of these bytes, after those whose checksum is given. */
export const adler32 = (bytes: Uint8Array, from: number, to: number, before = 1): number => {
  let low = before & 0xffff
  let high = before >>> 16
  for (let at = from; at < to; ) {
    // so many that the sums stay small integers
    const stop = Math.min(at + 2_048, to)
    for (; at < stop; at += 1) {
      low += bytes[at] as number
      high += low
    }
    low %= 65_521
    high %= 65_521
  }
  return ((high << 16) | low) >>> 0
}
