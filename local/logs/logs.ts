import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

interface LogLine {
  readonly account: string
  readonly region: string
  readonly group: string
  readonly stream: string
  readonly line: string
  /** milliseconds since the epoch */
  readonly at: number
}

/** Where functions and tasks write: like CloudWatch Logs, in files that a person can read. */
export interface Logs {
  /** takes a line and returns at once; it reaches the disk soon after */
  write(account: string, region: string, group: string, stream: string, line: string): void
  /** called with every line as it is written. @returns ends it */
  tail(listener: (line: LogLine) => void): () => void
  /** resolves when everything is on disk; what dying processes still say afterwards is not kept */
  close(): Promise<void>
}

interface Group {
  readonly file: string
  waiting: string[]
  waitingChars: number
  lost: number
  /** bytes in the current file; undefined until it was looked at */
  size?: number
  pump?: Promise<void>
}

/**
 * @param options.folder holds `<account>/<region>/<group, percent-encoded>.log` and, once that is full, the one before as
 *   `.log.1`; each line is `<ISO time> <stream> <text>`
 * @param options.maxBytes size at which a group's file is put aside: a group takes at most about twice that
 * @param options.maxWaiting characters that may wait for a slow disk; beyond it lines are dropped and counted in the file
 * @param options.failed told of a disk that does not take the lines (they are dropped)
 */
export const createLogs = ({
  folder,
  maxBytes = 5_000_000,
  maxWaiting = 4_000_000,
  now = Date.now,
  failed = (error) => process.emitWarning(`a log could not be written: ${error}`),
}: {
  folder: string
  maxBytes?: number
  maxWaiting?: number
  now?: () => number
  failed?: (error: unknown) => void
}): Logs => {
  const groups = new Map<string, Group>()
  const listeners = new Set<(line: LogLine) => void>()
  let closed = false

  const pump = async (group: Group): Promise<void> => {
    while (group.waiting.length > 0 || group.lost > 0) {
      const lines = group.waiting
      if (group.lost > 0)
        lines.push(`${stamp(now())} - [${group.lost} lines were lost: the disk is too slow]\n`)
      group.waiting = []
      group.waitingChars = 0
      group.lost = 0
      await append(group, lines.join(''), maxBytes)
    }
  }

  return {
    write: (account, region, name, stream, line) => {
      if (closed) return
      const at = now()
      for (const listener of listeners) listener({ account, region, group: name, stream, line, at })
      const file = join(folder, account, region, `${encodeURIComponent(name)}.log`)
      let group = groups.get(file)
      if (group === undefined) {
        group = { file, waiting: [], waitingChars: 0, lost: 0 }
        groups.set(file, group)
      }
      if (group.waitingChars + line.length > maxWaiting) {
        group.lost += 1
        return
      }
      group.waiting.push(`${stamp(at)} ${stream} ${line}\n`)
      group.waitingChars += line.length
      startPump(group)
    },
    tail: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      closed = true
      const pumps = () => [...groups.values()].flatMap((group) => group.pump ?? [])
      for (let busy = pumps(); busy.length > 0; busy = pumps()) await Promise.all(busy)
    },
  }

  function startPump(group: Group): void {
    group.pump ??= pump(group)
      .catch(failed)
      .finally(() => {
        delete group.pump
        if (group.waiting.length > 0 || group.lost > 0) startPump(group)
      })
  }
}

const stamp = (at: number) => new Date(at).toISOString()

const append = async (group: Group, text: string, maxBytes: number): Promise<void> => {
  if (group.size === undefined) {
    await mkdir(join(group.file, '..'), { recursive: true })
    group.size = await sizeOf(group.file)
  }
  const bytes = Buffer.byteLength(text)
  if (group.size > 0 && group.size + bytes > maxBytes) {
    await rename(group.file, `${group.file}.1`)
    group.size = 0
  }
  await appendFile(group.file, text)
  group.size += bytes
}

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
