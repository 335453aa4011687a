import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex, Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf } from '../processes/inspect.ts'
import { within } from '../within.ts'
import { answerHook, type BeforeRefs, hooked, writeHook } from './hook.ts'
import { HIDDEN_REFS } from './refs.ts'

/** Where git is looked for on Linux and macOS unless the cloud is told otherwise. */
const DEFAULT_PATH = '/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin'
const MAX_STDERR = 8 * 1024
const MAX_OUTPUT = 256 * 1024 * 1024
/** how long git may take to clean up behind itself */
const GRACE_MS = 3_000

interface Output {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** A running git that is talked to. */
export interface Conversation {
  readonly stdin: Writable
  readonly stdout: Readable
  /** resolves when the process is gone, never rejects for its exit code; rejects when git could not be started, or its question not answered */
  readonly done: Promise<{ code: number | null; stderr: string }>
  /** lets it see the end of its input: git then removes what it has not finished, which it does not always do on a signal */
  hangUp(): void
  /**
   * ends it and its own children, and forgets what it said; harmless when it is gone. Whoever stops reading before the end must call it: a
   * git that has said all and exited counts as running until the last byte was read
   */
  abort(): void
}

export interface TalkOptions {
  /** it changes a repository: noted in the folder, so that the next cloud can end it should this one be killed */
  readonly writer?: boolean
  /** receive-pack asks here before it moves the first ref, and refuses the push when the answer is no */
  readonly beforeRefs?: BeforeRefs
  /** the push is a small one */
  readonly small?: boolean
  readonly objects?: Quarantine | undefined
  /** what the system lets it take before it ends it, also when the cloud is gone: for what a small push can make endless */
  readonly most?: GitMost
}

export interface GitMost {
  /** of processor time */
  readonly seconds: number
  /** of address space; macOS does not bound it */
  readonly megabytes: number
}

/** Objects of a push that is not yet taken, and those of the repository behind them. */
export interface Quarantine {
  readonly quarantine: string
  readonly behind: string
}

export interface Git {
  /** runs to the end; resolves with any exit code. Throws when git cannot be started or says more than 256 MiB */
  run(args: readonly string[], input?: string | Buffer, objects?: Quarantine): Promise<Output>
  /** as `run`, but throws on any exit code but 0 */
  must(args: readonly string[], input?: string | Buffer): Promise<string>
  converse(args: readonly string[], options?: TalkOptions): Conversation
  /** from now on nothing starts; ends what runs and waits until it is gone */
  stop(): Promise<void>
}

/** Folder of the notes about running writers: one file per process, named by its id. */
const runningFolder = (folder: string): string => join(folder, '.running')

/**
 * Everything about the machine's git that must not depend on the machine: no system or user configuration, no prompts, no hooks,
 * English messages.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  'safe.directory': '*',
  'core.hooksPath': '/dev/null',
  'core.logAllRefUpdates': 'false',
  // contention between pushes and maintenance is waited out, not reported
  'core.filesRefLockTimeout': '2000',
  'core.packedRefsTimeout': '5000',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'receive.autogc': 'false',
  'receive.fsckObjects': 'false',
  'receive.denyCurrentBranch': 'ignore',
  'receive.denyDeleteCurrent': 'refuse',
  'transfer.hideRefs': HIDDEN_REFS,
  'uploadpack.allowTipSHA1InWant': 'true',
  'uploadpack.allowReachableSHA1InWant': 'true',
  'uploadpack.allowFilter': 'false',
}

const environment = (path: string): NodeJS.ProcessEnv => {
  const entries = Object.entries(SETTINGS)
  return {
    PATH: path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    // a newer git could choose another way of keeping refs than files, which are read here (git-init)
    GIT_DEFAULT_REF_FORMAT: 'files',
    GIT_COMMITTER_NAME: 'AWS CodeCommit',
    GIT_COMMITTER_EMAIL: 'noreply-awscodecommit@amazon.com',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  }
}

/**
 * The one place where CodeCommit starts processes.
 * @param folder all repositories; children work in it
 * @param graceMs how long git may take to end when the cloud stops
 */
export const createGit = (folder: string, path = DEFAULT_PATH, graceMs = GRACE_MS): Git => {
  const env = environment(path)
  const running = new Set<{ child: ChildProcess; gone: Promise<unknown> }>()
  let stopped = false

  let hookWritten = false

  const start = (args: readonly string[], options: TalkOptions): ChildProcessWithoutNullStreams => {
    if (stopped) throw new Error('CodeCommit is stopping')
    const { writer = false, beforeRefs, small = false, objects } = options
    if (beforeRefs !== undefined && !hookWritten) {
      writeHook(folder)
      hookWritten = true
    }
    // an own process group: git's helpers (index-pack, pack-objects) end together with it
    const [program, ...own] = options.most === undefined ? ['git'] : bounded(options.most)
    const child = spawn(
      program,
      [...own, ...(beforeRefs === undefined ? [] : hooked(folder, small)), ...args],
      {
        cwd: folder,
        env: objects === undefined ? env : { ...env, ...objectsEnvironment(objects) },
        detached: true,
        stdio: beforeRefs === undefined ? 'pipe' : ['pipe', 'pipe', 'pipe', 'pipe'],
      },
    ) as ChildProcessWithoutNullStreams
    // a broken pipe shows in the exit code, and to whoever writes as a closed stream
    child.stdin.on('error', () => {})
    const note = writer && child.pid !== undefined ? noteWriter(folder, child.pid) : undefined
    const entry = {
      child,
      gone: new Promise<void>((resolve) => {
        const end = () => {
          running.delete(entry)
          note?.()
          resolve()
        }
        child.once('close', end)
        child.once('error', end)
      }),
    }
    running.add(entry)
    return child
  }

  const converse: Git['converse'] = (args, options = {}) => {
    const child = start(args, options)
    const stderr = collectText(child.stderr)
    const problems: unknown[] = []
    if (options.beforeRefs !== undefined) {
      answerHook(child.stdio[3] as Duplex, options.beforeRefs, (error) => problems.push(error))
    }
    const done = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(cause)))
      child.once('close', (code) =>
        problems.length > 0 ? reject(problems[0]) : resolve({ code, stderr: stderr() }),
      )
    })
    // whoever gave up on the conversation does not wait for its end
    done.catch(() => {})
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      done,
      hangUp: () => void child.stdin.destroy(),
      abort: () => {
        endGroup(child, 'SIGTERM')
        child.stdout.destroy()
      },
    }
  }

  const run: Git['run'] = async (args, input, objects) => {
    const talk = converse(args, { objects })
    const chunks: Buffer[] = []
    let size = 0
    talk.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_OUTPUT) talk.abort()
      else chunks.push(chunk)
    })
    talk.stdin.end(input)
    const { code, stderr } = await talk.done
    if (size > MAX_OUTPUT) throw new Error(`git ${args.join(' ')}: more than ${MAX_OUTPUT} bytes of output`)
    return { code: code ?? -1, stdout: Buffer.concat(chunks), stderr }
  }

  return {
    run,
    converse,
    must: async (args, input) => {
      const { code, stdout, stderr } = await run(args, input)
      if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
      return stdout.toString('utf8')
    },
    stop: async () => {
      stopped = true
      const allGone = Promise.all([...running].map(({ gone }) => gone))
      for (const { child } of running) endGroup(child, 'SIGTERM')
      if (await within(graceMs, allGone)) return
      for (const { child } of running) {
        endGroup(child, 'SIGKILL')
        // nobody may be reading any more what it said
        child.stdout?.destroy()
      }
      await allGone
    },
  }
}

/** Packs are mapped in pieces then, and do not count whole. */
const bounded = ({ seconds, megabytes }: GitMost): [string, ...string[]] => [
  'sh',
  '-c',
  `ulimit -t ${seconds}; ulimit -v ${megabytes * 1024} 2>/dev/null; exec git "$@"`,
  'git',
  ...['-c', 'core.packedGitWindowSize=32m', '-c', 'core.packedGitLimit=256m'],
]

const objectsEnvironment = ({ quarantine, behind }: Quarantine) => ({
  GIT_OBJECT_DIRECTORY: quarantine,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: behind,
})

const noteWriter = (folder: string, pid: number): (() => void) => {
  mkdirSync(runningFolder(folder), { recursive: true })
  const file = join(runningFolder(folder), String(pid))
  writeFileSync(file, '')
  return () => rmSync(file, { force: true })
}

const notStarted = (cause: Error): Error =>
  new Error('git could not be started: is it installed, and in the search path?', { cause })

const endGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  killGroup(child.pid, signal)
}

const killGroup = (leader: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-leader, signal)
  } catch (error) {
    // the group ended in this moment; EPERM is macOS's word for a group of zombies
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

const collectText = (stream: Readable): (() => string) => {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    if (text.length < MAX_STDERR) text += chunk.toString('utf8')
  })
  return () => text.slice(0, MAX_STDERR)
}

/**
 * Ends the noted writers that a killed cloud left running; a number that now belongs to something else is let alone.
 * @returns their process ids; throws when one does not end within five seconds
 */
export const endLeftovers = async (folder: string): Promise<number[]> => {
  const notes = runningFolder(folder)
  const ended: number[] = []
  for (const pid of (existsSync(notes) ? readdirSync(notes) : []).map(Number)) {
    if (!(pid > 1)) continue
    for (let tries = 0; await isGitOf(pid, folder); tries += 1) {
      if (tries === 0) ended.push(pid)
      if (tries === 250) throw new Error(`git process ${pid} of a former cloud does not end`)
      killGroup(pid, 'SIGKILL')
      await sleep(20)
    }
  }
  rmSync(notes, { recursive: true, force: true })
  return ended
}

const isGitOf = async (pid: number, folder: string): Promise<boolean> => {
  const command = await commandOf(pid)
  return command.startsWith('git ') && command.includes(folder)
}
