import { crc32 } from 'node:zlib'
import { RelayError } from '../../runtime/errors.ts'
import { malformed } from '../text.ts'
import type { PackBytes } from './bytes.ts'
import { BEYOND_BYTES, contentReader, inflatePieces } from './content.ts'
import { applyDelta, deltaHead } from './delta.ts'
import { typeName } from './entry.ts'
import { ENTRY_BYTES, held as heldOf } from './held.ts'
import { ID_ROOM_BYTES, idInPlace } from './id.ts'
import { isDelta, type PackIndex, settleId } from './index.ts'
import type { Kept } from './kept.ts'
import { within } from './limits.ts'
import type { PackLimits } from './types.ts'

const PIECE_BYTES = 1024 * 1024
const VIEW_BYTES = 256 * 1024

/** Makes the objects of an indexed pack. */
export interface Objects {
  /**
   * The object of an entry that is no delta, or whose base is linked.
   * @param own it must outlive the next one; what is made from nothing always does
   */
  make(entry: number, own: boolean): Buffer
  /** lets go of what is held of an entry */
  release(entry: number): void
  /** in pieces; what is a delta is made whole first */
  pieces(entry: number): Iterable<Buffer>
}

export const packObjects = (bytes: PackBytes, index: PackIndex, limits: PackLimits, kept: Kept): Objects => {
  const contents = contentReader()
  const held = heldOf<number, Buffer>(limits.held - kept.bytes(), ({ length }) => length + ENTRY_BYTES)
  let scratch = Buffer.allocUnsafeSlow(64 * 1024)
  /** bytes that had to be made a second time */
  let again = 0

  /** an entry, inflated; until the next one unless it is owned */
  const stored = (entry: number, own: boolean): Buffer => {
    const size = index.size[entry] as number
    const place = index.kept[entry] as number
    if (place > 0) return kept.get(place, size)
    const start = index.start[entry] as number
    const length = (index.start[entry + 1] as number) - start
    const view = bytes.view(start, length + BEYOND_BYTES)
    const crc = index.crc[entry] as number
    if (crc !== 0 && crc32(view.subarray(0, length)) !== crc)
      throw new RelayError('GIT_LIMIT', { limit: 'pack spill', problem: 'changed', at: start })
    const content = contents.inflate(view, index.headBytes[entry] as number, size, 0)
    if (!content) return malformed('cut object')
    const data = content.bytes.subarray(0, content.to)
    return own && content.isShared ? Buffer.from(data) : data
  }

  /** room for an object, with that for its id before it */
  const room = (size: number, own: boolean): Buffer => {
    const total = ID_ROOM_BYTES + size
    if (own) return Buffer.allocUnsafe(total)
    if (scratch.length < total) scratch = Buffer.allocUnsafeSlow(Math.max(total, scratch.length * 2))
    return scratch
  }

  const apply = (entry: number, base: Buffer, own: boolean): Buffer => {
    const delta = stored(entry, false)
    const head = deltaHead(delta)
    const out = room(head.result, own)
    const end = ID_ROOM_BYTES + head.result
    applyDelta(base, delta, head, out, ID_ROOM_BYTES)
    if (!index.ids.isKnown(entry))
      settleId(index, entry, idInPlace(typeName(index.kind[entry] as number), out, ID_ROOM_BYTES, end))
    return out.subarray(ID_ROOM_BYTES, end)
  }

  /** an object that others are made from: held, or made again from the nearest that is */
  const whole = (entry: number): Buffer => {
    const chain: number[] = []
    let bottom = entry
    let data = held.get(bottom)
    while (!data && isDelta(index, bottom)) {
      chain.push(bottom)
      bottom = index.base[bottom] as number
      data = held.get(bottom)
    }
    if (!data) {
      data = stored(bottom, true)
      if (index.kept[bottom] === 0) count(bottom, data)
    }
    for (let delta = chain.pop(); delta !== undefined; delta = chain.pop()) {
      data = apply(delta, data, true)
      count(delta, data)
    }
    return data
  }

  const count = (entry: number, data: Buffer): void => {
    again += data.length
    within('inflated', again, limits.inflated)
    held.add(entry, data)
  }

  return {
    make(entry, own) {
      const data =
        held.get(entry) ??
        (isDelta(index, entry) ? apply(entry, whole(index.base[entry] as number), own) : stored(entry, true))
      if (own && (isDelta(index, entry) || index.kept[entry] === 0)) held.add(entry, data)
      return data
    },
    release: held.release,
    *pieces(entry) {
      if (isDelta(index, entry)) {
        const data = whole(entry)
        for (let at = 0; at < data.length; at += PIECE_BYTES) yield data.subarray(at, at + PIECE_BYTES)
        return
      }
      const start = (index.start[entry] as number) + (index.headBytes[entry] as number)
      const size = index.size[entry] as number
      for (const piece of inflatePieces((at) => bytes.view(at, VIEW_BYTES), start, size))
        yield piece ?? malformed('cut object')
    },
  }
}
