import { appendFile, mkdir, readFile, rename, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskFull } from '../state/full.ts'
import { decodeEvents, encodeEvent, encodeStart, type StoredEvent, startOf } from './line.ts'

/** The events of one group, in a file and, once that was full, the one before it. */
export interface EventFile {
  /** takes an event and returns at once; false when the disk is too slow and it was lost */
  add(event: Omit<StoredEvent, 'position'>): boolean
  /** resolves when all that was added is on disk; rejects when it could not be written */
  flush(): Promise<void>
  /** events in order of writing, after what was added so far is on disk */
  read(): Promise<StoredEvent[]>
  /** position of the next event */
  end(): Promise<number>
  bytes(): number
  remove(): Promise<void>
}

export interface EventFileOptions {
  readonly path: string
  /** size at which the file is put aside as `.1`: both together take about twice that */
  readonly maxBytes: number
  /** characters that may wait for a slow disk */
  readonly maxWaiting: number
  readonly now: () => number
  /** asked before each write: true refuses it as a full disk would */
  readonly full?: () => boolean
  /** told of a disk that does not take what waits, which is then dropped */
  readonly failed: (error: unknown) => void
  /** told of each file that was put aside: everything before this position is gone */
  readonly rotated: (oldest: number) => void
}

export const openEventFile = (options: EventFileOptions): EventFile => {
  const { path, maxBytes, now } = options
  let waiting: string[] = []
  let waitingChars = 0
  let lost = 0
  /** where the file's first byte stands, and its size; undefined until it was looked at */
  let at: { start: number; size: number } | undefined
  let chain: Promise<unknown> = Promise.resolve()
  let pumping: Promise<void> | undefined

  /** One thing after the other: nobody reads while a file is put aside. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = chain.then(work)
    chain = next.catch(() => undefined)
    return next
  }

  const look = async () => {
    if (at) return at
    await mkdir(dirname(path), { recursive: true })
    const whole = await contentOf(path)
    // a kill may have torn the last line: what comes next begins on its own
    if (whole.length > 0 && whole.at(-1) !== 0x0a) await appendFile(path, '\n')
    const torn = whole.length > 0 && whole.at(-1) !== 0x0a ? 1 : 0
    at = { start: startOf(whole), size: whole.length + torn }
    return at
  }

  const write = async (text: string) => {
    const place = await look()
    const bytes = Buffer.byteLength(text)
    if (place.size > 0 && place.size + bytes > maxBytes) {
      const before = place.start
      await rename(path, `${path}.1`)
      place.start += place.size
      place.size = 0
      options.rotated(before)
    }
    const head = place.size === 0 && place.start > 0 ? encodeStart(place.start) : ''
    try {
      if (options.full?.()) throw diskFull()
      await appendFile(path, head + text)
    } catch (error) {
      // a full disk may have taken half of it
      await truncate(path, place.size).catch(() => undefined)
      throw error
    }
    place.size += Buffer.byteLength(head) + bytes
  }

  const pump = async () => {
    while (waiting.length > 0 || lost > 0) {
      const lines = waiting
      if (lost > 0) lines.push(`# ${stamp(now())} [${lost} lines were lost: the disk is too slow]\n`)
      waiting = []
      waitingChars = 0
      lost = 0
      await inTurn(() => write(lines.join('')))
    }
  }
  const startPump = (): Promise<void> => {
    if (pumping) return pumping
    pumping = pump().finally(() => {
      pumping = undefined
    })
    pumping.catch(options.failed)
    return pumping
  }

  const flush = async () => {
    if (pumping || waiting.length > 0) await startPump()
    if (waiting.length > 0) await flush()
  }
  return {
    add: (event) => {
      const { length } = event.message
      if (waitingChars + length > options.maxWaiting) {
        lost += 1
        return false
      }
      waiting.push(encodeEvent(event))
      waitingChars += length
      // whoever needs to know asks flush
      startPump().catch(() => undefined)
      return true
    },
    flush,
    read: async () => {
      // what could not be written is no reason not to read the rest
      await flush().catch(() => undefined)
      return inTurn(async () => {
        const files = [await contentOf(`${path}.1`), await contentOf(path)]
        return files.flatMap((file) => [...decodeEvents(file)])
      })
    },
    end: async () => {
      await flush()
      const { start, size } = await inTurn(look)
      return start + size
    },
    bytes: () => at?.size ?? 0,
    remove: async () => {
      await flush().catch(() => undefined)
      await inTurn(async () => {
        await rm(path, { force: true })
        await rm(`${path}.1`, { force: true })
        at = undefined
      })
    },
  }
}

const stamp = (at: number) => new Date(at).toISOString()

const contentOf = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
