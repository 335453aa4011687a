import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'

// What git's plumbing writes and reads, without its processes: tests prepare thousands of objects and refs, and a process costs
// as much as twenty of them. loose.test.ts holds it against git. Formats: gitrepository-layout, and Pro Git's "Git Objects".

/** One of whom git's settings in `bare.ts` speak. */
const NINA = 'Nina <nina@example.com> 1767225600 +0000'
const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n'

/** An empty bare repository whose default branch is main, in a folder that may be there or not. */
export const initBare = (folder: string): void => {
  for (const name of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/main\n')
  writeFileSync(join(folder, 'config'), CONFIG)
}

/**
 * @param folder of a bare repository
 * @returns the object's id
 */
export const writeObject = (
  folder: string,
  type: 'blob' | 'tree' | 'commit' | 'tag',
  body: string | Uint8Array,
): string => {
  const bytes = Buffer.from(body as string)
  const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])
  const oid = createHash('sha1').update(whole).digest('hex')
  const path = join(folder, 'objects', oid.slice(0, 2), oid.slice(2))
  if (!existsSync(path)) writeWhole(path, deflateSync(whole, { level: 1 }), 0o444)
  return oid
}

export interface TreeEntry {
  /** octal, `40000` for a tree */
  readonly mode: string
  readonly name: string
  readonly oid: string
}

/** Entries in any order; gives the tree's id. */
export const writeTree = (folder: string, entries: readonly TreeEntry[]): string => {
  const sorted = entries.toSorted((one, other) => Buffer.compare(orderOf(one), orderOf(other)))
  const parts = sorted.map(({ mode, name, oid }) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  )
  return writeObject(folder, 'tree', Buffer.concat(parts))
}

/** Git compares the name of a tree as if it ended in a slash. */
const orderOf = ({ mode, name }: TreeEntry): Buffer => Buffer.from(mode === '40000' ? `${name}/` : name)

/** Of files by path; gives the id of the tree that holds all of them. */
export const writeFiles = (folder: string, files: Readonly<Record<string, string | Uint8Array>>): string => {
  const within = new Map<string, Record<string, string | Uint8Array>>()
  const entries: TreeEntry[] = []
  for (const [path, content] of Object.entries(files)) {
    const [first = '', ...rest] = path.split('/')
    if (rest.length > 0) within.set(first, { ...within.get(first), [rest.join('/')]: content })
    else entries.push({ mode: '100644', name: first, oid: writeObject(folder, 'blob', content) })
  }
  for (const [name, inner] of within) entries.push({ mode: '40000', name, oid: writeFiles(folder, inner) })
  return writeTree(folder, entries)
}

/** A commit of Nina's; gives its id. */
export const writeCommit = (
  folder: string,
  tree: string,
  message: string,
  parents: readonly string[] = [],
): string => {
  const heads = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)]
  return writeObject(
    folder,
    'commit',
    [...heads, `author ${NINA}`, `committer ${NINA}`, '', `${message}\n`].join('\n'),
  )
}

/** Creates a ref or moves it, whatever it was, in one step. A ref that would have to be a folder is an error, as it is to git. */
export const setRef = (folder: string, ref: string, oid: string): void =>
  writeWhole(join(folder, ref), `${oid}\n`, 0o644)

/**
 * Name to id as `git for-each-ref` lists them, in its order.
 * @param under folders: `refs/heads`; absent: heads and tags
 * @throws Error for a ref that holds no id
 */
export const readRefs = (
  folder: string,
  under: readonly string[] = ['refs/heads', 'refs/tags'],
): Map<string, string> => {
  // loose ones first: git packs a ref before it takes the loose one away
  const loose = under.flatMap((part) => looseIn(folder, part))
  const packed = packedIn(folder).filter(([ref]) => under.some((part) => ref.startsWith(`${part}/`)))
  const all = [...new Map([...packed, ...loose])]
  return new Map(all.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other))))
}

const looseIn = (folder: string, part: string): [string, string][] => {
  if (!existsSync(join(folder, part))) return []
  return readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const oid = readFileSync(path, 'latin1').trim()
      if (!/^[0-9a-f]{40}$/.test(oid)) throw new Error(`${path} holds no object id: ${oid}`)
      return [path.slice(folder.length + 1), oid]
    })
}

const packedIn = (folder: string): [string, string][] => {
  const path = join(folder, 'packed-refs')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [, oid, ref] = /^([0-9a-f]{40}) (.+)$/.exec(line) ?? []
    return oid === undefined || ref === undefined ? [] : [[ref, oid] as [string, string]]
  })
}

const writeWhole = (path: string, contents: string | Uint8Array, mode: number): void => {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.lock`
  writeFileSync(temporary, contents, { mode })
  renameSync(temporary, path)
}
