import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../contracts.ts'
import type { Git } from './git.ts'

/** Keeps repositories quick: many refs are packed into one file, many small packs into one. */
export interface Maintenance {
  /** @param refs how many refs the push moved */
  pushed(directory: string, refs: number): void
  /** lets git look at everything behind the tips, and logs what is missing: after a cloud that was killed */
  check(directory: string): void
  stop(): Promise<void>
}

const PUSHES = 50
const REFS = 500
/** each push leaves one */
const PACKS = 20
/** Pushes come in bursts; the work is done behind them. */
const QUIET_MS = 2_000
/** how much of git's complaints is kept */
const MAX_SAID = 4_096

/**
 * One repository at a time, never two runs at once; a run that fails is logged and tried again after the next pushes.
 * @param quietMs between the push after which it is due and the work
 */
export const createMaintenance = (git: Git, log: Log, quietMs = QUIET_MS): Maintenance => {
  const counts = new Map<string, { pushes: number; refs: number }>()
  const stopping = new AbortController()
  let queue: Promise<void> = Promise.resolve()

  const tidy = async (directory: string): Promise<void> => {
    try {
      await sleep(quietMs, undefined, { signal: stopping.signal, ref: false })
      const at = `--git-dir=${directory}`
      await finish(git, stopping.signal, [at, 'pack-refs', '--all'])
      await finish(git, stopping.signal, [
        at,
        '-c',
        'gc.auto=6700',
        '-c',
        `gc.autoPackLimit=${PACKS}`,
        '-c',
        'gc.autoDetach=false',
        'gc',
        '--auto',
        '--quiet',
      ])
    } catch (error) {
      if (!stopping.signal.aborted) {
        log('codecommit', 'a repository could not be tidied', { directory, error: String(error) })
      }
    }
  }

  const check = async (directory: string): Promise<void> => {
    try {
      const args = ['fsck', '--connectivity-only', '--no-dangling', '--no-progress']
      await finish(git, stopping.signal, [`--git-dir=${directory}`, ...args], false)
    } catch (error) {
      if (!stopping.signal.aborted) {
        log('codecommit', 'a repository is damaged', { directory, problems: [String(error)] })
      }
    }
  }

  return {
    check: (directory) => {
      queue = queue.then(() => (stopping.signal.aborted ? undefined : check(directory)))
    },
    pushed: (directory, refs) => {
      const count = counts.get(directory) ?? { pushes: 0, refs: 0 }
      const after = { pushes: count.pushes + 1, refs: count.refs + refs }
      const due = after.pushes >= PUSHES || after.refs >= REFS
      counts.set(directory, due ? { pushes: 0, refs: 0 } : after)
      if (due) queue = queue.then(() => (stopping.signal.aborted ? undefined : tidy(directory)))
    },
    stop: async () => {
      stopping.abort()
      await queue
    },
  }
}

const finish = async (
  git: Git,
  signal: AbortSignal,
  args: readonly string[],
  writer = true,
): Promise<void> => {
  signal.throwIfAborted()
  const talk = git.converse(args, { writer })
  signal.addEventListener('abort', talk.abort, { once: true })
  talk.stdin.end()
  let said = ''
  talk.stdout.on('data', (chunk: Buffer) => {
    if (said.length < MAX_SAID) said += chunk.toString('utf8')
  })
  const { code, stderr } = await talk.done
  signal.removeEventListener('abort', talk.abort)
  if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}: ${said}${stderr.trim()}`)
}
