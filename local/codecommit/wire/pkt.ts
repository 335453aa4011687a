/** A peer that does not speak the protocol, or speaks too much of it. The connection is cut; nothing is answered. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

type Packet =
  | { readonly kind: 'data'; readonly payload: Buffer }
  | { readonly kind: 'flush' }
  | { readonly kind: 'end' }

/** Reads a byte stream first as packets, then as whatever follows them. */
export interface PacketReader {
  /** the next packet; `end` where the stream ends between two packets. Throws {@link ProtocolError} on anything else */
  packet(): Promise<Packet>
  /** everything behind the packets read so far, unchanged */
  rest(): AsyncGenerator<Buffer>
}

export const FLUSH = Buffer.from('0000')

/** Largest pkt-line with its length, and so the largest sideband payload (git documentation, gitprotocol-common "pkt-line Format"). */
const MAX_LINE = 65520
const MAX_BAND = MAX_LINE - 5

/** One pkt-line: four hexadecimal digits of length, which count themselves, then the payload. */
export const packetLine = (payload: Buffer | string): Buffer => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const length = bytes.length + 4
  if (length > MAX_LINE) throw new RangeError(`a packet of ${length} bytes is longer than ${MAX_LINE}`)
  return Buffer.concat([Buffer.from(length.toString(16).padStart(4, '0')), bytes])
}

/** Bytes of one sideband channel (1 data, 2 progress, 3 fatal), in as many packets as they need. */
export const sideband = (channel: 1 | 2 | 3, bytes: Buffer): Buffer => {
  const packets: Buffer[] = []
  for (let start = 0; start === 0 || start < bytes.length; start += MAX_BAND) {
    packets.push(packetLine(Buffer.concat([Buffer.from([channel]), bytes.subarray(start, start + MAX_BAND)])))
  }
  return Buffer.concat(packets)
}

/**
 * Version 0 and 1 packets only: the delimiters of version 2 are refused like any other length below four (gitprotocol-v2
 * "Packet-Line Framing").
 */
export const readPackets = (source: AsyncIterable<Buffer>): PacketReader => {
  const chunks = source[Symbol.asyncIterator]()
  let pending: Buffer = Buffer.alloc(0)

  /** false when the stream ended before there were that many bytes */
  const fill = async (length: number): Promise<boolean> => {
    const parts = [pending]
    let have = pending.length
    while (have < length) {
      const next = await chunks.next()
      if (next.done) break
      parts.push(next.value)
      have += next.value.length
    }
    if (parts.length > 1) pending = Buffer.concat(parts)
    return have >= length
  }
  const take = (length: number): Buffer => {
    const bytes = pending.subarray(0, length)
    pending = pending.subarray(length)
    return bytes
  }

  return {
    packet: async () => {
      if (!(await fill(4))) {
        if (pending.length === 0) return { kind: 'end' }
        throw new ProtocolError('the stream ends within the length of a packet')
      }
      const digits = take(4).toString('latin1')
      const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1
      if (length === 0) return { kind: 'flush' }
      if (length < 4 || length > MAX_LINE) throw new ProtocolError('a packet has an impossible length')
      if (!(await fill(length - 4))) throw new ProtocolError('the stream ends within a packet')
      return { kind: 'data', payload: take(length - 4) }
    },
    rest: async function* () {
      if (pending.length > 0) yield take(pending.length)
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
    },
  }
}
