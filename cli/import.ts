import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { UserError } from './errors.ts'
import { git, lsRemote } from './git.ts'
import type { Terminal } from './terminal.ts'

/** CodeCommit refuses a push of more than 4,000 refs (user guide, "Quotas in AWS CodeCommit"). */
const REFS_PER_PUSH = 3_500
/** Linux gives a command line 2 MiB at the least; each ref stands in it twice. */
const ARGUMENT_BYTES_PER_PUSH = 900_000

export interface ImportSource {
  /** name for the repository: 1 to 100 of `[\w.-]`, not ending in `.git` (CodeCommit API Reference, RepositoryName) */
  readonly name: string
  /** local bare or working repository that git can push from */
  readonly folder: string
  /** heads and tags: full name → oid */
  readonly refs: ReadonlyMap<string, string>
  /** full name of the branch that HEAD stands for */
  readonly defaultRef: string
  close(): void
}

/** Repository name that CodeCommit allows, from a path or URL: `https://host/Team/my repo.git` → `my-repo`. */
export const repositoryName = (from: string): string => {
  const last = basename(from.replace(/[/\\]+$/, '').replace(/(\/\.git|\.git)$/, ''))
  const name = last
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 100)
    .replace(/\.git$/, '')
  return name === '' || name === '.' || name === '..' ? 'imported' : name
}

/**
 * Opens what `--import` names: a path is used where it is, a URL is cloned first (`--mirror`) into a temporary folder.
 * @throws UserError when it is no repository, cannot be read, is shallow, or has no branch
 */
export const openImport = async (
  from: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ImportSource> => {
  const local = existsSync(from)
  const temporary = local ? undefined : mkdtempSync(join(tmpdir(), 'relay-import-'))
  const close = () => {
    if (temporary) rmSync(temporary, { recursive: true, force: true })
  }
  try {
    const folder = temporary ? await cloneUrl(from, temporary, terminal, signal) : await localRepository(from)
    const refs = await lsRemote(folder)
    const heads = [...refs.keys()].filter((ref) => ref.startsWith('refs/heads/'))
    if (heads.length === 0) {
      throw new UserError(
        `${from} has no branch to import.`,
        'Commit something to it first, or name another repository.',
      )
    }
    return {
      name: repositoryName(local ? resolve(from) : from),
      folder,
      refs,
      defaultRef: await defaultRef(folder, heads),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

const localRepository = async (path: string): Promise<string> => {
  const folder = resolve(path)
  const shallow = await git(['rev-parse', '--is-shallow-repository'], { cwd: folder }).catch(
    (cause: unknown) => {
      throw new UserError(
        `${path} is not a Git repository.`,
        'Name a folder made by git init or git clone, or a URL.',
        { cause },
      )
    },
  )
  if (shallow.stdout.trim() === 'true') {
    throw new UserError(
      `${path} is a shallow clone: part of its history is missing.`,
      'Run git fetch --unshallow in it first.',
    )
  }
  return folder
}

const cloneUrl = async (
  url: string,
  folder: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string> => {
  if (!/^(https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/.test(url)) {
    throw new UserError(
      `There is nothing at ${url}.`,
      'Name the path of a Git repository, or a URL that git can clone.',
    )
  }
  await git(['clone', '--mirror', '--progress', '--', url, folder], {
    onProgress: showProgress(terminal, 'clone'),
    signal,
  })
  terminal.progressEnd()
  return folder
}

const defaultRef = async (folder: string, heads: readonly string[]): Promise<string> => {
  const head = await git(['symbolic-ref', '--quiet', 'HEAD'], { cwd: folder }).catch(() => ({ stdout: '' })) // detached
  const candidates = [head.stdout.trim(), 'refs/heads/main', 'refs/heads/master', heads[0] ?? '']
  return candidates.find((ref) => heads.includes(ref)) ?? ''
}

/** Shows what git tells on standard error (`Writing objects:  42% (5/12)`) as one bar. */
const showProgress = (terminal: Terminal, label: string) => (text: string) => {
  const found = [
    ...text.matchAll(/(Receiving|Writing|Compressing|Resolving|Counting) (objects|deltas):\s+(\d+)%/g),
  ].at(-1)
  if (found) terminal.progress(label, Number(found[3]) / 100, `${found[1]?.toLowerCase()} ${found[2]}`)
}

/** Refs in the order given, cut so that each push stays below CodeCommit's limit and the system's. */
export const importBatches = (refs: readonly string[]): string[][] => {
  const batches: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const ref of refs) {
    const cost = 2 * Buffer.byteLength(ref) + 3
    const open = batches.at(-1)
    if (open && open.length < REFS_PER_PUSH && bytes + cost <= ARGUMENT_BYTES_PER_PUSH) {
      open.push(ref)
      bytes += cost
    } else {
      batches.push([ref])
      bytes = cost
    }
  }
  return batches
}

/**
 * Pushes all heads and tags, default branch first, in as few pushes as the limits allow: each push starts a mirror.
 * @param url clone address of the repository in the local cloud
 */
export const pushImport = async (
  source: ImportSource,
  url: string,
  credentialFile: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> => {
  const others = [...source.refs.keys()].filter((ref) => ref !== source.defaultRef)
  const batches = importBatches([source.defaultRef, ...others])
  for (const [index, batch] of batches.entries()) {
    const label = batches.length === 1 ? 'push' : `push ${index + 1} of ${batches.length}`
    await git(['push', '--progress', url, ...batch.map((ref) => `+${ref}:${ref}`)], {
      cwd: source.folder,
      credentialFile,
      onProgress: showProgress(terminal, label),
      signal,
    })
    terminal.progressEnd()
  }
}
