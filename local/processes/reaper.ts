import { type ChildProcess, spawn } from 'node:child_process'

/** Ends process groups when this process is gone, however it went. */
export interface Reaper {
  /** from now on the group of this leader ends with us */
  watch(pid: number): void
  /** the group is gone; its number may be reused by others */
  forget(pid: number): void
  /** ends the helper; groups still watched are killed */
  close(): Promise<void>
}

/**
 * The helper's standard input is a pipe that only we hold: the kernel closes it even after `kill -9`, and what was written
 * before is still read. A shell needs a megabyte where a second Node would need forty. Terminal signals reach us, not it.
 */
const SCRIPT = `trap '' INT TERM HUP QUIT
groups=' '
while read -r sign pid; do
  case $sign in
    +) groups="$groups$pid " ;;
    -) case $groups in *" $pid "*) groups="\${groups%% $pid *} \${groups#* $pid }" ;; esac ;;
  esac
done
for pid in $groups; do kill -s KILL -- "-$pid" 2>/dev/null; done`

/**
 * @returns a reaper; its helper starts with the first group, and again should somebody kill it
 */
export const createReaper = (): Reaper => {
  const groups = new Set<number>()
  let helper: ChildProcess | undefined
  let closed = false

  const tell = (line: string) => {
    helper?.stdin?.write(`${line}\n`)
  }
  const start = () => {
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: {},
    })
    helper = child
    // A broken pipe means that the helper is gone; its exit event starts another one.
    child.stdin?.on('error', () => {})
    child.once('exit', () => {
      if (helper !== child) return
      helper = undefined
      if (!closed && groups.size > 0) start()
    })
    child.unref()
    ;(child.stdin as unknown as { unref?(): void } | null)?.unref?.()
    for (const pid of groups) tell(`+ ${pid}`)
  }

  return {
    watch: (pid) => {
      groups.add(pid)
      if (helper === undefined) start()
      else tell(`+ ${pid}`)
    },
    forget: (pid) => {
      if (groups.delete(pid)) tell(`- ${pid}`)
    },
    close: () =>
      new Promise((resolve) => {
        closed = true
        const child = helper
        if (child === undefined || child.exitCode !== null) return resolve()
        child.ref()
        child.once('exit', () => resolve())
        child.stdin?.end()
      }),
  }
}

/** Sends a signal to a whole process group. @returns false when the group is gone already */
export const signalGroup = (leader: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(-leader, signal)
  } catch (error) {
    // EPERM: on macOS a group whose members are all zombies
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}
