import { RelayError } from '../runtime/errors.ts'

/**
 * One packet of Git's framing. The four kinds are distinct values: an empty data packet (`0004`) is not a flush (`0000`).
 * Source: git's Documentation/gitprotocol-common ("pkt-line Format") and gitprotocol-v2 ("Packet-Line Framing").
 */
export type Packet =
  | { readonly type: 'data'; readonly payload: Uint8Array }
  | { readonly type: 'flush' }
  | { readonly type: 'delim' }
  | { readonly type: 'response-end' }

/** Longest packet, its four length digits included (gitprotocol-common: 65516 bytes of data). */
export const MAX_PACKET_BYTES = 65_520

const HEADER_BYTES = 4

const SPECIAL: Readonly<Record<number, Packet>> = {
  0: { type: 'flush' },
  1: { type: 'delim' },
  2: { type: 'response-end' },
}

export interface PacketReader {
  /** takes the next bytes, however they were cut; gives the packets that are complete now */
  push(bytes: Uint8Array): Packet[]
  /** to be called after the last byte; throws GIT_PROTOCOL in the middle of a packet */
  end(): void
}

/**
 * Reads packets from a stream of byte pieces. Holds at most one unfinished packet and the piece at hand.
 * @throws RelayError GIT_PROTOCOL (from the reader's methods) on a length that is not four hex digits, is 3, or is above
 * {@link MAX_PACKET_BYTES}, and on a stream that ends inside a packet
 */
export const packetReader = (): PacketReader => {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      const buffer = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes])
      const packets: Packet[] = []
      let at = 0
      while (buffer.length - at >= HEADER_BYTES) {
        const length = packetLength(buffer, at)
        const special = SPECIAL[length]
        if (special) {
          packets.push(special)
          at += HEADER_BYTES
          continue
        }
        if (buffer.length - at < length) break
        packets.push({ type: 'data', payload: buffer.subarray(at + HEADER_BYTES, at + length) })
        at += length
      }
      rest = Buffer.from(buffer.subarray(at))
      return packets
    },
    end() {
      if (rest.length > 0) throw new RelayError('GIT_PROTOCOL', { problem: 'cut packet', bytes: rest.length })
    },
  }
}

const packetLength = (buffer: Buffer, at: number): number => {
  const digits = buffer.toString('latin1', at, at + HEADER_BYTES)
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new RelayError('GIT_PROTOCOL', { problem: 'packet length' })
  const length = Number.parseInt(digits, 16)
  if (length === 3) throw new RelayError('GIT_PROTOCOL', { problem: 'packet length', length })
  if (length > MAX_PACKET_BYTES) throw new RelayError('GIT_PROTOCOL', { problem: 'packet length', length })
  return length
}
