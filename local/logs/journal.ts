import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs'
import type { Log } from '../contracts.ts'

/** past this the journal starts anew, and the one before is kept beside it */
const MAX_BYTES = 10_000_000

/**
 * The cloud's own log as one JSON object a line: service, what happened, to what.
 * @param file made readable by its owner alone
 */
export const openJournal = (file: string, now: () => number): { log: Log; close(): void } => {
  if (existsSync(file) && statSync(file).size > MAX_BYTES) renameSync(file, `${file}.1`)
  let waiting: string[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    timer = undefined
    if (waiting.length > 0) appendFileSync(file, waiting.join(''), { mode: 0o600 })
    waiting = []
  }
  return {
    log: (service, text, facts = {}) => {
      waiting.push(`${JSON.stringify({ time: new Date(now()).toISOString(), service, text, ...facts })}\n`)
      if (timer === undefined) timer = setTimeout(flush, 100).unref()
    },
    close: flush,
  }
}
