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

/** The length digits before every payload. */
export const HEADER_BYTES = 4

const SPECIAL: Readonly<Record<number, Packet>> = {
  0: { type: 'flush' },
  1: { type: 'delim' },
  2: { type: 'response-end' },
}

const SPECIAL_BYTES = { flush: '0000', delim: '0001', 'response-end': '0002' } as const

/** @throws RelayError GIT_LIMIT when the payload does not fit into a packet */
export const encodePacket = (packet: Packet): Buffer =>
  packet.type === 'data' ? dataPacket(packet.payload) : Buffer.from(SPECIAL_BYTES[packet.type])

/** A data packet around these bytes. @throws RelayError GIT_LIMIT when they do not fit */
export const dataPacket = (payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(lengthDigits(payload.length)), payload])

/** A request of lines and special packets, as UTF-8. @throws RelayError GIT_LIMIT when a line does not fit into a packet */
export const encodeLines = (lines: readonly (string | { readonly type: 'flush' | 'delim' })[]): Buffer =>
  Buffer.from(
    lines
      .map((line) =>
        typeof line === 'string' ? lengthDigits(Buffer.byteLength(line)) + line : SPECIAL_BYTES[line.type],
      )
      .join(''),
  )

const lengthDigits = (payload: number): string => {
  const length = payload + HEADER_BYTES
  if (length > MAX_PACKET_BYTES)
    throw new RelayError('GIT_LIMIT', { limit: 'packet', most: MAX_PACKET_BYTES, length })
  return length.toString(16).padStart(HEADER_BYTES, '0')
}

/**
 * The length that four bytes of a stream announce, their own four included; 0 to 2 are the special packets.
 * @throws RelayError GIT_PROTOCOL on what is not four hex digits, on 3, and above {@link MAX_PACKET_BYTES}
 */
export const packetLength = (buffer: Uint8Array, at = 0): number => {
  let length = 0
  for (let index = at; index < at + HEADER_BYTES; index += 1) {
    const digit = hexDigit(buffer[index] ?? 0)
    if (digit < 0) throw new RelayError('GIT_PROTOCOL', { problem: 'packet length' })
    length = length * 16 + digit
  }
  if (length === 3 || length > MAX_PACKET_BYTES)
    throw new RelayError('GIT_PROTOCOL', { problem: 'packet length', length })
  return length
}

const hexDigit = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** The bytes themselves, seen as a Buffer; nothing is copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Takes packets one by one, so that the reader can stop where the packets do. */
export interface PacketQueue {
  push(bytes: Uint8Array): void
  /** the next packet if it is complete */
  next(): Packet | undefined
  /** what is left, as it came; the queue is empty afterwards */
  rest(): Buffer
  /** bytes not taken yet; a view */
  peek(): Buffer
}

/** @throws RelayError GIT_PROTOCOL (from `next`) as {@link packetLength} does */
export const packetQueue = (): PacketQueue => {
  let buffer: Buffer = Buffer.alloc(0)
  let at = 0
  const take = (): Buffer => {
    const rest = buffer.subarray(at)
    buffer = Buffer.alloc(0)
    at = 0
    return rest
  }
  return {
    push(bytes) {
      const rest = take()
      buffer = rest.length === 0 ? asBuffer(bytes) : Buffer.concat([rest, bytes])
    },
    next() {
      if (buffer.length - at < HEADER_BYTES) return undefined
      const length = packetLength(buffer, at)
      const special = SPECIAL[length]
      if (!special && buffer.length - at < length) return undefined
      const start = at
      at += special ? HEADER_BYTES : length
      return special ?? { type: 'data', payload: buffer.subarray(start + HEADER_BYTES, at) }
    },
    rest: take,
    peek: () => buffer.subarray(at),
  }
}

export interface PacketReader {
  /** takes the next bytes, however they were cut; gives the packets that are complete now, as views of those bytes */
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
  const queue = packetQueue()
  return {
    push(bytes) {
      queue.push(bytes)
      const packets: Packet[] = []
      for (let packet = queue.next(); packet; packet = queue.next()) packets.push(packet)
      // The caller may use its buffer again.
      queue.push(Buffer.from(queue.rest()))
      return packets
    },
    end() {
      const { length: bytes } = queue.peek()
      if (bytes > 0) throw new RelayError('GIT_PROTOCOL', { problem: 'cut packet', bytes })
    },
  }
}
