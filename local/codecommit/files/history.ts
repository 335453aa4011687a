import type { Bare } from '../bare.ts'
import type { Git } from '../git.ts'
import { entryAt, isFolder, wireName } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'

/** One version of a file: the commit that made it, and where the file lay then, in bytes. */
export interface Version {
  readonly commit: string
  readonly raw: Buffer
  readonly blobId: string
  readonly path: string
  /** commits of the versions that came out of this one */
  readonly children: string[]
}

/** Renames that are followed before it is taken for a loop. */
const MAX_RENAMES = 100

/**
 * The versions of a file up to a commit, children before parents: git's own simplified history of the path (git-log, "History
 * Simplification"), and where that begins with a rename, the history of the former path behind it.
 */
export const fileHistory = async (
  { git }: { readonly git: Git },
  bare: Bare,
  objects: Objects,
  tip: string,
  path: readonly string[],
): Promise<Version[]> => {
  const found = new Map<string, Version>()
  let open = [{ start: tip, path: path.join('/'), child: undefined as string | undefined }]
  for (let renames = 0; open.length > 0 && renames < MAX_RENAMES; renames += 1) {
    const next: typeof open = []
    for (const { start, path: name, child } of open) {
      const part = await simplified(git, bare, start, name)
      for (const { commit } of part) await add(objects, found, commit, part, name)
      const newest = part[0] && found.get(part[0].commit)
      if (child !== undefined && newest !== undefined && !newest.children.includes(child))
        newest.children.push(child)
      for (const { commit, parents } of part) {
        if (parents.length > 0) continue
        const former = await renamedFrom(git, bare, commit, name)
        if (former !== undefined) next.push({ start: former.parent, path: former.path, child: commit })
      }
    }
    open = next
  }
  const versions = [...found.values()]
  // a commit that deleted the file, or made it again, has no version between
  return versions.map((version) => ({ ...version, children: version.children.filter((id) => found.has(id)) }))
}

interface Step {
  readonly commit: string
  /** the nearest ancestors that changed the path */
  readonly parents: readonly string[]
}

/** git names paths in UTF-8 here as everywhere on a command line; others have no history that could be asked for. */
const simplified = async (git: Git, bare: Bare, start: string, path: string): Promise<Step[]> => {
  const text = await git.must([
    `--git-dir=${bare.directory}`,
    '--literal-pathspecs',
    'rev-list',
    '--topo-order',
    '--parents',
    start,
    '--',
    wireName(path),
  ])
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [commit = '', ...parents] = line.split(' ')
      return { commit, parents }
    })
}

const add = async (
  objects: Objects,
  found: Map<string, Version>,
  commit: string,
  part: readonly Step[],
  path: string,
): Promise<void> => {
  if (found.has(commit)) return
  const raw = (await objects.read(commit))?.content
  const treeId = /^tree ([0-9a-f]{40})\n/.exec(raw?.toString('latin1', 0, 64) ?? '')?.[1]
  const entry = treeId && (await entryAt(objects, treeId, path.split('/')))
  // a commit that deleted the file has no version of it
  if (!raw || !entry || isFolder(entry)) return
  const children = part.filter(({ parents }) => parents.includes(commit)).map((step) => step.commit)
  found.set(commit, { commit, raw, blobId: entry.id, path, children })
}

/** Where the file that a commit added lay before, by git's rename detection; undefined when it is new. */
const renamedFrom = async (
  git: Git,
  bare: Bare,
  commit: string,
  path: string,
): Promise<{ parent: string; path: string } | undefined> => {
  const output = await git.run([
    `--git-dir=${bare.directory}`,
    'diff-tree',
    '-r',
    '-z',
    '-M',
    '--diff-filter=R',
    '--name-status',
    '--no-commit-id',
    commit,
  ])
  const fields = output.stdout.toString('latin1').split('\0')
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [, from, to] = fields.slice(at, at + 3)
    if (to === path && from !== undefined) return { parent: `${commit}^`, path: from }
  }
  return undefined
}
