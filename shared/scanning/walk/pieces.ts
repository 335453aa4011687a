import { setImmediate } from 'node:timers/promises'
import { kindOf } from '../engine/encoding.ts'
import type { Engine, Hit, ScanResult, Target, Unscanned } from '../types.ts'

const NEWLINE = 0x0a
/** Bytes that two pieces share: longer than what most rules match in one; the same as the engine's bound for the others. */
const SHARED_BYTES = 64 * 1024

interface Piece {
  readonly text: Buffer
  /** of its first byte: its place, the newlines before it, and the bytes of its line before it */
  readonly offset: number
  readonly lines: number
  readonly column: number
  /** what begins here or later is found in the next piece */
  readonly end: number
}

/**
 * Scans a text that is too large to be looked at in one: in pieces of `size` bytes that share some, cut at the ends of lines where
 * there are any. What one piece cannot hold (a keyword of a rule far away from its match) is not found. Between two pieces others have
 * their turn: whoever holds a claim extends it meanwhile.
 * @param budget when there is no more time for it, and its bytes in all: those that are left out then are told
 */
export const scanPieces = async (
  engine: Engine,
  bytes: Iterable<Buffer>,
  target: Target,
  size: number,
  budget?: { readonly isLate: () => boolean; readonly bytes: number },
): Promise<ScanResult> => {
  const hits: Hit[] = []
  const unscanned = new Map<string, Unscanned>()
  for (const piece of piecesOf(bytes, size)) {
    if (budget?.isLate()) {
      unscanned.set('left out', { reason: 'time', bytes: budget.bytes - piece.offset })
      break
    }
    const result = engine.scan(piece.text, target)
    for (const hit of result.hits) {
      const isPathHit = hit.rule.regex === undefined
      if (hit.start < piece.end && (!isPathHit || piece.offset === 0)) hits.push(moved(hit, piece))
    }
    for (const one of result.unscanned) {
      const key = `${one.reason} ${one.ruleId}`
      const before = unscanned.get(key)
      const bytes = (before?.bytes ?? 0) + (one.bytes ?? 0)
      unscanned.set(key, bytes === 0 ? one : { ...one, bytes })
    }
    await setImmediate()
  }
  return { hits, unscanned: [...unscanned.values()] }
}

const moved = (hit: Hit, { offset, lines, column }: Piece): Hit => ({
  ...hit,
  start: hit.start + offset,
  end: hit.end + offset,
  startLine: hit.startLine + lines,
  endLine: hit.endLine + lines,
  startColumn: hit.startColumn + (hit.startLine === 1 ? column : 0),
  endColumn: hit.endColumn + (hit.endLine === 1 ? column : 0),
})

function* piecesOf(bytes: Iterable<Buffer>, size: number): Generator<Piece> {
  let room = Buffer.allocUnsafe(size)
  let used = 0
  let start = { offset: 0, lines: 0, column: 0 }
  let isWide: boolean | undefined
  for (const given of bytes) {
    for (let at = 0; at < given.length; ) {
      const taken = Math.min(given.length - at, size - used)
      given.copy(room, used, at, at + taken)
      used += taken
      at += taken
      if (used < size) continue
      isWide ??= kindOf(room).startsWith('utf-16')
      const next = isWide
        ? (size - SHARED_BYTES) & ~1
        : lineStart(room, size - 2 * SHARED_BYTES, size - SHARED_BYTES)
      yield { text: room, ...start, end: next }
      start = after(room, next, start)
      // the piece that was given out may still be held as slices of its text
      const rest = Buffer.allocUnsafe(size)
      room.copy(rest, 0, next, used)
      room = rest
      used -= next
    }
  }
  if (used > 0) yield { text: room.subarray(0, used), ...start, end: used + 1 }
}

/** the last beginning of a line between two places; the second where there is none */
const lineStart = (text: Buffer, from: number, to: number): number => {
  const newline = text.lastIndexOf(NEWLINE, to - 1)
  return newline < Math.max(from, 0) ? to : newline + 1
}

const after = (text: Buffer, next: number, { offset, lines, column }: Omit<Piece, 'text' | 'end'>) => {
  let count = 0
  let last = -1
  for (let at = text.indexOf(NEWLINE); at >= 0 && at < next; at = text.indexOf(NEWLINE, at + 1)) {
    count += 1
    last = at
  }
  return { offset: offset + next, lines: lines + count, column: last < 0 ? column + next : next - last - 1 }
}
