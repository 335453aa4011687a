import { eachLine } from '../processes/lines.ts'
import { type Reaper, signalGroup } from '../processes/reaper.ts'
import { spawnGated } from '../processes/spawn.ts'

export interface TaskProcess {
  readonly pid: number
  /** exit code as a container has it: 128 + signal when a signal ended it; undefined when it never ran */
  readonly ended: Promise<number | undefined>
  /** asks to end, and kills all that is left after `graceMs` */
  stop(graceMs: number): void
}

export interface TaskCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly line: (text: string) => void
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  ...{ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGFPE: 8, SIGKILL: 9 },
  ...{ SIGSEGV: 11, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 },
}

/**
 * Starts a task's command as a process group of its own. Whatever the command leaves running ends with it, as in a container;
 * and all of it ends with us, even when we are killed: see local/processes/reaper.ts.
 */
export const startTaskProcess = (reaper: Reaper, { line, ...command }: TaskCommand): TaskProcess => {
  const child = spawnGated(reaper, command)
  const { pid } = child
  const ended = Promise.withResolvers<number | undefined>()
  let killer: NodeJS.Timeout | undefined
  for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, line)
  child.once('exit', (code, signal) => {
    clearTimeout(killer)
    if (pid !== undefined) {
      signalGroup(pid, 'SIGKILL')
      reaper.forget(pid)
    }
    ended.resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0))
  })
  child.once('error', () => ended.resolve(undefined))
  return {
    pid: pid ?? -1,
    ended: ended.promise,
    stop: (graceMs) => {
      if (pid === undefined) return
      // Docker signals the first process only; it passes the signal on to what it started.
      child.kill('SIGTERM')
      killer ??= setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
    },
  }
}
