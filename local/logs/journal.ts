import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { Log } from '../contracts.ts'
import { diskFull } from '../state/full.ts'

/** past this the journal starts anew, and the one before is kept beside it */
const MAX_BYTES = 10_000_000
/** lines that wait for a disk that takes none */
const MOST_WAITING = 10_000
const UNWRITABLE_MS = 1_000

/**
 * The cloud's own log as one JSON object a line: service, what happened, to what.
 * The cloud goes on when its log cannot be written: the lines wait, the newest of them, until they can be.
 * @param file made readable by its owner alone
 * @param full asked before each write: true refuses it as a full disk would
 */
export const openJournal = (
  file: string,
  now: () => number,
  full: () => boolean = () => false,
): { log: Log; close(): void } => {
  if (existsSync(file) && statSync(file).size > MAX_BYTES) renameSync(file, `${file}.1`)
  let waiting: string[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    try {
      append(file, waiting.join(''), full)
      waiting = []
    } catch {
      // there is nowhere to say it
      waiting = waiting.slice(-MOST_WAITING)
      timer = setTimeout(flush, UNWRITABLE_MS).unref()
    }
  }
  return {
    log: (service, text, facts = {}) => {
      waiting.push(`${JSON.stringify({ time: new Date(now()).toISOString(), service, text, ...facts })}\n`)
      if (timer === undefined) timer = setTimeout(flush, 100).unref()
    },
    close: () => {
      flush()
      clearTimeout(timer)
    },
  }
}

/** All of it or nothing: a full disk may take half, which is taken back. */
const append = (file: string, text: string, full: () => boolean): void => {
  if (full()) throw diskFull()
  const handle = openSync(file, 'a', 0o600)
  try {
    const { size } = fstatSync(handle)
    try {
      writeFileSync(handle, text)
    } catch (error) {
      ftruncateSync(handle, size)
      throw error
    }
  } finally {
    closeSync(handle)
  }
}
