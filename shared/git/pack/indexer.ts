import { crc32 } from 'node:zlib'
import { malformed } from '../text.ts'
import type { PackBytes } from './bytes.ts'
import { BEYOND_BYTES, type Content, contentReader, deflateBound, inflatePieces } from './content.ts'
import { DELTA_HEAD_BYTES, deltaHead } from './delta.ts'
import { ENTRY, ENTRY_HEAD_BYTES, type EntryHead, entryHead, typeName } from './entry.ts'
import { PACK_HEADER_BYTES, PACK_TRAILER_BYTES, readPackHeader } from './header.ts'
import { ID_ROOM_BYTES, idInPlace, idOfPieces } from './id.ts'
import { entryAt, linkToBase, type PackIndex, packIndex, settleId, waitForBase } from './index.ts'
import type { Kept } from './kept.ts'
import { within } from './limits.ts'
import type { PackLimits } from './types.ts'

const VIEW_BYTES = 256 * 1024

/** Reads the entries of a pack while its bytes arrive. */
export interface Indexer {
  /** as far as the bytes go. @throws RelayError GIT_PROTOCOL, GIT_LIMIT */
  advance(): void
  /** @throws RelayError GIT_PROTOCOL when the pack is not whole */
  end(): PackIndex
}

/** An entry that is inflated piece by piece. */
interface Large {
  readonly head: EntryHead
  readonly pieces: Generator<Buffer | undefined, number, undefined>
  readonly hash: ReturnType<typeof idOfPieces> | undefined
  /** of a delta */
  start: Buffer | undefined
}

export const indexer = (bytes: PackBytes, limits: PackLimits, kept: Kept): Indexer => {
  const contents = contentReader()
  let index: PackIndex | undefined
  let objects = 0
  let at = PACK_HEADER_BYTES
  /** bytes from `at` on without which it is not worth trying */
  let wanted = 1
  let large: Large | undefined
  let inflated = 0
  let ended = false

  const begin = (): PackIndex | undefined => {
    if (bytes.length() < PACK_HEADER_BYTES) return undefined
    const header = readPackHeader(bytes.view(0, PACK_HEADER_BYTES))
    objects = header.objects
    within('objects', objects, limits.objects)
    return packIndex(objects)
  }

  /** false: more bytes are needed */
  const readEntry = (into: PackIndex): boolean => {
    if (large) return goOn(into, large)
    const there = bytes.length() - at
    if (there < wanted && !ended) return false
    const head = entryHead(bytes.view(at, ENTRY_HEAD_BYTES), 0)
    if (!head) return wait(there + 1)
    within('inflated', inflated + head.size, limits.inflated)
    if (head.size > limits.object) {
      large = beginLarge(head)
      return true
    }
    const need = Math.max(wanted, head.length + deflateBound(head.size) + BEYOND_BYTES)
    if (there < need && !ended) return wait(need)
    const view = bytes.view(at, need)
    const content = contents.inflate(view, head.length, head.size, ID_ROOM_BYTES)
    if (!content) return there > need ? retry(need * 2) : wait(need * 2)
    const end = at + head.length + content.used
    if (bytes.isSpilled(end)) into.crc[into.count] = crc32(view.subarray(0, end - at))
    accept(into, head, content)
    finish(into, end)
    return true
  }

  const wait = (bytesFromHere: number): boolean => {
    if (ended) malformed('cut object')
    wanted = bytesFromHere
    return false
  }

  const retry = (bytesFromHere: number): boolean => {
    wanted = bytesFromHere
    return true
  }

  const finish = (into: PackIndex, end: number): void => {
    into.count += 1
    into.start[into.count] = end
    at = end
    wanted = 1
  }

  const accept = (into: PackIndex, head: EntryHead, content: Content): void => {
    const { from, to } = content
    enter(into, head)
    into.kept[into.count] = kept.add(content.bytes.subarray(from, to))
    if (head.base === undefined) settleId(into, into.count, idOf(head, content))
    else enterDelta(into, head.base, deltaHead(content.bytes.subarray(from, to)).result)
  }

  const enter = (into: PackIndex, head: EntryHead): void => {
    const entry = into.count
    into.start[entry] = at
    into.headBytes[entry] = head.length
    into.type[entry] = head.type
    into.size[entry] = head.size
    inflated += head.size
    if (head.base !== undefined) return
    into.kind[entry] = head.type
    into.result[entry] = head.size
  }

  const enterDelta = (into: PackIndex, base: number | string, result: number): void => {
    into.result[into.count] = result
    if (result <= limits.base) inflated += result
    within('inflated', inflated, limits.inflated)
    const on = typeof base === 'string' ? into.ids.find(base) : entryAt(into, at - base)
    if (on >= 0) linkToBase(into, into.count, on)
    else if (typeof base === 'string') waitForBase(into, into.count, base)
    else malformed('entry base')
  }

  const beginLarge = (head: EntryHead): Large => ({
    head,
    pieces: inflatePieces((from) => bytes.view(from, VIEW_BYTES), at + head.length, head.size),
    hash: head.type < ENTRY.offsetDelta ? idOfPieces(typeName(head.type), head.size) : undefined,
    start: undefined,
  })

  const goOn = (into: PackIndex, { head, pieces, hash, start }: Large): boolean => {
    for (;;) {
      const next = pieces.next()
      if (next.done) {
        enter(into, head)
        if (hash) settleId(into, into.count, hash.digest('hex'))
        else enterDelta(into, head.base as number | string, start ? deltaHead(start).result : 0)
        large = undefined
        finish(into, next.value)
        return true
      }
      const piece = next.value
      if (piece === undefined) return wait(1)
      hash?.update(piece)
      if (large && !hash) large.start ??= Buffer.from(piece.subarray(0, DELTA_HEAD_BYTES))
      start = large?.start
    }
  }

  const advance = (): void => {
    index ??= begin()
    while (index && index.count < objects && readEntry(index));
  }

  return {
    advance,
    end() {
      ended = true
      advance()
      if (!index) return malformed('short pack')
      if (at !== bytes.length() - PACK_TRAILER_BYTES) return malformed('pack length')
      return index
    },
  }
}

/** Hashes in place where there is room before the content, else in two steps. */
const idOf = ({ type }: EntryHead, { bytes, from, to }: Content): string =>
  from >= ID_ROOM_BYTES
    ? idInPlace(typeName(type), bytes, from, to)
    : idOfPieces(typeName(type), to - from)
        .update(bytes.subarray(from, to))
        .digest('hex')
