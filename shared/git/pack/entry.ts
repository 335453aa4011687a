import { malformed } from '../text.ts'
import type { ObjectType } from './types.ts'

/** Types of entries: gitformat-pack ("Object types"). */
export const ENTRY = { commit: 1, tree: 2, blob: 3, tag: 4, offsetDelta: 6, namedDelta: 7 } as const

const TYPES: readonly (ObjectType | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag']

/** The type of an object that is no delta. */
export const typeName = (type: number): ObjectType => TYPES[type] ?? malformed('entry type')

/** What an entry begins with. */
export interface EntryHead {
  readonly type: number
  /** inflated, in bytes; of a delta: of its instructions */
  readonly size: number
  /** of a delta: how far before the entry its base begins, or its base's id */
  readonly base: number | string | undefined
  /** how many bytes this head has */
  readonly length: number
}

/** Longest head: a size and a distance of at most eight bytes each, or an id. */
export const ENTRY_HEAD_BYTES = 28

/**
 * Reads an entry's head; undefined when its bytes are not all there. Source: gitformat-pack ("pack-*.pack files have the following
 * format"). @throws RelayError GIT_PROTOCOL for a type that does not exist, and numbers that no pack can have
 */
export const entryHead = (bytes: Buffer, start: number): EntryHead | undefined => {
  let at = start
  const first = bytes[at++]
  if (first === undefined) return undefined
  const type = (first >> 4) & 7
  let size = first & 15
  for (let byte = first, scale = 16; byte & 0x80; scale *= 128) {
    if (scale > 2 ** 46) return malformed('entry size')
    const next = bytes[at++]
    if (next === undefined) return undefined
    byte = next
    size += (byte & 0x7f) * scale
  }
  if (type >= ENTRY.commit && type <= ENTRY.tag) return { type, size, base: undefined, length: at - start }
  if (type === ENTRY.namedDelta) {
    if (at + 20 > bytes.length) return undefined
    return { type, size, base: bytes.toString('hex', at, at + 20), length: at + 20 - start }
  }
  if (type !== ENTRY.offsetDelta) return malformed('entry type')
  let distance = -1
  for (let byte = 0x80; byte & 0x80; ) {
    if (distance > 2 ** 45) return malformed('entry base')
    const next = bytes[at++]
    if (next === undefined) return undefined
    byte = next
    distance = (distance + 1) * 128 + (byte & 0x7f)
  }
  return { type, size, base: distance, length: at - start }
}
