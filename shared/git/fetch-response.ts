import { RelayError } from '../runtime/errors.ts'
import { bestSideBand } from './fetch-request.ts'
import { type PackGate, packGate } from './pack/header.ts'
import { packetQueue } from './pkt-line.ts'
import { type SideBandReader, sideBandReader } from './side-band.ts'
import { lineOf, malformed, refuseErrLine } from './text.ts'

export interface FetchReader {
  /** the pack's bytes among these, in order */
  push(bytes: Uint8Array): Uint8Array[]
  /** @throws RelayError GIT_PROTOCOL unless the pack came to its end */
  end(): void
  /** the negotiation is over: what follows is the pack */
  negotiated(): boolean
  /** haves that the server holds; complete when negotiated */
  common(): string[]
}

const ACK = /^ACK ([0-9a-f]{40})(?: (common|ready|continue))?$/

/** Lines of a negotiation. A server answers each have at most twice. */
const MAX_ACKS = 200_000

/**
 * Reads the answer to a fetch: the acknowledgements, then the pack by side band where one was `offered` (it is then asked
 * for), else raw. `ready` and `continue` may name ids that the server lacks; only `common` and the last ACK prove anything.
 * Source: gitprotocol-pack ("Packfile Negotiation", "Packfile Data").
 * @param verify the pack's checksum is held against its bytes, though the side band marks its end
 * @throws RelayError GIT_PROTOCOL on anything else (`shallow` lines too: what is cut is no copy), REMOTE_FAILED on an `ERR`
 * line and on band 3
 */
export const fetchReader = (offered: readonly string[], verify = false): FetchReader => {
  const packets = packetQueue()
  const common = new Set<string>()
  let pack: PackGate | undefined
  let band: SideBandReader | undefined
  let acks = 0

  const acknowledge = (line: string): void => {
    acks += 1
    if (acks > MAX_ACKS) throw new RelayError('GIT_LIMIT', { limit: 'acks', most: MAX_ACKS })
    refuseErrLine(line)
    const [, oid, status] = ACK.exec(line) ?? []
    if (line !== 'NAK' && oid === undefined) malformed(/^(?:un)?shallow /.test(line) ? 'shallow' : 'ACK')
    if (oid !== undefined && (status === undefined || status === 'common')) common.add(oid)
    if (status !== undefined) return
    const sideBand = bestSideBand(offered) !== undefined
    band = sideBand ? sideBandReader() : undefined
    pack = packGate({ checksum: verify || !sideBand })
  }

  const passOn = (bytes: Uint8Array, gate: PackGate): Uint8Array[] =>
    (band ? band.push(bytes) : [bytes]).flatMap((piece) => gate.push(piece))

  return {
    push(bytes) {
      if (pack) return passOn(bytes, pack)
      packets.push(bytes)
      while (!pack) {
        const packet = packets.next()
        if (!packet) {
          packets.push(Buffer.from(packets.rest()))
          return []
        }
        if (packet.type !== 'data') return malformed(packet.type)
        acknowledge(lineOf(packet.payload))
      }
      return passOn(packets.rest(), pack)
    },
    end() {
      if (!pack) return malformed('no end')
      band?.end()
      pack.end()
    },
    negotiated: () => pack !== undefined,
    common: () => [...common],
  }
}
