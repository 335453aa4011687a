import { execFileSync } from 'node:child_process'

export interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Every process of the machine, by `ps`, which Linux and macOS both have. */
export const processes = (): ProcessLine[] =>
  execFileSync('ps', ['-Ao', 'pid=,ppid=,command='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
      return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }] : []
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

/** Those of the processes that still run; what is dead and only waits to be reaped by process 1 is gone for us. */
export const living = (pids: readonly number[]): ProcessLine[] =>
  processes().filter((line) => pids.includes(line.pid) && !/<defunct>/.test(line.command))
