import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { RelayError } from '../../runtime/errors.ts'
import { within } from './limits.ts'
import type { PackLimits } from './types.ts'

const SEGMENT_BYTES = 1024 * 1024
const NOTHING = Buffer.alloc(0)

/** The bytes of a pack: the first in memory, the rest in a file. */
export interface PackBytes {
  /** @throws RelayError GIT_LIMIT when neither memory nor file may take them, or the disk is full */
  append(bytes: Uint8Array): void
  length(): number
  /** these bytes, or as many of them as are there; valid until the next view */
  view(at: number, length: number): Buffer
  /** some of these bytes lie in the file */
  isSpilled(end: number): boolean
  close(): void
}

export const packBytes = (limits: PackLimits, spill: { readonly folder: string } | undefined): PackBytes => {
  const segments: Buffer[] = []
  const most = Math.max(1, Math.floor(limits.memory / SEGMENT_BYTES)) * SEGMENT_BYTES
  let length = 0
  let file: number | undefined
  /** what was read of the file last, and where it begins in the pack */
  let read: Buffer = Buffer.alloc(0)
  let readAt = 0

  const keep = (bytes: Uint8Array): void => {
    const at = length % SEGMENT_BYTES
    if (at === 0) segments.push(Buffer.allocUnsafeSlow(SEGMENT_BYTES))
    segments[segments.length - 1]?.set(bytes, at)
    length += bytes.length
  }

  const write = (bytes: Uint8Array): void => {
    if (!spill) throw new RelayError('GIT_LIMIT', { limit: 'pack memory', most: limits.memory })
    try {
      file ??= openNameless(spill.folder)
      for (let done = 0; done < bytes.length; )
        done += writeSync(file, bytes, done, bytes.length - done, length - most + done)
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw new RelayError('GIT_LIMIT', { limit: 'pack spill', error: code, value: length }, { cause })
    }
    length += bytes.length
  }

  /** so many bytes from here on are in one piece, at most */
  const piece = (at: number, count: number): Buffer => {
    if (at < most) {
      const offset = at % SEGMENT_BYTES
      return (segments[Math.floor(at / SEGMENT_BYTES)] as Buffer).subarray(offset, offset + count)
    }
    if (at < readAt || at + count > readAt + read.length) readAhead(at, count)
    return read.subarray(at - readAt, at - readAt + count)
  }

  const readAhead = (at: number, count: number): void => {
    const wanted = Math.min(Math.max(count, SEGMENT_BYTES), length - at)
    if (read.buffer.byteLength < wanted) read = Buffer.allocUnsafeSlow(wanted)
    read = Buffer.from(read.buffer, 0, wanted)
    readAt = at
    for (let done = 0; done < wanted; ) {
      const more = readSync(file as number, read, done, wanted - done, at - most + done)
      if (more === 0) throw new RelayError('GIT_LIMIT', { limit: 'pack spill', problem: 'cut' })
      done += more
    }
  }

  return {
    append(bytes) {
      within('pack', length + bytes.length, Math.min(limits.pack, 0xffffffff))
      for (let at = 0; at < bytes.length; ) {
        const room = length < most ? SEGMENT_BYTES - (length % SEGMENT_BYTES) : bytes.length
        const next = bytes.subarray(at, at + room)
        if (length < most) keep(next)
        else write(next)
        at += next.length
      }
    },
    length: () => length,
    view(at, count) {
      // also where the last segment is full and the next one not begun
      if (at >= length) return NOTHING
      const end = Math.min(at + count, length)
      const first = at < most ? Math.min(end, at - (at % SEGMENT_BYTES) + SEGMENT_BYTES) : end
      if (first >= end) return piece(at, end - at)
      const whole = Buffer.allocUnsafe(end - at)
      for (let from = at; from < end; ) {
        const stop = from < most ? Math.min(end, from - (from % SEGMENT_BYTES) + SEGMENT_BYTES) : end
        piece(from, stop - from).copy(whole, from - at)
        from = stop
      }
      return whole
    },
    isSpilled: (end) => end > most,
    close() {
      segments.length = 0
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}

/** A file that has no name any more, so that nothing is left behind whatever happens. */
const openNameless = (folder: string): number => {
  const own = mkdtempSync(join(folder, 'relay-pack-'))
  try {
    return openSync(join(own, 'pack'), 'wx+', 0o600)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
