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
      env: gitEnvironment(),
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
  return new UserError(`git ${args[0]} ended with exit code ${code}:\n    ${said}`, remedy)
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
