import type { LargeObject, Pack } from '../../git/pack/types.ts'
import { headed, linksOf } from './commit.ts'
import { isTree } from './trees.ts'
import type { Older } from './types.ts'

/** Objects by their ids, from the pack or from what was there before. */
export interface Reader {
  /** undefined: it cannot be had, or is no tree */
  tree(oid: string): Buffer | undefined | Promise<Buffer | undefined>
  blob(oid: string): Promise<Buffer | LargeObject | undefined>
  /** of a commit that the pack has not */
  treeOfOlder(commit: string): Promise<string | undefined>
}

/** @param held bytes of trees that are kept, those used last */
export const objectReader = (pack: Pack, older: Older, held: number): Reader => {
  const trees = new Map<string, Buffer | undefined>()
  const commits = new Map<string, string | undefined>()
  let bytes = 0

  const keep = (oid: string, tree: Buffer | undefined): Buffer | undefined => {
    trees.set(oid, tree)
    bytes += sizeOf(tree)
    for (const [oldest, data] of trees) {
      if (bytes <= held) break
      trees.delete(oldest)
      bytes -= sizeOf(data)
    }
    return tree
  }

  const fromPack = (oid: string): Buffer | undefined => {
    const object = pack.read(oid)
    if (object?.type !== 'tree') return undefined
    if ('data' in object) return object.data
    return Buffer.concat([...object.pieces()].map((piece) => Buffer.from(piece)))
  }

  const treeOfOlder = async (oid: string): Promise<Buffer | undefined> => {
    const object = await older.read(oid)
    return object?.type === 'tree' ? object.data : undefined
  }

  return {
    tree(oid) {
      if (trees.has(oid)) {
        const tree = trees.get(oid)
        trees.delete(oid)
        trees.set(oid, tree)
        return tree
      }
      const tree = fromPack(oid)
      if (tree) return keep(oid, isTree(tree) ? tree : undefined)
      return treeOfOlder(oid).then((found) => keep(oid, found && isTree(found) ? found : undefined))
    },
    async blob(oid) {
      const object = pack.read(oid) ?? (await older.read(oid))
      if (object?.type !== 'blob') return undefined
      return 'data' in object ? object.data : object
    },
    async treeOfOlder(commit) {
      if (commits.has(commit)) return commits.get(commit)
      const object = await older.read(commit)
      const tree = object?.type === 'commit' ? linksOf(headed(object.data))?.tree : undefined
      commits.set(commit, tree)
      return tree
    },
  }
}

/** what a kept entry costs besides its bytes */
const ENTRY_BYTES = 200
const sizeOf = (tree: Buffer | undefined): number => (tree?.length ?? 0) + ENTRY_BYTES
