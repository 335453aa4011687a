import { UserError } from '../errors.ts'
import { git } from '../git.ts'

// A partial clone leaves out objects that its server would send when they are asked for (git, "partial-clone"). Scanning them all
// would ask for each by itself; here they are asked for together, and only when the person says so.

/** What to do about objects that a partial clone has left with its server; undefined: the scan is refused. */
export type MissingChoice = 'fetch' | 'skip' | undefined

export const isOfPartialClone = (error: unknown): boolean =>
  error instanceof UserError && /promisor remote|lazy fetching/.test(error.message)

export const partialClone = (folder: string, cause: unknown): UserError =>
  new UserError(
    `${folder} is a partial clone: a part of its history is with its server only, and was not asked for.`,
    'With --missing fetch git fetches what lacks, by the settings of this repository and yours; with --missing skip the rest is scanned, and what lacks is counted. --no-git looks at the files as they lie there.',
    { cause },
  )

export interface PartialClone {
  readonly folder: string
  /** settings of git, as arguments, with which no server is asked */
  readonly offline: readonly string[]
  /** revisions that choose the history, and options that do, as `--all` */
  readonly revs: readonly string[]
  readonly all: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** Ids of what the history needs and the clone has not; of what lies below a tree that it has not nothing is known. */
export const missingObjects = async (clone: PartialClone): Promise<readonly string[]> => {
  const { folder, offline, revs, all, environment, signal } = clone
  const { stdout } = await git([...offline, 'rev-list', '--objects', '--missing=print', '--stdin', ...all], {
    ...{ cwd: folder, environment, signal },
    stdin: [...revs, ''].join('\n'),
  })
  return stdout.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : []))
}

/** Trees that were left out hide others, and these hide blobs; each round brings what is below as well. */
const MAX_ROUNDS = 5

/**
 * Has git fetch what lacks, all at once.
 * @param own environment of the person: their git may need an agent, a helper, a profile
 * @throws UserError where a server does not give it
 */
export const fetchMissing = async (clone: PartialClone, own: NodeJS.ProcessEnv): Promise<void> => {
  const { folder, offline, environment, signal } = clone
  const remotes = await remotesOf(folder, offline, environment)
  const options = {
    cwd: folder,
    environment: { ...OWN_SETTINGS, ...own, ...NO_OTHER, GIT_TERMINAL_PROMPT: '0' },
    signal,
  }
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing = await missingObjects(clone)
    if (missing.length === 0) return
    for (const remote of remotes)
      await git([...FETCH, remote], { ...options, stdin: [...missing, ''].join('\n') })
  }
}

/** The person's own configuration counts, */
const OWN_SETTINGS = { GIT_CONFIG_NOSYSTEM: undefined, GIT_CONFIG_GLOBAL: undefined }
/** but no repository that a hook of another one has in its environment. */
const NO_OTHER = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
}

/** as git itself fetches what lacks, but without the filter: what lies below a tree comes with it. No ref and no FETCH_HEAD is written. */
const FETCH = [
  ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'safe.directory=*'],
  ...['-c', 'fetch.negotiationAlgorithm=noop'],
  ...['fetch', '--quiet', '--no-tags', '--no-filter', '--no-write-fetch-head', '--no-auto-maintenance'],
  ...['--recurse-submodules=no', '--stdin'],
]

const remotesOf = async (
  cwd: string,
  offline: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> => {
  const asked = [...offline, 'config', '--get-regexp', String.raw`^remote\..*\.promisor$`]
  const { stdout } = await git(asked, { cwd, environment })
  return stdout.split('\n').flatMap((line) => /^remote\.(.+)\.promisor true$/.exec(line)?.[1] ?? [])
}
