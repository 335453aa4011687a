import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Written as JSON into the lock file: who holds the folder, and since when it runs, so that a reused number is not taken for it. */
interface Holder {
  readonly pid: number
  readonly started: string
}

const FILE = 'lock'
const TRIES = 10

/**
 * Takes a state folder for this process. A lock that a killed process left is taken over.
 * @param folder made when it is missing, readable by its owner alone
 * @returns gives the folder free again; done by itself when the process exits
 * @throws Error that names the process when another one, or this one, holds the folder
 */
export const lockFolder = (folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, FILE)
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) ?? '' }
  // written whole first and then linked into place: nobody ever reads half a lock
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (linkInto(draft, file)) return releaser(file, mine)
      const holder = readHolder(file)
      if (holder && isRunning(holder))
        throw new Error(
          `the folder ${folder} is in use by process ${holder.pid}: stop it first, or choose another folder`,
        )
      setAside(file, holder)
    }
    throw new Error(`the lock of ${folder} changes hands too quickly: is something else starting there?`)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moves a dead holder's lock away. Should another process have been quicker, its fresh lock is put back. */
const setAside = (file: string, dead: Holder | undefined): void => {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readHolder(aside)
  if (moved && (moved.pid !== dead?.pid || moved.started !== dead.started)) linkInto(aside, file)
  rmSync(aside, { force: true })
}

const linkInto = (from: string, to: string): boolean => {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const releaser = (file: string, mine: Holder): (() => void) => {
  const release = () => {
    process.removeListener('exit', release)
    const holder = readHolder(file)
    if (holder?.pid === mine.pid && holder.started === mine.started) rmSync(file, { force: true })
  }
  process.on('exit', release)
  return release
}

/** Undefined when there is no lock, or none that can be read: then nobody holds it. */
const readHolder = (file: string): Holder | undefined => {
  try {
    const { pid, started } = (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as Partial<Holder>
    return Number.isInteger(pid) && typeof started === 'string' ? { pid: pid as number, started } : undefined
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const isRunning = (holder: Holder): boolean => startOf(holder.pid) === holder.started

/** When a process began, as the system tells it; undefined when it is not there or has ended and only waits to be reaped. */
const startOf = (pid: number): string | undefined =>
  process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid)

const startFromProc = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc_pid_stat(5): state is field 3, start time in ticks since boot field 22; the name in field 2 may hold spaces
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${fields[19]}`
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
}

const startFromPs = (pid: number): string | undefined => {
  try {
    const options = { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } } as const
    const [state, ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options)
      .trim()
      .split(/\s+/)
    return state?.startsWith('Z') ? undefined : started.join(' ')
  } catch (error) {
    // ps(1) ends with 1 when there is no such process
    if ((error as { status?: unknown }).status === 1) return undefined
    throw error
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
