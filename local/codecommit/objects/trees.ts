import type { Objects } from './types.ts'

/** What a tree holds under one name. `mode` is git's: 40000, 100644, 100755, 120000, 160000. */
export interface Entry {
  readonly mode: string
  readonly id: string
}

/** Entries by name. Names are bytes, kept as latin1 so that none is lost: {@link wireName} shows them. */
export type Tree = ReadonlyMap<string, Entry>

export const FOLDER = '40000'
export const SUBMODULE = '160000'
export const SYMLINK = '120000'

export const isFolder = (entry: Entry | undefined): entry is Entry & { readonly mode: typeof FOLDER } =>
  entry?.mode === FOLDER

export const sameEntry = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a?.id === b?.id && a?.mode === b?.mode

/** A name or path as the API shows it, and back. */
export const wireName = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')
export const bytesName = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** Entries of a tree object: `<mode> <name>\0<20 bytes of id>` each. */
export const parseTree = (content: Buffer): Tree => {
  const tree = new Map<string, Entry>()
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at)
    const nul = content.indexOf(0, space)
    if (space < 0 || nul < 0 || nul + 21 > content.length) throw new Error('a tree object is damaged')
    tree.set(content.toString('latin1', space + 1, nul), {
      mode: content.toString('latin1', at, space).replace(/^0+/, ''),
      id: content.toString('hex', nul + 1, nul + 21),
    })
    at = nul + 21
  }
  return tree
}

/** The tree object of some entries, in git's order: folders sort as if their names ended in a slash. */
export const encodeTree = (tree: Tree): Buffer => {
  const placeOf = ([name, entry]: [string, Entry]) => (isFolder(entry) ? `${name}/` : name)
  const sorted = [...tree].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  return Buffer.concat(
    sorted.flatMap(([name, { mode, id }]) => [
      Buffer.from(`${mode} ${name}\0`, 'latin1'),
      Buffer.from(id, 'hex'),
    ]),
  )
}

const EMPTY: Tree = new Map()

/** @param id absent: an empty tree. Throws when the tree is not there */
export const readTree = async (objects: Objects, id: string | undefined): Promise<Tree> => {
  if (id === undefined || id === EMPTY_TREE) return EMPTY
  const object = await objects.read(id)
  if (object?.type !== 'tree' || object.content === undefined) throw new Error(`tree ${id} is not there`)
  return parseTree(object.content)
}

/** The tree without entries: known to git whether it is stored or not. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/**
 * What lies under a path, from a root tree on.
 * @param path no segments: the root itself
 */
export const entryAt = async (
  objects: Objects,
  root: string,
  path: readonly string[],
): Promise<Entry | undefined> => {
  let entry: Entry | undefined = { mode: FOLDER, id: root }
  for (const name of path) {
    if (!isFolder(entry)) return undefined
    entry = (await readTree(objects, entry.id)).get(name)
  }
  return entry
}

const MODES: Readonly<Record<string, string>> = { EXECUTABLE: '100755', NORMAL: '100644', SYMLINK }

/** The mode of the API's name for it; undefined for a name that it does not have. */
export const modeNamed = (name: string): string | undefined =>
  Object.hasOwn(MODES, name) ? MODES[name] : undefined

/** EXECUTABLE, NORMAL or SYMLINK: API reference, FileModeTypeEnum. */
export const nameOfMode = (mode: string): 'EXECUTABLE' | 'NORMAL' | 'SYMLINK' =>
  mode === '100755' ? 'EXECUTABLE' : mode === SYMLINK ? 'SYMLINK' : 'NORMAL'
