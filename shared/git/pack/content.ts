import zlib from 'node:zlib'
import { malformed } from '../text.ts'
import { adler32, createInflater, HISTORY_BYTES, SLACK_BYTES } from './inflate.ts'

/** Larger ones go to node:zlib, which is slower to begin and quicker then (measured: they meet between 2 and 4 KB). */
const SMALL_BYTES = 2_048

/** Bytes that are given to an inflater besides those of a stream, so that it sees the stream's end. */
export const BEYOND_BYTES = 20

const PIECE_BYTES = 256 * 1024

/** The most bytes that an ordinary deflater makes of so many: RFC 1951's stored blocks, zlib's smallest buffers. */
export const deflateBound = (size: number): number => size + Math.ceil(size / 4_096) * 5 + 32

/** A stream's content: lies in `bytes` from `from` to `to`. */
export interface Content {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  /** how many deflated bytes it was */
  readonly used: number
  /** overwritten by the next one */
  readonly isShared: boolean
}

/** Inflates streams whose size is known, each in one. */
export interface ContentReader {
  /**
   * @param room bytes that are left free before the content of a small one
   * @returns undefined when the stream does not end within these bytes
   * @throws RelayError GIT_PROTOCOL for what is no deflated stream, or not one of this size
   */
  inflate(deflated: Buffer, from: number, size: number, room: number): Content | undefined
}

export const contentReader = (): ContentReader => {
  const inflater = createInflater()
  const small = Buffer.alloc(64 + SMALL_BYTES + SLACK_BYTES)
  return {
    inflate(deflated, from, size, room) {
      if (size > SMALL_BYTES) return inflateLarge(deflated, from, size)
      inflater.reset()
      const out = small.subarray(0, room + size + SLACK_BYTES)
      const stop = inflater.run(deflated, from, deflated.length, out, room, room)
      if (stop === 'input') return undefined
      const to = room + size
      if (stop === 'room' || inflater.to() !== to) return malformed('object size')
      if (adler32(small, room, to) !== inflater.adler()) malformed('object checksum')
      return { bytes: small, from: room, to, used: inflater.at() - from, isShared: true }
    },
  }
}

const inflateLarge = (deflated: Buffer, from: number, size: number): Content | undefined => {
  const options = { info: true, chunkSize: size + 1, maxOutputLength: size } as const
  try {
    // With `info` the answer is the data and the engine, which counted its input; @types/node does not know it.
    const { buffer, engine } = zlib.inflateSync(deflated.subarray(from), options) as unknown as {
      buffer: Buffer
      engine: zlib.Inflate
    }
    if (buffer.length !== size) malformed('object size')
    return { bytes: buffer, from: 0, to: size, used: engine.bytesWritten, isShared: false }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'Z_BUF_ERROR') return undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') return malformed('object size')
    if (code?.startsWith('Z_')) return malformed('deflated object')
    throw cause
  }
}

/**
 * Inflates a stream piece by piece; undefined is given where more bytes are needed, which `view` may have the next time.
 * Returns where the stream ended.
 * @param view bytes of the pack from there on, or as many as there are
 * @throws RelayError GIT_PROTOCOL for what is no deflated stream, or not one of this size
 */
export function* inflatePieces(
  view: (at: number) => Buffer,
  start: number,
  size: number,
): Generator<Buffer | undefined, number, undefined> {
  const inflater = createInflater()
  const out = Buffer.allocUnsafeSlow(HISTORY_BYTES + PIECE_BYTES + SLACK_BYTES)
  let history = 0
  let done = 0
  let sum = 1
  let at = start
  for (;;) {
    const bytes = view(at)
    const stop = inflater.run(bytes, 0, bytes.length, out, inflater.to(), 0)
    at += inflater.at()
    const to = inflater.to()
    if (stop === 'input') {
      if (inflater.at() === 0) yield undefined
      continue
    }
    done += to - history
    if (done > size) return malformed('object size')
    sum = adler32(out, history, to, sum)
    if (to > history) yield out.subarray(history, to)
    if (stop === 'end') break
    history = Math.min(to, HISTORY_BYTES)
    out.copyWithin(0, to - history, to)
    inflater.rewind(history)
  }
  if (done !== size) return malformed('object size')
  if (sum !== inflater.adler()) malformed('object checksum')
  return at
}
