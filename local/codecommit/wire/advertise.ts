import { FLUSH, ProtocolError, packetLine, readPackets } from './pkt.ts'

/** gitprotocol-pack, "Reference Discovery": `no-refs` */
const NO_REFS = `${'0'.repeat(40)} capabilities^{}`

/**
 * Git's own advertisement with the capabilities replaced by CodeCommit's. Bytes in, bytes out; ref names are not touched, and whatever
 * git says behind the first line follows. The form of the line, without a space behind the NUL, is that of the answer recorded in
 * google/osv-scalibr, whose length counts it.
 * @param service names the header that smart HTTP wants (gitprotocol-http, "Smart Clients"); undefined: none
 */
export async function* advertisement(
  service: string | undefined,
  output: AsyncIterable<Buffer>,
  capabilities: readonly string[],
): AsyncGenerator<Buffer> {
  const reader = readPackets(output)
  const header = service === undefined ? [] : [packetLine(`# service=${service}\n`), FLUSH]
  const offered = Buffer.from(`\0${capabilities.join(' ')}\n`)
  const first = await reader.packet()
  if (first.kind === 'flush') {
    // some versions of git's upload-pack say nothing of an empty repository: clients know it by the name without a ref
    yield Buffer.concat([...header, packetLine(Buffer.concat([Buffer.from(NO_REFS), offered])), FLUSH])
    return
  }
  if (first.kind !== 'data') throw new ProtocolError('git advertised nothing')
  const nul = first.payload.indexOf(0)
  if (nul < 0) throw new ProtocolError('git advertised no capabilities')
  yield Buffer.concat([...header, packetLine(Buffer.concat([first.payload.subarray(0, nul), offered]))])
  yield* reader.rest()
}
