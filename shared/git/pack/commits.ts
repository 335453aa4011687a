import { createHash } from 'node:crypto'
import { codeOf } from '../../runtime/errors.ts'
import { asBuffer } from '../pkt-line.ts'
import { contentReader } from './content.ts'
import { applyDelta, deltaHead } from './delta.ts'
import { ENTRY, entryHead } from './entry.ts'
import { PACK_HEADER_BYTES, PACK_TRAILER_BYTES, readPackHeader } from './header.ts'

/** What is looked at: packs up to this size, and so much of what is in them once it is unpacked. */
export const PACK_COMMITS_LIMITS = { bytes: 1024 * 1024, inflated: 32 * 1024 * 1024 }

/** Commit → its parents, 40 hex digits each. */
export type ParentsByCommit = ReadonlyMap<string, readonly string[]>

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
      if (entry.type === ENTRY.commit) settle(entry.at, entry.data)
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
    const data = makeFrom(base, delta.data, budget.left)
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

/** undefined: the delta does not fit its base, or makes too much */
const makeFrom = (base: Buffer, delta: Buffer, most: number): Buffer | undefined => {
  try {
    const head = deltaHead(delta)
    if (head.result > most) return undefined
    const data = Buffer.alloc(head.result)
    applyDelta(base, delta, head, data)
    return data
  } catch (error) {
    if (codeOf(error) === 'GIT_PROTOCOL') return undefined
    throw error
  }
}

/** The lines of a commit's head that begin with `parent`; they follow the tree and end with the author. */
const parentsOf = (commit: Buffer): string[] => {
  const head = commit.toString('latin1', 0, commit.indexOf('\nauthor ') + 1)
  return [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, oid = '']) => oid)
}

function* entriesOf(pack: Buffer, budget: { left: number }): Generator<Entry> {
  const { objects } = readPackHeader(pack)
  const last = pack.length - PACK_TRAILER_BYTES
  let at = PACK_HEADER_BYTES
  for (let count = 0; count < objects && at < last; count += 1) {
    const entry = readEntry(pack, at, budget)
    if (!entry) return
    yield entry
    at = entry.end
  }
}

const contents = contentReader()

const readEntry = (pack: Buffer, start: number, budget: { left: number }): Entry | undefined => {
  const head = entryHead(pack, start)
  if (!head || head.size > budget.left) return undefined
  const { type, size, base } = head
  const content = contents.inflate(pack, start + head.length, size, 0)
  if (!content) return undefined
  budget.left -= size
  return {
    at: start,
    type,
    base: typeof base === 'number' ? start - base : base,
    data: Buffer.from(content.bytes.subarray(content.from, content.to)),
    end: start + head.length + content.used,
  }
}
