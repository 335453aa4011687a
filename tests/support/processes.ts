import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly command: string
  /** dead, and only waiting for process 1 to take note of it */
  readonly dead: boolean
  /** resident memory in kilobytes */
  readonly resident: number
}

const PAGE_KB = 4

/** Every process of the machine: from /proc, which even the smallest Linux has, else by `ps`. */
export const processes = (): ProcessLine[] => (existsSync('/proc/self/stat') ? fromProc() : fromPs())

const fromProc = (): ProcessLine[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // proc_pid_stat(5): the name in parentheses may hold anything, so the fields are counted from its end
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [
          {
            pid: Number(name),
            parent: Number(fields[1]),
            command,
            dead: fields[0] === 'Z' || fields[0] === 'X',
            resident: Number(fields[21]) * PAGE_KB,
          },
        ]
      } catch (error) {
        // it ended while we looked
        if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return []
        throw error
      }
    })

const fromPs = (): ProcessLine[] =>
  execFileSync('ps', ['-Ao', 'pid=,ppid=,stat=,rss=,command='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(.*)$/.exec(line)
      if (!match) return []
      const [, pid, parent, stat = '', resident, command = ''] = match
      return [
        {
          pid: Number(pid),
          parent: Number(parent),
          command,
          dead: stat.startsWith('Z'),
          resident: Number(resident),
        },
      ]
    })

/** A process and all below it, as they are now. */
export const treeOf = (pid: number): ProcessLine[] => {
  const all = processes()
  const found = all.filter((line) => line.pid === pid)
  for (let index = 0; index < found.length; index += 1) {
    found.push(...all.filter((line) => line.parent === found[index]?.pid))
  }
  return found
}

/** Those of the processes that still run. */
export const living = (pids: readonly number[]): ProcessLine[] =>
  processes().filter((line) => pids.includes(line.pid) && !line.dead)
