import { RelayError } from '../runtime/errors.ts'
import { type Packet, packetReader } from './pkt-line.ts'
import { isRefName } from './ref-name.ts'
import type { RefMap } from './refs.ts'
import { lineOf, lineOfWords, malformed, refuseErrLine } from './text.ts'
import { ZERO_OID } from './types.ts'

export type GitService = 'git-upload-pack' | 'git-receive-pack'

/** What a server says of itself before anything else: its refs, and what it can do. */
export interface Advertisement {
  /** heads and tags only; an annotated tag's value is the tag object */
  readonly refs: RefMap
  /** as sent: `side-band-64k`, `agent=git/2.39.5` */
  readonly capabilities: readonly string[]
}

export interface AdvertisementLimits {
  readonly bytes: number
  readonly refs: number
}

/** About 130 bytes a ref: a quarter of a million refs pass, and a hostile server cannot fill a small function's memory. */
export const ADVERTISEMENT_LIMITS: AdvertisementLimits = { bytes: 48 * 1024 * 1024, refs: 250_000 }

export interface AdvertisementReader {
  push(bytes: Uint8Array): void
  /** @throws RelayError GIT_PROTOCOL when the advertisement is not complete */
  end(): Advertisement
}

const OBJECT_FORMAT = 'object-format='

const OID = /^[0-9a-f]{40}$/

/**
 * Reads a version 0 or 1 ref advertisement over smart HTTP, piece by piece: the service line, a flush, the refs (the first
 * with the capabilities behind a NUL), a flush. `HEAD`, `.have`, peeled tags, other namespaces and a replica's `shallow` lines are
 * passed over; a source that is shallow, and objects named by anything but SHA-1, are refused. Source: git's gitprotocol-http ("Smart Server Response") and gitprotocol-pack ("Reference Discovery").
 * @throws RelayError GIT_PROTOCOL on anything else, REMOTE_FAILED on an `ERR` line, GIT_LIMIT past a limit
 */
export const advertisementReader = (
  service: GitService,
  limits: AdvertisementLimits = ADVERTISEMENT_LIMITS,
): AdvertisementReader => {
  const packets = packetReader()
  const { take, end } = advertisementPackets(service, limits)
  let bytesRead = 0
  return {
    push(bytes) {
      bytesRead += bytes.length
      if (bytesRead > limits.bytes) throw new RelayError('GIT_LIMIT', { limit: 'bytes', most: limits.bytes })
      for (const packet of packets.push(bytes)) take(packet)
    },
    end() {
      packets.end()
      return end()
    },
  }
}

/** The same, packet by packet. */
export const advertisementPackets = (
  service: GitService,
  limits: AdvertisementLimits,
): { take(packet: Packet): void; end(): Advertisement } => {
  const refs = new Map<string, string>()
  let capabilities: readonly string[] | undefined
  let stage: 'service' | 'service-end' | 'refs' | 'done' = 'service'

  const takeRef = (line: string) => {
    if (line === 'version 1') return
    if (line.startsWith('shallow ')) return service === 'git-upload-pack' ? malformed('shallow') : undefined
    const [head = '', tail] = splitAtNul(line)
    if (capabilities === undefined) {
      capabilities = tail?.split(' ').filter(Boolean) ?? []
      refuseOtherFormats(capabilities)
    }
    const oid = head.slice(0, 40)
    const name = head.slice(41)
    if (!OID.test(oid) || head[40] !== ' ' || name === '') return malformed('ref line')
    if (!/^refs\/(?:heads|tags)\//.test(name) || name.endsWith('^{}')) return
    takeTip(refs, name, oid, limits)
  }

  const take = (packet: Packet) => {
    if (stage === 'done') malformed('bytes after the end')
    if (packet.type === 'flush') {
      if (stage === 'service') malformed('no service line')
      stage = stage === 'service-end' ? 'refs' : 'done'
      return
    }
    if (packet.type !== 'data') return malformed(packet.type)
    const line = lineOf(packet.payload)
    refuseErrLine(line, { service })
    if (stage === 'service-end') malformed('no flush after the service line')
    if (stage === 'refs') return takeRef(line)
    if (line !== `# service=${service}`) malformed('service line')
    stage = 'service-end'
  }

  return {
    take,
    end() {
      if (stage !== 'done') malformed('no end')
      return { refs, capabilities: capabilities ?? [] }
    },
  }
}

/** Source: gitprotocol-capabilities ("object-format"); absent, it is SHA-1. */
const refuseOtherFormats = (capabilities: readonly string[]): void => {
  const told = capabilities.find((capability) => capability.startsWith(OBJECT_FORMAT))
  const format = told?.slice(OBJECT_FORMAT.length)
  if (format === undefined || format === 'sha1') return
  throw new RelayError('GIT_PROTOCOL', { problem: 'object format', format: lineOfWords(format).slice(0, 20) })
}

const splitAtNul = (line: string): readonly [string, string | undefined] => {
  const at = line.indexOf('\0')
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + 1)]
}

/**
 * One head or tag of those that a server names.
 * @throws RelayError GIT_PROTOCOL for one that points at nothing, has no name that git takes, or is named twice; GIT_LIMIT
 */
export const takeTip = (
  refs: Map<string, string>,
  name: string,
  oid: string,
  { refs: most }: Pick<AdvertisementLimits, 'refs'>,
): void => {
  if (oid === ZERO_OID) malformed('ref to nothing')
  if (!isRefName(name)) malformed('ref name')
  if (refs.has(name)) malformed('ref named twice')
  if (refs.size >= most) throw new RelayError('GIT_LIMIT', { limit: 'refs', most })
  refs.set(name, oid)
}
