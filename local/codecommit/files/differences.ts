import { type Entry, isFolder, readTree, sameEntry } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'

/** One file, link or submodule that differs. Paths are bytes; at least one side is there. */
export interface Difference {
  readonly path: string
  readonly before?: Entry
  readonly after?: Entry
}

/**
 * What differs between two entries, folders file by file, in no order. A folder in the place of a file is a deletion and additions;
 * there are no renames.
 * @param name path that the entries themselves have in the answer; empty for roots
 */
export const differences = async (
  objects: Objects,
  before: Entry | undefined,
  after: Entry | undefined,
  name = '',
): Promise<Difference[]> => {
  if (sameEntry(before, after)) return []
  const files = [before, after].map((entry) => (isFolder(entry) ? undefined : entry))
  const [fileBefore, fileAfter] = files
  const own =
    fileBefore !== undefined || fileAfter !== undefined
      ? [{ path: name, ...(fileBefore && { before: fileBefore }), ...(fileAfter && { after: fileAfter }) }]
      : []
  if (!isFolder(before) && !isFolder(after)) return own
  const [treeBefore, treeAfter] = await Promise.all([
    readTree(objects, isFolder(before) ? before.id : undefined),
    readTree(objects, isFolder(after) ? after.id : undefined),
  ])
  const names = new Set([...treeBefore.keys(), ...treeAfter.keys()])
  const below = await Promise.all(
    [...names].map((child) =>
      differences(
        objects,
        treeBefore.get(child),
        treeAfter.get(child),
        name === '' ? child : `${name}/${child}`,
      ),
    ),
  )
  return [...own, ...below.flat()]
}
