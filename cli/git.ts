import { spawn } from 'node:child_process'
import { UserError } from './errors.ts'

/** the oldest git that reads its configuration from GIT_CONFIG_COUNT, on which the mirror container relies */
export const OLDEST_GIT = [2, 31] as const
/** how much of what git said is kept for an error */
const STDERR_KEPT = 4_000

export interface GitResult {
  readonly stdout: string
  readonly stderr: string
}

export interface GitOptions {
  readonly cwd?: string
  /** file of `git credential-store` to take user and password from */
  readonly credentialFile?: string
  readonly stdin?: string
  readonly signal?: AbortSignal
  /** each piece of what git writes to standard error, for progress */
  readonly onProgress?: (text: string) => void
  /** variables besides the fixed ones */
  readonly environment?: NodeJS.ProcessEnv
}

/**
 * Runs the machine's git, as the person at the terminal would, but with no prompt, no system or user configuration, and an
 * author of its own.
 * @returns what it printed
 * @throws UserError when git is missing or ends with an error; the message carries the end of what git said
 */
export const git = (args: readonly string[], options: GitOptions = {}): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const child = spawn('git', [...credentialArguments(options.credentialFile), ...args], {
      cwd: options.cwd,
      env: { ...gitEnvironment(), ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.signal ? { signal: options.signal } : {}),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT)
      options.onProgress?.(text)
    })
    child.stdin.on('error', () => undefined) // git may end before it has read everything; its exit code tells
    child.stdin.end(options.stdin ?? '')
    child.on('error', (error) =>
      reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? gitMissing(error) : error),
    )
    child.on('close', (code) => {
      if (code === 0) resolve({ stdout, stderr })
      else reject(gitFailed(args, code, stderr))
    })
  })

/**
 * What git prints, piece by piece, for output that is too large to be held. Ending the loop early ends git.
 * @throws UserError as {@link git}, after the last piece
 */
export async function* gitOutput(args: readonly string[], options: GitOptions = {}): AsyncGenerator<Buffer> {
  const child = startGit(args, options)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? gitMissing(error) : error),
    )
    child.on('close', resolve)
  })
  // a failure to start is told where the loop ends
  ended.catch(() => undefined)
  child.stdin.end(options.stdin ?? '')
  let isRead = false
  try {
    yield* child.stdout as AsyncIterable<Buffer>
    isRead = true
  } finally {
    if (!isRead) child.kill()
  }
  const code = await ended
  if (code !== 0) throw gitFailed(args, code, stderr)
}

/** `git cat-file --batch` that stays up. */
export interface ObjectReader {
  /** by id, or by any name that git knows; undefined: there is none */
  read(name: string): Promise<{ readonly type: ObjectType; readonly data: Buffer } | undefined>
  close(): void
}

type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

/** Reads objects of a repository one after another. Names must hold no line break. */
export const openObjects = (options: GitOptions & { readonly settings: readonly string[] }): ObjectReader => {
  const args = [...options.settings, 'cat-file', '--batch']
  let child: ReturnType<typeof startGit> | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let pieces: AsyncIterator<Buffer> | undefined
  let held: Buffer = Buffer.alloc(0)

  const more = async (): Promise<void> => {
    const next = await pieces?.next()
    if (!next || next.done) throw gitFailed(args, null, 'it ended before it had answered')
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
  }
  const take = async (size: number): Promise<Buffer> => {
    if (held.length < size) {
      const parts = [held]
      let have = held.length
      while (have < size) {
        held = Buffer.alloc(0)
        await more()
        parts.push(held)
        have += held.length
      }
      held = Buffer.concat(parts, have)
    }
    const taken = held.subarray(0, size)
    held = held.subarray(size)
    return taken
  }
  const ask = async (name: string) => {
    if (!child) {
      child = startGit(args, options)
      child.on('error', () => undefined)
      child.stderr.resume()
      pieces = (child.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    }
    child.stdin.write(`${name}\n`)
    while (!held.includes(0x0a)) await more()
    const line = (await take(held.indexOf(0x0a) + 1)).toString()
    // gitformat of cat-file: `<oid> <type> <size>`, or `<name> missing` and its like
    const [, type, size] = /^[0-9a-f]{40} (commit|tree|blob|tag) (\d+)\n$/.exec(line) ?? []
    if (type === undefined) return undefined
    const data = await take(Number(size))
    await take(1)
    return { type: type as ObjectType, data }
  }
  return {
    read(name) {
      const answer = turn.then(() => ask(name))
      turn = answer.catch(() => undefined)
      return answer
    },
    close: () => void child?.kill(),
  }
}

const startGit = (args: readonly string[], options: GitOptions) => {
  const child = spawn('git', args, {
    cwd: options.cwd,
    env: { ...gitEnvironment(), ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  })
  child.stdin.on('error', () => undefined) // git may end before it has read everything; its exit code tells
  return child
}

const gitEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  // a clone of ours lives for seconds: it needs no sample hooks
  GIT_TEMPLATE_DIR: '',
  GIT_AUTHOR_NAME: 'Relay Demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_COMMITTER_NAME: 'Relay Demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
  LC_ALL: 'C',
})

const credentialArguments = (file: string | undefined): string[] =>
  file === undefined ? [] : ['-c', 'credential.helper=', '-c', `credential.helper=store --file="${file}"`]

const gitMissing = (cause: unknown) =>
  new UserError(
    'git is not installed, or not on the PATH.',
    'Install git 2.31 or newer, then run this again.',
    { cause },
  )

const gitFailed = (args: readonly string[], code: number | null, stderr: string): UserError => {
  const said = stderr
    .split(/[\r\n]+/)
    .filter(
      (text) =>
        text.trim() !== '' &&
        !/^(Cloning|Enumerating|Counting|Compressing|Writing|Receiving|Resolving)/.test(text),
    )
    .slice(-6)
    .join('\n    ')
  const remedy = /No space left on device/i.test(stderr)
    ? 'The disk is full: free some space, or choose another folder with --state DIR.'
    : 'What git said is above.'
  const subcommand = args.find((arg, at) => arg !== '-c' && args[at - 1] !== '-c')
  return new UserError(`git ${subcommand} ended with exit code ${code}:\n    ${said}`, remedy)
}

/**
 * @returns git's version, `[2, 39]`
 * @throws UserError when git is missing or older than {@link OLDEST_GIT}
 */
export const checkGit = async (): Promise<readonly [number, number]> => {
  const { stdout } = await git(['--version'])
  const match = /(\d+)\.(\d+)/.exec(stdout)
  const version = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)] as const
  if (version[0] < OLDEST_GIT[0] || (version[0] === OLDEST_GIT[0] && version[1] < OLDEST_GIT[1])) {
    throw new UserError(
      `git ${version.join('.')} is too old; Relay needs ${OLDEST_GIT.join('.')} or newer.`,
      'Update git, then run this again.',
    )
  }
  return version
}

/** Refs of a repository as git itself reads them: full name → oid, heads and tags, without the peeled `^{}` lines. */
export const lsRemote = async (url: string, options: GitOptions = {}): Promise<Map<string, string>> => {
  const { stdout } = await git(['ls-remote', '--heads', '--tags', '--refs', url], options)
  const refs = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [oid, name] = line.split('\t')
    if (oid && name) refs.set(name, oid)
  }
  return refs
}

/** True when both hold the same names at the same oids. */
export const sameRefs = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, oid]) => b.get(name) === oid)
