import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Git } from './git.ts'
import { withObjects } from './objects/objects.ts'

/** One bare repository on disk, as CodeCommit's operations need it. Commit ids are 40 hexadecimal digits, refs full names. */
export interface Bare {
  readonly directory: string
  /** what the ref points at */
  tip(ref: string): Promise<string | undefined>
  /** every branch and tag, or those under a prefix, and what they point at, in order of name */
  refs(prefix?: string): Promise<Map<string, string>>
  /** name of the branch that HEAD names, whether it exists or not */
  head(): Promise<string>
  setHead(branch: string): Promise<void>
  /** the branch that HEAD names, once it exists: an empty repository has none */
  defaultBranch(): Promise<string | undefined>
  /** compare and swap; undefined: it shall not exist, or must not have. Throws the reason in git's words */
  moveRef(ref: string, from: string | undefined, to: string | undefined): Promise<void>
  /** raw commit objects; ids that name no commit are left out */
  commits(ids: readonly string[]): Promise<Map<string, Buffer>>
}

const ZERO = '0'.repeat(40)

export const openBare = (git: Git, directory: string): Bare => {
  const at = (...args: string[]) => [`--git-dir=${directory}`, ...args]
  const tip: Bare['tip'] = async (ref) => {
    // in this order: git packs a ref before it removes its file
    const loose = await readFile(join(directory, ref), 'latin1').catch(unlessMissing)
    if (loose !== undefined && /^[0-9a-f]{40}\n$/.test(loose)) return loose.trim()
    const packed = await readFile(join(directory, 'packed-refs'), 'utf8').catch(unlessMissing)
    return packed === undefined ? undefined : packedTip(packed, ref)
  }
  const head: Bare['head'] = async () => {
    const text = await readFile(join(directory, 'HEAD'), 'utf8')
    return text.replace(/^ref: refs\/heads\//, '').trim()
  }
  return {
    directory,
    tip,
    head,
    refs: async (prefix) => {
      const below = prefix === undefined ? ['refs/heads/', 'refs/tags/'] : [prefix]
      const text = await git.must(at('for-each-ref', '--format=%(objectname) %(refname)', ...below))
      const lines = text.split('\n').filter((line) => line !== '')
      return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]))
    },
    setHead: async (branch) => {
      await git.must(at('symbolic-ref', 'HEAD', `refs/heads/${branch}`))
    },
    defaultBranch: async () => {
      const branch = await head()
      return (await tip(`refs/heads/${branch}`)) === undefined ? undefined : branch
    },
    moveRef: async (ref, from, to) => {
      const line =
        to === undefined ? `delete ${ref}\0${from ?? ''}\0` : `update ${ref}\0${to}\0${from ?? ZERO}\0`
      await git.must(at('update-ref', '-z', '--stdin'), line)
    },
    commits: (ids) => readCommits(git, directory, ids),
  }
}

/** A ref without a file of its own is in `packed-refs`, or nowhere (gitrepository-layout). */
const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (!['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error
}

const readCommits = (git: Git, directory: string, ids: readonly string[]): Promise<Map<string, Buffer>> =>
  withObjects({ git }, directory, async (objects) => {
    const found = await Promise.all(ids.map(async (id) => [id, await objects.read(id)] as const))
    return new Map(
      found.flatMap(([id, object]) =>
        object?.type === 'commit' && object.content ? [[id, object.content]] : [],
      ),
    )
  })

/** Lines of `<id> <ref>`, comments and `^<peeled id>` among them (git-pack-refs). */
const packedTip = (text: string, ref: string): string | undefined => {
  const line = ` ${ref}\n`
  const found = text.indexOf(line)
  return found < 40 ? undefined : text.slice(found - 40, found)
}

/** Makes an empty bare repository whose HEAD names `main`. */
export const initBare = async (git: Git, directory: string): Promise<void> => {
  const options = ['--bare', '--quiet', '--template=', '--object-format=sha1', '--initial-branch=main']
  await git.must(['init', ...options, directory])
}
