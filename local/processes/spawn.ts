import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Reaper } from './reaper.ts'

export interface GroupCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** all of it: nothing of ours is inherited */
  readonly env: Readonly<Record<string, string>>
}

/** Waits for one line on descriptor 3 before it becomes the command: until then nothing runs that could be left behind. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"'

/**
 * Starts a command as the leader of its own process group (and session, so that Ctrl-C in a terminal reaches only us), with
 * output on pipes and an IPC channel. The child must end itself when that channel closes; the reaper is the second guard.
 */
export const spawnWorker = (reaper: Reaper, { command, args, cwd, env }: GroupCommand): ChildProcess =>
  watched(
    reaper,
    spawn(command, args, { cwd, env: { ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }),
  )

/**
 * As {@link spawnWorker} for a command that knows nothing of us: a gate holds it back until the reaper knows the group, so
 * that not even a kill between two instructions leaves an orphan.
 */
export const spawnGated = (reaper: Reaper, { command, args, cwd, env }: GroupCommand): ChildProcess => {
  const child = spawn('/bin/sh', ['-c', GATE, 'sh', command, ...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  watched(reaper, child)
  const gate = child.stdio[3] as Writable
  // the child ended before it read its line: its exit event tells the rest
  gate.on('error', () => {})
  gate.end('go\n')
  return child
}

const watched = (reaper: Reaper, child: ChildProcess): ChildProcess => {
  if (child.pid !== undefined) reaper.watch(child.pid)
  return child
}
