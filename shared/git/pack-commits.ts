import { createHash } from 'node:crypto'
import zlib from 'node:zlib'
import { applyDelta } from './pack-delta.ts'
import { PACK_HEADER_BYTES, PACK_TRAILER_BYTES, readPackHeader } from './pack-header.ts'
import { asBuffer } from './pkt-line.ts'

/** What is looked at: packs up to this size, and so much of what is in them once it is unpacked. */
export const PACK_COMMITS_LIMITS = { bytes: 1024 * 1024, inflated: 32 * 1024 * 1024 }

/** Commit → its parents, 40 hex digits each. */
export type ParentsByCommit = ReadonlyMap<string, readonly string[]>

/** Object types of gitformat-pack ("Object types"). */
const COMMIT = 1
const OFS_DELTA = 6
const REF_DELTA = 7

interface Entry {
  readonly at: number
  readonly type: number
  /** of a delta: where its base begins, or its id */
  readonly base: number | string | undefined
  /** inflated; a delta's are its instructions */
  readonly data: Buffer
  /** where the next entry begins */
  readonly end: number
}

/**
 * The commits that lie whole in a small pack, or as deltas against one that does. An id is the hash of what was read, so it can be
 * relied on whatever the pack is. Nonsense ends the reading: what was read before it is returned. Never throws.
 * Source: gitformat-pack ("pack-*.pack files have the following format").
 */
export const packCommits = (
  pack: Uint8Array,
  limits: typeof PACK_COMMITS_LIMITS = PACK_COMMITS_LIMITS,
): ParentsByCommit => {
  const parents = new Map<string, readonly string[]>()
  if (pack.length > limits.bytes) return parents
  const budget = { left: limits.inflated }
  const waiting = new Map<number | string, Entry[]>()
  const known = new Map<number | string, Buffer>()
  try {
    for (const entry of entriesOf(asBuffer(pack), budget)) {
      if (entry.type === COMMIT) settle(entry.at, entry.data)
      else if (entry.base !== undefined) attach(entry, entry.base)
    }
  } catch {
    // Not a pack, or not one to its end.
  }
  return parents

  /** a delta may come before its base */
  function attach(delta: Entry, base: number | string): void {
    const data = known.get(base)
    const others = waiting.get(base)
    if (data) resolve(delta, data)
    else if (others) others.push(delta)
    else waiting.set(base, [delta])
  }

  function resolve(delta: Entry, base: Buffer): void {
    const data = applyDelta(base, delta.data, budget.left)
    if (!data) return
    budget.left -= data.length
    settle(delta.at, data)
  }

  /** a commit is known: so are, one after the other, those that are made from it */
  function settle(at: number, data: Buffer): void {
    const oid = createHash('sha1').update(`commit ${data.length}\0`).update(data).digest('hex')
    parents.set(oid, parentsOf(data))
    for (const key of [at, oid]) {
      known.set(key, data)
      const deltas = waiting.get(key) ?? []
      waiting.delete(key)
      for (const delta of deltas) resolve(delta, data)
    }
  }
}

/** The lines of a commit's head that begin with `parent`; they follow the tree and end with the author. */
const parentsOf = (commit: Buffer): string[] => {
  const head = commit.toString('latin1', 0, commit.indexOf('\nauthor ') + 1)
  return [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, oid = '']) => oid)
}

function* entriesOf(pack: Buffer, budget: { left: number }): Generator<Entry> {
  const { objects } = readPackHeader(pack)
  const body = pack.subarray(0, pack.length - PACK_TRAILER_BYTES)
  let at = PACK_HEADER_BYTES
  for (let count = 0; count < objects && at < body.length; count += 1) {
    const entry = readEntry(body, at, budget)
    if (!entry) return
    yield entry
    at = entry.end
  }
}

const readEntry = (pack: Buffer, start: number, budget: { left: number }): Entry | undefined => {
  let at = start
  const next = () => pack.readUInt8(at++)
  const first = next()
  const type = (first >> 4) & 7
  let size = first & 15
  for (let byte = first, scale = 16; byte & 0x80; scale *= 128) {
    byte = next()
    size += (byte & 0x7f) * scale
  }
  if (size > budget.left) return undefined
  let base: number | string | undefined
  if (type === OFS_DELTA) {
    let byte = next()
    let distance = byte & 0x7f
    while (byte & 0x80) {
      byte = next()
      distance = (distance + 1) * 128 + (byte & 0x7f)
    }
    base = start - distance
  } else if (type === REF_DELTA) {
    base = pack.toString('hex', at, at + 20)
    at += 20
  }
  const { data, used } = inflate(pack.subarray(at), size)
  budget.left -= data.length
  return data.length === size ? { at: start, type, base, data, end: at + used } : undefined
}

/** @throws Error when there is more than `most`, or no deflated data */
const inflate = (bytes: Buffer, most: number): { data: Buffer; used: number } => {
  const options = { info: true, maxOutputLength: Math.max(1, most) } as const
  // With `info` the answer is the data and the engine, which counted its input; @types/node does not know it.
  const { buffer, engine } = zlib.inflateSync(bytes, options) as unknown as {
    buffer: Buffer
    engine: zlib.Inflate
  }
  return { data: buffer, used: engine.bytesWritten }
}
