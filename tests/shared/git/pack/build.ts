import { createHash } from 'node:crypto'
import zlib from 'node:zlib'

/** Packs made by hand: what git would not make. */

export type TypeName = 'commit' | 'tree' | 'blob' | 'tag'

export const idOf = (type: TypeName, data: Uint8Array): string =>
  createHash('sha1').update(`${type} ${data.length}\0`).update(data).digest('hex')

/** size and type as a pack's entry begins */
export const start = (type: number, size: number): Buffer => {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= 0x80
    bytes.push(rest & 0x7f)
  }
  return Buffer.from(bytes)
}

/** @param base of a delta: its base's id, or {@link distance} */
export const entry = (
  type: number,
  data: Uint8Array,
  base: Buffer = Buffer.alloc(0),
  claimed = data.length,
) => Buffer.concat([start(type, claimed), base, zlib.deflateSync(data)])

/** how far before a delta its base begins, as OFS_DELTA has it */
export const distance = (bytes: number): Buffer => {
  const digits = [bytes & 127]
  for (let rest = bytes >> 7; rest > 0; rest >>= 7) {
    rest -= 1
    digits.unshift((rest & 127) | 128)
  }
  return Buffer.from(digits)
}

export const packOf = (...entries: Buffer[]): Buffer => {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
  head.writeUInt32BE(entries.length, 8)
  return sealed(Buffer.concat([head, ...entries]))
}

/** with its trailer */
export const sealed = (body: Buffer): Buffer =>
  Buffer.concat([body, createHash('sha1').update(body).digest()])

export const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]

/** copies the first `kept` bytes of a base (fewer than 65,536), then adds text (1 to 127 bytes) */
export const deltaOf = (base: Uint8Array, kept: number, text: Uint8Array): Buffer =>
  Buffer.from([
    ...varint(base.length),
    ...varint(kept + text.length),
    ...[0x80 | 0x10 | 0x20, kept & 255, kept >> 8],
    ...[text.length, ...text],
  ])

/** copies the first 64 KiB of a base so many times */
export const bombOf = (base: Uint8Array, times: number): Buffer =>
  Buffer.from([
    ...varint(base.length),
    ...varint(times * 65_536),
    ...Array.from({ length: times }, () => 0x80),
  ])
