import { openPack } from '../../shared/git/pack/open.ts'
import { UserError } from '../errors.ts'
import { git, gitOutput, type ObjectReader, openObjects } from '../git.ts'
import { CLI_PACK_LIMITS, type PackSource, spill } from './pack-source.ts'
import {
  fetchMissing,
  isOfPartialClone,
  type MissingChoice,
  missingObjects,
  partialClone,
} from './partial-clone.ts'

/**
 * A foreign repository's own settings must not make git run a program, or ask a server; and who scans need not own it.
 */
const SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'protocol.allow=never',
  'safe.directory=*',
].flatMap((setting) => ['-c', setting])

const options = (folder: string, more: NodeJS.ProcessEnv = {}) => ({
  cwd: folder,
  environment: { GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1', ...more },
})

/** Top of the repository that a folder is in, or the folder of a bare one; undefined: it is in none. */
export const repositoryAt = async (folder: string): Promise<string | undefined> => {
  try {
    const { stdout } = await git(
      [...SETTINGS, 'rev-parse', '--is-bare-repository', '--absolute-git-dir'],
      options(folder),
    )
    const [isBare, gitDir = ''] = stdout.trimEnd().split('\n')
    if (isBare === 'true') return gitDir
    return (await git([...SETTINGS, 'rev-parse', '--show-toplevel'], options(folder))).stdout.trimEnd()
  } catch (error) {
    if (error instanceof UserError && /not a git repository|must be run in a work tree/.test(error.message))
      return undefined
    throw error
  }
}

/** `sha1`, `sha256` */
export const objectFormatOf = async (folder: string): Promise<string> =>
  (await git([...SETTINGS, 'rev-parse', '--show-object-format'], options(folder))).stdout.trimEnd()

export const objectsOf = (folder: string): ObjectReader =>
  openObjects({ ...options(folder), settings: SETTINGS })

/** A file of HEAD, which is the default branch of who clones it; undefined: there is none. */
export const readOfHead = async (objects: ObjectReader, path: string): Promise<string | undefined> => {
  if (/[\r\n]/.test(path)) return undefined
  const object = await objects.read(`HEAD:${path}`)
  return object?.type === 'blob' ? object.data.toString('utf8') : undefined
}

export interface HistoryChoice {
  readonly range?: string | undefined
  readonly missing?: MissingChoice
  /** environment of the person, for what git fetches in their name */
  readonly own: NodeJS.ProcessEnv
}

/**
 * The whole history of a local repository, or a range of it, as a pack.
 * @throws UserError for a partial clone of which nobody said what to do about it
 */
export const historyOf = async (
  folder: string,
  { range, missing, own }: HistoryChoice,
  signal: AbortSignal,
): Promise<PackSource> => {
  const objects = objectsOf(folder)
  try {
    const revs = range === undefined ? await headOf(objects) : await revsOf(folder, range)
    const all = range === undefined ? ['--all'] : []
    const open = async (...more: string[]) => {
      const args = ['pack-objects', '--revs', '--stdout', '--quiet', '--delta-base-offset', ...all, ...more]
      const stdin = [...revs, ''].join('\n')
      const stream = gitOutput([...SETTINGS, ...args], { ...options(folder), signal, stdin })
      return openPack(stream, { limits: CLI_PACK_LIMITS, spill })
    }
    const openPartial = async (error: unknown) => {
      if (!isOfPartialClone(error)) throw error
      if (missing === undefined) throw partialClone(folder, error)
      const { environment } = options(folder)
      const clone = { folder, offline: SETTINGS, revs, all, environment, signal }
      if (missing === 'fetch') {
        await fetchMissing(clone, own)
        return { pack: await open(), missing: 0 }
      }
      const lacks = await missingObjects(clone)
      return { pack: await open('--missing=allow-any'), missing: lacks.length }
    }
    const opened = await open().then((pack) => ({ pack, missing: 0 }), openPartial)
    return {
      ...opened,
      wants: [],
      refs: range === undefined ? await refsOf(folder) : [],
      older: objects,
      readFile: (path) => readOfHead(objects, path),
      place: 'HEAD',
      close: async () => {
        objects.close()
        await opened.pack.close()
      },
    }
  } catch (error) {
    objects.close()
    throw error
  }
}

const refsOf = async (folder: string): Promise<readonly string[]> => {
  const { stdout } = await git([...SETTINGS, 'for-each-ref', '--format=%(refname)'], options(folder))
  return stdout.split('\n').filter((ref) => ref !== '')
}

/** a detached HEAD is reached by no ref */
const headOf = async (objects: ObjectReader): Promise<readonly string[]> =>
  (await objects.read('HEAD')) ? ['HEAD'] : []

const revsOf = async (folder: string, range: string): Promise<readonly string[]> => {
  const given = range.includes('..') ? range : `${range}..HEAD`
  if (given.startsWith('-')) throw new UserError(`${range} is no range.`, 'Example: --since main..topic')
  const noRange = (cause?: unknown): UserError => {
    const help = 'Example: --since main..topic, or --since v1 for what came after it.'
    return new UserError(`${range} names no commits that are there.`, help, { cause })
  }
  const { stdout } = await git([...SETTINGS, 'rev-parse', '--revs-only', given, '--'], options(folder)).catch(
    (error: unknown) => {
      throw error instanceof UserError && /bad revision/.test(error.message) ? noRange(error) : error
    },
  )
  const revs = stdout.split('\n').filter((line) => /^\^?[0-9a-f]{40}$/.test(line))
  if (revs.length === 0) throw noRange()
  return revs
}

/** One file of what is about to be committed. */
export interface StagedFile {
  readonly path: string
  readonly oid: string
  /** what HEAD has under this name, or the one that it had before */
  readonly was?: string
}

/** Files that the index has otherwise than HEAD. git's own index variable counts: `git commit -a` has one of its own. */
export const stagedFiles = async (
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly StagedFile[]> => {
  const index = environment.GIT_INDEX_FILE
  const settings = options(folder, index ? { GIT_INDEX_FILE: index } : {})
  const hasHead = await git([...SETTINGS, 'rev-parse', '--verify', '--quiet', 'HEAD'], settings).then(
    () => true,
    () => false,
  )
  const tree = hasHead ? 'HEAD' : EMPTY_TREE
  const { stdout } = await git(
    [...SETTINGS, 'diff-index', '--cached', '--raw', '-z', '--no-abbrev', '-M', tree],
    settings,
  )
  return parseRaw(stdout)
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const LINK_TO_REPOSITORY = '160000'

/** `:mode mode oid oid status NUL path NUL`, for renames with two paths (git-diff-index, "Raw output format"). */
export const parseRaw = (text: string): readonly StagedFile[] => {
  const files: StagedFile[] = []
  const fields = text.split('\0')
  for (let at = 0; at + 1 < fields.length; ) {
    const [, mode, before = '', oid = '', status = ''] = (fields[at] as string).split(' ')
    const paths = /^[RC]/.test(status) ? 2 : 1
    const path = fields[at + paths] as string
    at += 1 + paths
    if (status === 'D' || mode === LINK_TO_REPOSITORY || oid === '') continue
    files.push({ path, oid, ...(/^0+$/.test(before) ? {} : { was: before }) })
  }
  return files
}
