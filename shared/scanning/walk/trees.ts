/** An entry of a tree. */
export interface Entry {
  /** bytes of the name as latin1 text */
  readonly name: string
  readonly kind: 'blob' | 'tree' | 'commit'
  readonly oid: string
}

/** An entry that the other tree has not, or has with another object. */
export interface Difference {
  readonly entry: Entry
  /** what the other tree has under this name, of the same kind or not */
  readonly was?: Entry
}

const OID_BYTES = 20
const NUL = 0

/**
 * Entries of one tree that another has not: same name, same object; modes do not count. Both are compared byte by byte, since of a
 * large directory one entry has changed. `is` must be sound ({@link isTree}).
 */
export const differences = (is: Buffer, was: Buffer | undefined): Difference[] => {
  if (!was) return entriesOf(is).map((entry) => ({ entry }))
  const found: Difference[] = []
  let a = 0
  let b = 0
  while (a < is.length) {
    const same = sameEntry(is, a, was, b)
    if (same > 0) {
      a += same
      b += same
      continue
    }
    const next = entryAt(is, a)
    if (!next) break
    // git sorts by name, a folder's as if it ended with a slash; so a name is not to be found before one that follows it
    let there = entryAt(was, b)
    let at = b
    while (there && order(there.entry, next.entry) < 0) {
      at = there.end
      there = entryAt(was, at)
    }
    b = at
    if (there && there.entry.name === next.entry.name) {
      b = there.end
      if (there.entry.oid !== next.entry.oid || there.entry.kind !== next.entry.kind)
        found.push({ entry: next.entry, was: there.entry })
    } else found.push({ entry: next.entry })
    a = next.end
  }
  return found
}

/** length of the entry if the same bytes stand in both places, else 0 */
const sameEntry = (is: Buffer, a: number, was: Buffer, b: number): number => {
  let at = 0
  const most = Math.min(is.length - a, was.length - b)
  while (at < most && is[a + at] === was[b + at] && is[a + at] !== NUL) at += 1
  if (at >= most || is[a + at] !== NUL || was[b + at] !== NUL) return 0
  const end = at + 1 + OID_BYTES
  if (end > most) return 0
  for (at += 1; at < end; at += 1) if (is[a + at] !== was[b + at]) return 0
  return end
}

const entryAt = (tree: Buffer, at: number): { entry: Entry; end: number } | undefined => {
  const nul = tree.indexOf(NUL, at)
  const space = tree.indexOf(0x20, at)
  const end = nul + 1 + OID_BYTES
  if (nul < 0 || space < 0 || space > nul || end > tree.length) return undefined
  const mode = Number.parseInt(tree.toString('latin1', at, space), 8)
  const name = tree.toString('latin1', space + 1, nul)
  return { entry: { name, kind: kindOf(mode), oid: tree.toString('hex', nul + 1, end) }, end }
}

/** file types of the mode (gitformat-index): folder, submodule, else a file or a symbolic link */
const kindOf = (mode: number): Entry['kind'] => {
  const type = mode & 0o170000
  if (type === 0o040000) return 'tree'
  return type === 0o160000 ? 'commit' : 'blob'
}

const order = (a: Entry, b: Entry): number => {
  const left = a.kind === 'tree' ? `${a.name}/` : a.name
  const right = b.kind === 'tree' ? `${b.name}/` : b.name
  if (left === right) return 0
  return left < right ? -1 : 1
}

export const entriesOf = (tree: Buffer): Entry[] => {
  const found: Entry[] = []
  for (let next = entryAt(tree, 0); next; next = entryAt(tree, next.end)) found.push(next.entry)
  return found
}

/** Whether these bytes are entries to their end. */
export const isTree = (tree: Buffer): boolean => {
  let at = 0
  for (let next = entryAt(tree, 0); next; next = entryAt(tree, at)) at = next.end
  return at === tree.length
}

/** A path of latin1 names as text. */
export const pathText = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
