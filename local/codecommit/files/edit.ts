import type { Draft } from '../objects/draft.ts'
import { type Entry, SUBMODULE, wireName } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { reject } from '../reject.ts'
import { joinPath } from './paths.ts'

type Path = readonly string[]

const shown = (path: Path): string => wireName(joinPath(path))

/** The file or link at a path; throws FileDoesNotExist, FilePathConflictsWithSubmodulePath */
export const fileAt = async (draft: Draft, path: Path): Promise<Entry> => {
  const entry = await draft.at(path)
  if (entry === undefined || entry === 'folder') {
    return reject('FileDoesNotExist', `Could not find path ${shown(path)}`)
  }
  if (entry.mode === SUBMODULE) submodule(path)
  return entry
}

const submodule = (path: Path): never =>
  reject('FilePathConflictsWithSubmodulePath', `The path ${shown(path)} points to a submodule.`)

/**
 * Whether a file can be put at a path as the tree is now: nothing but files and links give way.
 * @returns what is there now
 * @throws FileNameConflictsWithDirectoryName, DirectoryNameConflictsWithFileName, FilePathConflictsWithSubmodulePath
 */
export const placeFor = async (draft: Draft, path: Path): Promise<Entry | undefined> => {
  for (let length = 1; length < path.length; length += 1) {
    const above = path.slice(0, length)
    const entry = await draft.at(above)
    if (entry === undefined) return undefined
    if (entry === 'folder') continue
    if (entry.mode === SUBMODULE) submodule(above)
    reject('DirectoryNameConflictsWithFileName', `${shown(above)} is a file: it cannot be a directory.`)
  }
  const entry = await draft.at(path)
  if (entry === 'folder') {
    if (await draft.emptied(path)) return undefined
    reject('FileNameConflictsWithDirectoryName', `${shown(path)} is a directory: it cannot be a file.`)
  }
  if (entry?.mode === SUBMODULE) submodule(path)
  return entry
}

/** The file that keeps an empty folder, for git has none (API reference, CreateCommit, `keepEmptyFolders`). */
export const KEEP_FILE = '.gitkeep'

/**
 * Puts `.gitkeep` into each folder that was left empty when these paths were removed.
 * @returns the paths of the new files and their entry
 */
export const keepFolders = async (
  objects: Objects,
  draft: Draft,
  removed: readonly Path[],
): Promise<{ path: Path; entry: Entry }[]> => {
  const kept: { path: Path; entry: Entry }[] = []
  for (const path of removed) {
    const folder = path.slice(0, -1)
    if (folder.length === 0 || !(await draft.emptied(folder))) continue
    const entry = { mode: '100644', id: await objects.write('blob', Buffer.alloc(0)) }
    await draft.put([...folder, KEEP_FILE], entry)
    kept.push({ path: [...folder, KEEP_FILE], entry })
  }
  return kept
}
