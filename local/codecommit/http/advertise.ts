import { FLUSH, ProtocolError, packetLine, readPackets } from './pkt.ts'

/** gitprotocol-pack, "Reference Discovery": `no-refs` */
const NO_REFS = `${'0'.repeat(40)} capabilities^{}`

/**
 * Git's own advertisement with the capabilities replaced by CodeCommit's, behind the header that smart HTTP wants
 * (gitprotocol-http, "Smart Clients"). Bytes in, bytes out; ref names are not touched.
 */
export async function* advertisement(
  service: string,
  output: AsyncIterable<Buffer>,
  capabilities: readonly string[],
): AsyncGenerator<Buffer> {
  const reader = readPackets(output)
  const first = await reader.packet()
  if (first.kind === 'flush') {
    // some versions of git's upload-pack say nothing of an empty repository: clients know it by the name without a ref
    yield Buffer.concat([
      packetLine(`# service=${service}\n`),
      FLUSH,
      packetLine(`${NO_REFS}\0 ${capabilities.join(' ')}\n`),
      FLUSH,
    ])
    return
  }
  if (first.kind !== 'data') throw new ProtocolError('git advertised nothing')
  const nul = first.payload.indexOf(0)
  if (nul < 0) throw new ProtocolError('git advertised no capabilities')
  yield Buffer.concat([
    packetLine(`# service=${service}\n`),
    FLUSH,
    packetLine(
      Buffer.concat([first.payload.subarray(0, nul + 1), Buffer.from(` ${capabilities.join(' ')}\n`)]),
    ),
  ])
  yield* reader.rest()
}
