import { RelayError } from '../runtime/errors.ts'
import {
  type Advertisement,
  type AdvertisementLimits,
  advertisementPackets,
  takeTip,
} from './advertisement.ts'
import { OID } from './fetch-request.ts'
import { encodeLines, type Packet, packetReader } from './pkt-line.ts'
import { isRefName } from './ref-name.ts'
import type { RefMap } from './refs.ts'
import { lineOf, malformed, refuseErrLine } from './text.ts'

/** Most refs that are asked for by name; more are cheaper to read as a whole. */
export const LS_REFS_LIMITS = { names: 512 }

/** What a server says when it is asked for version 2: its capabilities, or the whole old advertisement. */
export type Opening =
  | { readonly version: 2; readonly capabilities: readonly string[] }
  | { readonly version: 0; readonly advertisement: Advertisement }

export interface OpeningReader {
  push(bytes: Uint8Array): void
  /** @throws RelayError GIT_PROTOCOL when the answer is not complete */
  end(): Opening
}

/**
 * Reads upload-pack's answer to `Git-Protocol: version=2`. A server that does not know it answers in version 0. Some send the
 * service line before version 2, which the document leaves out.
 * Source: gitprotocol-v2 ("Capability Advertisement", "HTTP Transport").
 * @throws RelayError GIT_PROTOCOL, REMOTE_FAILED, GIT_LIMIT
 */
export const openingReader = (limits: AdvertisementLimits): OpeningReader => {
  const packets = packetReader()
  const old = advertisementPackets('git-upload-pack', limits)
  const waiting: Packet[] = []
  const capabilities: string[] = []
  let version: 0 | 2 | undefined
  let done = false
  let read = 0

  const takeCapability = (packet: Packet): void => {
    if (done) malformed('bytes after the end')
    if (packet.type === 'flush') done = true
    else if (packet.type !== 'data') malformed(packet.type)
    else capabilities.push(lineOf(packet.payload))
  }

  const decide = (packet: Packet): void => {
    const isLine = packet.type === 'data'
    if (isLine) refuseErrLine(lineOf(packet.payload))
    if (isLine && lineOf(packet.payload) === 'version 2') version = 2
    else {
      waiting.push(isLine ? { type: 'data', payload: Buffer.from(packet.payload) } : packet)
      if (isLine ? waiting.length === 1 : waiting.length === 2) return
      version = 0
      for (const early of waiting.splice(0)) old.take(early)
    }
  }

  return {
    push(bytes) {
      read += bytes.length
      if (read > limits.bytes) throw new RelayError('GIT_LIMIT', { limit: 'bytes', most: limits.bytes })
      for (const packet of packets.push(bytes)) {
        if (version === undefined) decide(packet)
        else if (version === 0) old.take(packet)
        else takeCapability(packet)
      }
    },
    end() {
      packets.end()
      if (version === 0) return { version, advertisement: old.end() }
      if (version === undefined || !done) return malformed('no end')
      return { version, capabilities }
    },
  }
}

/** Whether a server of version 2 can be asked for single refs. */
export const offersLsRefs = (capabilities: readonly string[]): boolean =>
  capabilities.some((line) => /^ls-refs(?:=|$)/.test(line)) &&
  capabilities.every((line) => !line.startsWith('object-format=') || line === 'object-format=sha1')

/**
 * Asks for the refs that begin with one of these names.
 * Source: gitprotocol-v2 ("ls-refs"). Neither `peel` nor `symrefs`: the value of the ref itself is what a push compares.
 * @throws RelayError NAME_INVALID for what is no branch or tag, GIT_LIMIT past {@link LS_REFS_LIMITS}
 */
export const encodeLsRefs = (names: readonly string[]): Buffer => {
  const { names: most } = LS_REFS_LIMITS
  if (names.length > most) throw new RelayError('GIT_LIMIT', { limit: 'names', most, count: names.length })
  if (!names.every(isRefName)) throw new RelayError('NAME_INVALID', { problem: 'ref name' })
  return encodeLines([
    'command=ls-refs\n',
    { type: 'delim' },
    ...names.map((name) => `ref-prefix ${name}\n`),
    { type: 'flush' },
  ])
}

export interface LsRefsReader {
  push(bytes: Uint8Array): void
  /** heads and tags; @throws RelayError GIT_PROTOCOL when the answer is not complete */
  end(): RefMap
}

/**
 * Reads the answer: `oid ref`, attributes behind it, a flush. Refs of other namespaces and unborn ones are passed over.
 * @throws RelayError GIT_PROTOCOL, REMOTE_FAILED on an `ERR` line, GIT_LIMIT
 */
export const lsRefsReader = (limits: AdvertisementLimits): LsRefsReader => {
  const packets = packetReader()
  const refs = new Map<string, string>()
  let done = false
  let read = 0

  const take = (packet: Packet) => {
    if (done) malformed('bytes after the end')
    if (packet.type === 'flush') {
      done = true
      return
    }
    if (packet.type !== 'data') return malformed(packet.type)
    const line = lineOf(packet.payload)
    refuseErrLine(line)
    const [oid = '', name = ''] = line.split(' ')
    if (oid === 'unborn') return
    if (!OID.test(oid) || name === '') malformed('ref line')
    if (!/^refs\/(?:heads|tags)\//.test(name)) return
    takeTip(refs, name, oid, limits)
  }

  return {
    push(bytes) {
      read += bytes.length
      if (read > limits.bytes) throw new RelayError('GIT_LIMIT', { limit: 'bytes', most: limits.bytes })
      for (const packet of packets.push(bytes)) take(packet)
    },
    end() {
      packets.end()
      if (!done) malformed('no end')
      return refs
    },
  }
}
