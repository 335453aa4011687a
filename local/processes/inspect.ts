import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Resident memory of processes, in bytes; those that are gone are left out. Linux: `VmRSS` of proc(5); elsewhere ps(1), whose
 * `rss` is in units of 1024 bytes.
 */
export const residentBytes = async (pids: readonly number[]): Promise<Map<number, number>> => {
  if (pids.length === 0) return new Map()
  const sizes = process.platform === 'linux' ? await fromProc(pids) : await fromPs(pids)
  return new Map(sizes.filter(([, bytes]) => bytes > 0))
}

const fromProc = (pids: readonly number[]): Promise<[number, number][]> =>
  Promise.all(
    pids.map(async (pid): Promise<[number, number]> => {
      const status = await unlessGone(readFile(`/proc/${pid}/status`, 'utf8'))
      return [pid, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024]
    }),
  )

const fromPs = async (pids: readonly number[]): Promise<[number, number][]> => {
  const stdout = await ps(['-o', 'pid=,rss=', '-p', pids.join(',')])
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, kilobytes]) => [Number(pid), Number(kilobytes) * 1024])
}

/**
 * A mark that tells a process from a later one with the same number: when it started, as the system writes it.
 * @returns undefined when there is no such process
 */
export const birthOf = async (pid: number): Promise<string | undefined> => {
  if (process.platform !== 'linux')
    return (await ps(['-o', 'lstart=', '-p', String(pid)])).trim() || undefined
  const stat = await unlessGone(readFile(`/proc/${pid}/stat`, 'utf8'))
  // proc_pid_stat(5): field 22; the name in field 2 may hold spaces and brackets, so count from its end
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** Command line of a process, its words parted by spaces; '' when there is no such process. Linux needs no ps for it. */
export const commandOf = async (pid: number): Promise<string> =>
  process.platform === 'linux'
    ? (await unlessGone(readFile(`/proc/${pid}/cmdline`, 'utf8'))).replaceAll('\0', ' ')
    : ps(['-ww', '-o', 'args=', '-p', String(pid)])

const ps = async (args: string[]): Promise<string> => {
  try {
    return (await run('ps', args)).stdout
  } catch (error) {
    // ps exits with 1 when none of the processes exists
    if ((error as { code?: unknown }).code === 1) return ''
    throw error
  }
}

const unlessGone = async (reading: Promise<string>): Promise<string> => {
  try {
    return await reading
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw error
  }
}
