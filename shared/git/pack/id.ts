import { createHash, hash } from 'node:crypto'
import type { ObjectType } from './types.ts'

/** Room that is left before an object's bytes for what its id is made of besides: `commit 9007199254740991`, and a zero. */
export const ID_ROOM_BYTES = 32

const BEFORE = {
  commit: Buffer.from('commit '),
  tree: Buffer.from('tree '),
  blob: Buffer.from('blob '),
  tag: Buffer.from('tag '),
} as const

/**
 * The id of the object that lies in `bytes` from `from` to `to`, as 40 hex digits. Overwrites up to {@link ID_ROOM_BYTES} before
 * it, so that one call hashes all of it. Source: git's hash-object: SHA-1 of type, size and content.
 */
export const idInPlace = (type: ObjectType, bytes: Buffer, from: number, to: number): string => {
  let at = from - 1
  bytes[at] = 0
  let size = to - from
  do {
    at -= 1
    bytes[at] = 0x30 + (size % 10)
    size = Math.floor(size / 10)
  } while (size > 0)
  const before = BEFORE[type]
  at -= before.length
  for (let index = 0; index < before.length; index += 1) bytes[at + index] = before[index] as number
  return hash('sha1', bytes.subarray(at, to), 'hex')
}

/** The same of bytes that come one after the other. */
export const idOfPieces = (type: ObjectType, size: number) => createHash('sha1').update(`${type} ${size}\0`)
