import { FETCH_CAPABILITIES, neverOffered } from './capabilities.ts'
import { FLUSH, type PacketReader, ProtocolError, packetLine } from './pkt.ts'

/** Wants and haves of a fetch: 64 MiB hold more than a million of them. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024

/** What a client asks for, before it says what it has. */
export interface Wants {
  /** the packets as they came, with the flush behind them */
  readonly bytes: Buffer
  readonly capabilities: readonly string[]
  /** the client's history is cut, or shall be */
  readonly shallow: boolean
}

const FIRST = /^want [0-9a-f]{40}((?: [^ \n]+)*) ?\n?$/
/** `filter`, `deepen-since` and `deepen-not` need capabilities that CodeCommit does not offer */
const OTHER = /^(?:want [0-9a-f]{40}|shallow [0-9a-f]{40}|deepen \d+)\n?$/

/**
 * Reads the first part of a fetch (gitprotocol-pack, "Packfile Negotiation").
 * @returns undefined when the client wants nothing. Throws ProtocolError when it is to be cut off
 */
export const readWants = async (reader: PacketReader): Promise<Wants | undefined> => {
  const first = await reader.packet()
  if (first.kind !== 'data') return undefined
  const [, announced] = FIRST.exec(first.payload.toString('latin1')) ?? []
  if (announced === undefined) throw new ProtocolError('a fetch that wants nothing known')
  const capabilities = announced.split(' ').filter(Boolean)
  const extra = neverOffered(capabilities, FETCH_CAPABILITIES)
  if (extra.length > 0) throw new ProtocolError(`capabilities that were not offered: ${extra.join(' ')}`)
  const lines = [packetLine(first.payload)]
  let size = first.payload.length
  let shallow = false
  for (;;) {
    const packet = await reader.packet()
    if (packet.kind === 'flush') return { bytes: Buffer.concat([...lines, FLUSH]), capabilities, shallow }
    // a client that wants all and has nothing may end with this section, or go on with `done`
    if (packet.kind === 'end') return { bytes: Buffer.concat(lines), capabilities, shallow }
    const text = packet.payload.toString('latin1')
    if (!OTHER.test(text)) throw new ProtocolError(`a fetch may not say ${JSON.stringify(text.slice(0, 80))}`)
    size += packet.payload.length
    if (size > MAX_REQUEST_BYTES) throw new ProtocolError('a fetch request of more than 64 MiB')
    shallow ||= !text.startsWith('want')
    lines.push(packetLine(packet.payload))
  }
}
