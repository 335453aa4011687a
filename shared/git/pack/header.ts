import { createHash } from 'node:crypto'
import { asBuffer } from '../pkt-line.ts'
import { malformed } from '../text.ts'

/** gitformat-pack ("pack-*.pack files have the following format"): signature, version, number of objects. */
export const PACK_HEADER_BYTES = 12

/** SHA-1 of all that is before it. */
export const PACK_TRAILER_BYTES = 20

export interface PackHeader {
  readonly version: 2 | 3
  readonly objects: number
}

/** What a push with nothing new sends: a header that counts no objects, and its checksum. */
export const EMPTY_PACK: Uint8Array = Buffer.from(
  '5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e',
  'hex',
)

/** @throws RelayError GIT_PROTOCOL when the first twelve bytes are not a pack's of version 2 or 3 */
export const readPackHeader = (bytes: Uint8Array): PackHeader => {
  const buffer = asBuffer(bytes)
  if (buffer.length < PACK_HEADER_BYTES) malformed('short pack')
  if (buffer.toString('latin1', 0, 4) !== 'PACK') malformed('no pack')
  const version = buffer.readUInt32BE(4)
  if (version !== 2 && version !== 3) return malformed('pack version')
  return { version, objects: buffer.readUInt32BE(8) }
}

export interface PackGate {
  /** the same bytes; the first come once they are known to be a pack's */
  push(bytes: Uint8Array): Uint8Array[]
  /** @throws RelayError GIT_PROTOCOL when the pack cannot be whole */
  end(): void
}

/**
 * Lets a pack pass and refuses what is none, or what is too short to be one. `checksum`: the pack's own is held against its
 * bytes; only needed where nothing else marks the end.
 */
export const packGate = ({ checksum }: { readonly checksum: boolean }): PackGate => {
  const sum = checksum ? trailingSum() : undefined
  let head: Buffer | undefined = Buffer.alloc(0)
  let length = 0
  return {
    push(bytes) {
      length += bytes.length
      sum?.push(bytes)
      if (!head) return [bytes]
      head = Buffer.concat([head, bytes])
      if (head.length < PACK_HEADER_BYTES) return []
      readPackHeader(head)
      const first = head
      head = undefined
      return [first]
    },
    end() {
      if (length < PACK_HEADER_BYTES + PACK_TRAILER_BYTES) malformed('short pack')
      if (sum && !sum.holds()) malformed('pack checksum')
    },
  }
}

/** SHA-1 over all but the last twenty bytes of a stream, compared with these. */
export const trailingSum = () => {
  const hash = createHash('sha1')
  let tail: Buffer = Buffer.alloc(0)
  return {
    push(bytes: Uint8Array) {
      const all = bytes.length >= PACK_TRAILER_BYTES ? asBuffer(bytes) : Buffer.concat([tail, bytes])
      if (all.length === bytes.length) hash.update(tail)
      const cut = Math.max(0, all.length - PACK_TRAILER_BYTES)
      hash.update(all.subarray(0, cut))
      tail = Buffer.from(all.subarray(cut))
    },
    holds: () => hash.digest().equals(tail),
  }
}
