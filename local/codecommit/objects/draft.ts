import { type Entry, encodeTree, FOLDER, isFolder, readTree, type Tree } from './trees.ts'
import type { Objects } from './types.ts'

/**
 * A tree that is being changed, one change after the other. Paths are segments, in bytes as trees have them. Nothing is written before
 * `write`.
 */
export interface Draft {
  at(path: readonly string[]): Promise<Entry | 'folder' | undefined>
  /** puts a file, link, submodule or whole folder there, in place of what was there; folders on the way are made */
  put(path: readonly string[], entry: Entry): Promise<void>
  /** a folder that this leaves empty is not written either */
  remove(path: readonly string[]): Promise<void>
  /** whether there is a folder, and nothing is left in it */
  emptied(path: readonly string[]): Promise<boolean>
  /** @returns the id of the root tree. Throws what `check` throws for a folder's object */
  write(check?: (bytes: number) => void): Promise<string>
}

interface Folder {
  readonly children: Map<string, Entry | Folder>
}

const isOpen = (child: Entry | Folder | undefined): child is Folder =>
  child !== undefined && 'children' in child

/** @param root id of the tree to begin with; absent: an empty one */
export const openDraft = async (objects: Objects, root: string | undefined): Promise<Draft> => {
  const opened = async (id: string | undefined): Promise<Folder> => ({
    children: new Map(await readTree(objects, id)),
  })
  const top = await opened(root)

  /** the open folder at a path; with `make`, whatever is in its way gives way */
  const folderAt = async (path: readonly string[], make: boolean): Promise<Folder | undefined> => {
    let folder = top
    for (const name of path) {
      const child = folder.children.get(name)
      if (isOpen(child)) {
        folder = child
        continue
      }
      if (!isFolder(child) && !make) return undefined
      const next = await opened(isFolder(child) ? child.id : undefined)
      folder.children.set(name, next)
      folder = next
    }
    return folder
  }

  const split = (path: readonly string[]): [readonly string[], string] => [
    path.slice(0, -1),
    path.at(-1) ?? '',
  ]
  return {
    at: async (path) => {
      const [parent, name] = split(path)
      const child = (await folderAt(parent, false))?.children.get(name)
      return isOpen(child) || isFolder(child) ? 'folder' : child
    },
    put: async (path, entry) => {
      const [parent, name] = split(path)
      ;(await folderAt(parent, true))?.children.set(name, entry)
    },
    remove: async (path) => {
      const [parent, name] = split(path)
      ;(await folderAt(parent, false))?.children.delete(name)
    },
    emptied: async (path) => (await folderAt(path, false))?.children.size === 0,
    write: async (check = () => {}) => {
      const content = encodeTree(await writeBelow(objects, top, check))
      check(content.length)
      return objects.write('tree', content)
    },
  }
}

/** Writes the folders below one. @returns what it holds then: empty ones are left out */
const writeBelow = async (
  objects: Objects,
  folder: Folder,
  check: (bytes: number) => void,
): Promise<Tree> => {
  const written = await Promise.all(
    [...folder.children].map(async ([name, child]): Promise<[string, Entry] | undefined> => {
      if (!isOpen(child)) return [name, child]
      const below = await writeBelow(objects, child, check)
      if (below.size === 0) return undefined
      const content = encodeTree(below)
      check(content.length)
      return [name, { mode: FOLDER, id: await objects.write('tree', content) }]
    }),
  )
  return new Map(written.filter((entry) => entry !== undefined))
}
