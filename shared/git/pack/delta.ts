import { malformed } from '../text.ts'

/** What a delta begins with: the size of its base and of what it makes, in bytes. */
export interface DeltaHead {
  readonly base: number
  readonly result: number
  /** where the instructions begin */
  readonly at: number
}

/** The longest head: two numbers of at most eight bytes. */
export const DELTA_HEAD_BYTES = 16

/** Source: gitformat-pack ("Deltified representation"). @throws RelayError GIT_PROTOCOL */
export const deltaHead = (delta: Uint8Array): DeltaHead => {
  let at = 0
  const size = (): number => {
    let value = 0
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = delta[at] ?? malformed('delta')
      at += 1
      value += (byte & 0x7f) * scale
      if (!(byte & 0x80)) return value
    }
    return malformed('delta')
  }
  const base = size()
  return { base, result: size(), at }
}

/** Shorter runs are copied byte by byte: that is quicker than the call which copies them. */
const SHORT_BYTES = 24

/**
 * Makes an object of `head.result` bytes in `out` from `to` on, out of its base and the instructions of a delta.
 * @throws RelayError GIT_PROTOCOL when they do not fit each other
 */
export const applyDelta = (base: Buffer, delta: Buffer, head: DeltaHead, out: Buffer, to = 0): void => {
  if (head.base !== base.length) malformed('delta')
  const last = to + head.result
  const end = delta.length
  let at = head.at
  let filled = to
  while (at < end) {
    const code = delta[at] as number
    at += 1
    if (code & 0x80) {
      let from = 0
      let count = 0
      if (code & 0x01) from = byteAt(delta, at++)
      if (code & 0x02) from |= byteAt(delta, at++) << 8
      if (code & 0x04) from |= byteAt(delta, at++) << 16
      if (code & 0x08) from += byteAt(delta, at++) * 0x1000000
      if (code & 0x10) count = byteAt(delta, at++)
      if (code & 0x20) count |= byteAt(delta, at++) << 8
      if (code & 0x40) count |= byteAt(delta, at++) << 16
      if (count === 0) count = 0x10000
      if (from + count > base.length || filled + count > last) malformed('delta')
      copyBytes(base, from, out, filled, count)
      filled += count
    } else {
      if (code === 0 || at + code > end || filled + code > last) malformed('delta')
      copyBytes(delta, at, out, filled, code)
      at += code
      filled += code
    }
  }
  if (filled !== last) malformed('delta')
}

const byteAt = (delta: Buffer, at: number): number => delta[at] ?? malformed('delta')

const copyBytes = (source: Buffer, from: number, out: Buffer, to: number, count: number): void => {
  if (count > SHORT_BYTES) source.copy(out, to, from, from + count)
  else for (let index = 0; index < count; index += 1) out[to + index] = source[from + index] as number
}
