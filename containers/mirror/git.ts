import { type ChildProcess, spawn } from 'node:child_process'
import { RelayError } from '../../shared/runtime/errors.ts'

const SUBCOMMANDS = [
  'cat-file',
  'clone',
  'fetch',
  'for-each-ref',
  'init',
  'merge-base',
  'push',
  'rev-list',
  'update-ref',
] as const
type Subcommand = (typeof SUBCOMMANDS)[number]

export interface GitResult {
  /** undefined when a signal ended it */
  readonly status: number | undefined
  readonly stdout: string
  /** the last part of it, without credentials */
  readonly stderr: string
}

export interface Git {
  /** in the folder given as git's home */
  run(subcommand: Subcommand, args: readonly string[], more?: RunOptions): Promise<GitResult>
  /** ends what runs, with its children; nothing can be started any more */
  stop(): Promise<void>
}

export interface RunOptions {
  /** the repository, for subcommands that need one */
  readonly gitDir?: string
  /** standard input */
  readonly input?: string
}

export interface GitSettings {
  /** where git may be found */
  readonly path: string | undefined
  /** a private folder: git's home and place for temporary files */
  readonly home: string
  /** value of `credential.helper` */
  readonly credentialHelper: string
  readonly redact: (text: string) => string
}

const MAX_STDOUT_BYTES = 128 * 1024 * 1024
const STDERR_CHARACTERS = 8 * 1024
const KILL_AFTER_MS = 4_000

/** Bytes that git sends with a length instead of in chunks: CodeCommit hangs up on a chunked fetch request. */
const FETCH_BUFFER = 16 * 1024 * 1024

/** A server may be silent while it indexes a pack; after this long it is taken for dead. */
const STALL_SECONDS = 1_200

/**
 * Runs git: known subcommands only, a fixed environment, no configuration but ours, no prompt, no redirect, and no protocol but
 * HTTP. Each run is a process group of its own, which also ends when this process is killed outright.
 */
export const createGit = (settings: GitSettings): Git => {
  const running = new Set<{ child: ChildProcess; ended: Promise<unknown> }>()
  let stopped = false

  return {
    async run(subcommand, args, { gitDir, input } = {}) {
      if (!SUBCOMMANDS.includes(subcommand))
        throw new RelayError('GIT_FAILED', { problem: 'subcommand', subcommand })
      if (stopped) throw new RelayError('GIT_FAILED', { problem: 'stopping', subcommand })
      const child = spawn(
        'git',
        [
          ...configuration(settings),
          ...(gitDir === undefined ? [] : [`--git-dir=${gitDir}`]),
          subcommand,
          ...args,
        ],
        {
          cwd: settings.home,
          env: environment(settings),
          stdio: ['pipe', 'pipe', 'pipe'],
          detached: true,
        },
      )
      // git may end before it has read everything; its exit status tells.
      child.stdin?.on('error', () => undefined).end(input)
      const result = collect(child, subcommand, settings.redact)
      const entry = { child, ended: result.catch(() => undefined) }
      const guard = guardGroup(child.pid)
      running.add(entry)
      try {
        return await result
      } finally {
        running.delete(entry)
        guard?.kill('SIGKILL')
      }
    },
    async stop() {
      stopped = true
      const kill = (signal: NodeJS.Signals) => {
        for (const { child } of running) signalGroup(child.pid, signal)
      }
      kill('SIGTERM')
      const timer = setTimeout(kill, KILL_AFTER_MS, 'SIGKILL')
      await Promise.all([...running].map(({ ended }) => ended))
      clearTimeout(timer)
    },
  }
}

const configuration = ({ credentialHelper }: GitSettings): string[] =>
  [
    // an empty value first forgets helpers from elsewhere: gitcredentials(7)
    'credential.helper=',
    `credential.helper=${credentialHelper}`,
    'credential.useHttpPath=true',
    'core.askPass=',
    'core.hooksPath=/dev/null',
    'http.followRedirects=false',
    `http.postBuffer=${FETCH_BUFFER}`,
    'http.lowSpeedLimit=1',
    `http.lowSpeedTime=${STALL_SECONDS}`,
    'gc.auto=0',
    'maintenance.auto=false',
  ].flatMap((setting) => ['-c', setting])

const environment = ({ home, path }: GitSettings): NodeJS.ProcessEnv => ({
  ...(path !== undefined && { PATH: path }),
  HOME: home,
  TMPDIR: home,
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'http:https',
})

const collect = (
  child: ChildProcess,
  subcommand: string,
  redact: (text: string) => string,
): Promise<GitResult> => {
  const { promise, resolve, reject } = Promise.withResolvers<GitResult>()
  const out: Buffer[] = []
  let outBytes = 0
  let stderr = ''
  child.stdout?.on('data', (piece: Buffer) => {
    outBytes += piece.length
    if (outBytes <= MAX_STDOUT_BYTES) out.push(piece)
    else signalGroup(child.pid, 'SIGKILL')
  })
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    // Redacted before it is cut, so that no credential is cut out of recognition.
    stderr = redact(stderr + piece).slice(-STDERR_CHARACTERS)
  })
  child.once('error', (cause) =>
    reject(new RelayError('GIT_FAILED', { subcommand, problem: 'start' }, { cause })),
  )
  child.once('close', (status) => {
    if (outBytes > MAX_STDOUT_BYTES)
      reject(new RelayError('GIT_LIMIT', { subcommand, limit: 'output', most: MAX_STDOUT_BYTES }))
    else
      resolve({
        status: status ?? undefined,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: redact(stderr),
      })
  })
  return promise
}

/**
 * A shell that waits on a pipe which only we hold: the kernel closes it even when we are killed outright, and then git's group
 * is killed too, instead of going on without anybody to answer to.
 */
const guardGroup = (pid: number | undefined): ChildProcess | undefined => {
  if (pid === undefined) return undefined
  const guard = spawn('/bin/sh', ['-c', 'read -r end; kill -s KILL -- "-$0"', String(pid)], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a guard git still ends by itself; only a kill -9 of ours would leave it running a while.
  guard.on('error', () => undefined)
  guard.stdin?.on('error', () => undefined)
  return guard
}

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
