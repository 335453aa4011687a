import { ENTRY_BYTES, held as heldOf } from '../../git/pack/held.ts'
import type { LargeObject, Pack } from '../../git/pack/types.ts'
import { headed, linksOf } from './commit.ts'
import { isTree } from './trees.ts'
import type { Older } from './types.ts'

/** Objects by their ids, from the pack or from what was there before. */
export interface Reader {
  /** undefined: it cannot be had, or is no tree */
  tree(oid: string): Buffer | undefined | Promise<Buffer | undefined>
  /** it was there before, and was searched then */
  wasSearched(oid: string): boolean
  blob(oid: string): Promise<Buffer | LargeObject | undefined>
  /** of a commit that the pack has not */
  treeOfOlder(commit: string): Promise<string | undefined>
}

/** @param held bytes of trees that are kept, those used last */
export const objectReader = (pack: Pack, older: Older, held: number): Reader => {
  const trees = heldOf<string, { readonly data: Buffer | undefined }>(held, sizeOf)
  const commits = new Map<string, string | undefined>()

  const keep = (oid: string, data: Buffer | undefined): Buffer | undefined => {
    trees.add(oid, { data })
    return data
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
      const kept = trees.get(oid)
      if (kept) return kept.data
      const tree = fromPack(oid)
      if (tree) return keep(oid, isTree(tree) ? tree : undefined)
      return treeOfOlder(oid).then((found) => keep(oid, found && isTree(found) ? found : undefined))
    },
    wasSearched: (oid) => older.searched === true && pack.typeOf(oid) === undefined,
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

const sizeOf = ({ data }: { readonly data: Buffer | undefined }): number => (data?.length ?? 0) + ENTRY_BYTES
