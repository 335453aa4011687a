import type { CommitNode, Objects } from './objects.ts'
import type { Reader } from './reader.ts'
import { type Difference, differences, type Entry, entriesOf } from './trees.ts'
import type { WalkInput } from './types.ts'

/** What a commit's parent holds in a place: a tree, nothing, or it is not known. */
export type Side = Buffer | undefined | 'unknown'

/** A new entry of a commit: none of its parents has this blob there. */
export interface Change {
  /** as latin1 */
  readonly path: string
  readonly oid: string
  /** the blob of each parent there; undefined: none */
  readonly was: readonly (string | undefined | 'unknown')[]
}

export interface Changes {
  /** blobs of the pack */
  readonly fresh: readonly Change[]
  /** blobs that are older than the pack */
  readonly moved: readonly { readonly path: string; readonly oid: string }[]
  /** trees that could not be read although they belong to the pack's commits, or were not, since there are too many */
  readonly lost: readonly Lost[]
}

/** entries of older folders in a new place that are listed */
const MOST_MOVED = 10_000
/** deeper folders are not entered; git's own bound is twice that (core.maxTreeDepth) */
const MOST_DEPTH = 1_000
/** entries that are looked at for one commit: a few trees that name one another ten times each have no end of paths */
const MOST_ENTRIES = 2_000_000
/** of a merge; what others have counts as new */
const MOST_PARENTS = 100

export interface Lost {
  readonly reason: 'missing' | 'size'
  readonly path: string
  readonly oid: string
}

/** The root trees of a commit's parents. */
export const parentsOf = (
  { parents }: CommitNode,
  commits: Objects['commits'],
  reader: Reader,
): Promise<readonly Side[]> =>
  Promise.all(
    parents.slice(0, MOST_PARENTS).map(async (parent): Promise<Side> => {
      const tree = commits.get(parent)?.tree ?? (await reader.treeOfOlder(parent))
      return (tree === undefined ? undefined : await reader.tree(tree)) ?? 'unknown'
    }),
  )

/**
 * What a commit brought: entries that differ from all its parents', by folders that do. Where a parent is not known, only what the
 * pack holds can be new, and what is watched is given out wherever it is.
 */
export const changesOf = async (
  commit: CommitNode,
  parents: readonly Side[],
  objects: Pick<Objects, 'isNew'>,
  reader: Reader,
  watched: WalkInput['watched'],
): Promise<Changes> => {
  const fresh: Change[] = []
  const moved: { path: string; oid: string }[] = []
  const lost: Lost[] = []
  let left = MOST_ENTRIES

  const folder = async (
    prefix: string,
    oid: string,
    sides: readonly Side[],
    depth: number,
  ): Promise<void> => {
    if (left < 0) return
    const held = reader.tree(oid)
    const tree = held instanceof Promise ? await held : held
    if (!tree) {
      // the root of an empty commit, or of a merge that is what one of its parents was, comes with no pack
      if (!reader.wasSearched(oid)) lost.push({ reason: 'missing', path: prefix, oid })
      return
    }
    const entries = newEntries(tree, sides)
    left -= entries.length
    if (left < 0 || depth > MOST_DEPTH) {
      lost.push({ reason: 'size', path: prefix, oid })
      return
    }
    const isKnown = !sides.includes('unknown')
    for (const { entry, was } of entries) {
      if (entry.kind === 'commit') continue
      const path = `${prefix}${entry.name}`
      if (entry.kind === 'tree') {
        if (objects.isNew(entry.oid, 'tree')) {
          await folder(`${path}/`, entry.oid, await sidesOf(was, reader), depth + 1)
        } else if (isKnown) await oldFolder(`${path}/`, entry.oid, depth + 1)
      } else if (objects.isNew(entry.oid, 'blob')) {
        fresh.push({ path, oid: entry.oid, was: was.map(blobOf) })
      } else if (isKnown || watched?.has(entry.oid)) moved.push({ path, oid: entry.oid })
    }
  }

  const oldFolder = async (prefix: string, oid: string, depth: number): Promise<void> => {
    if (depth > MOST_DEPTH) return
    const tree = await reader.tree(oid)
    if (!tree) return
    for (const { name, kind, oid: of } of entriesOf(tree)) {
      left -= 1
      if (moved.length >= MOST_MOVED || left < 0) return
      if (kind === 'blob') moved.push({ path: `${prefix}${name}`, oid: of })
      else if (kind === 'tree') await oldFolder(`${prefix}${name}/`, of, depth + 1)
    }
  }

  await folder('', commit.tree, parents, 0)
  return { fresh, moved, lost }
}

type Was = Entry | undefined | 'unknown'

const newEntries = (tree: Buffer, sides: readonly Side[]): { entry: Entry; was: Was[] }[] => {
  const known = sides.findIndex((side) => side !== 'unknown')
  const first: Difference[] = differences(tree, known < 0 ? undefined : (sides[known] as Buffer | undefined))
  const others = sides.map((side, at) =>
    at === known || side === undefined || side === 'unknown' || first.length === 0
      ? undefined
      : new Map(entriesOf(side).map((entry) => [entry.name, entry])),
  )
  return first.flatMap(({ entry, was }) => {
    const all = sides.map((side, at): Was => {
      if (side === 'unknown') return 'unknown'
      return at === known ? was : others[at]?.get(entry.name)
    })
    const isNew = all.every((one) => one === 'unknown' || one?.oid !== entry.oid)
    return isNew ? [{ entry, was: all }] : []
  })
}

const sidesOf = (was: readonly Was[], reader: Reader): Promise<readonly Side[]> =>
  Promise.all(
    was.map(async (one): Promise<Side> => {
      if (one === 'unknown') return one
      return one?.kind === 'tree' ? ((await reader.tree(one.oid)) ?? 'unknown') : undefined
    }),
  )

const blobOf = (was: Was): string | undefined | 'unknown' => {
  if (was === 'unknown') return was
  return was?.kind === 'blob' ? was.oid : undefined
}

/** Blobs that a parent has in places where the commit has nothing any more; of many, the first. */
export const goneFrom = async (
  parent: Side,
  commit: CommitNode,
  reader: Reader,
  most: number,
): Promise<readonly { path: string; oid: string }[]> => {
  const gone: { path: string; oid: string }[] = []
  let left = MOST_ENTRIES
  const folder = async (
    prefix: string,
    was: Buffer,
    is: Buffer | undefined,
    depth: number,
  ): Promise<void> => {
    for (const { entry, was: now } of differences(was, is)) {
      left -= 1
      if (gone.length >= most || left < 0 || depth > MOST_DEPTH) return
      const path = `${prefix}${entry.name}`
      if (entry.kind === 'blob' && now?.kind !== 'blob') gone.push({ path, oid: entry.oid })
      if (entry.kind !== 'tree') continue
      const tree = await reader.tree(entry.oid)
      const other = now?.kind === 'tree' ? await reader.tree(now.oid) : undefined
      if (tree) await folder(`${path}/`, tree, other, depth + 1)
    }
  }
  if (parent === undefined || parent === 'unknown') return gone
  await folder('', parent, await reader.tree(commit.tree), 0)
  return gone
}
