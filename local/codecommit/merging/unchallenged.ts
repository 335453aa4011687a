import type { Conflict } from '@aws-sdk/client-codecommit'
import { type Entry, entryAt } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { commitAt } from '../specifiers.ts'
import { describe } from './describe.ts'
import type { Sides } from './types.ts'
import { sidesOf } from './walk.ts'

/** Sizes are shown of files of any size, contents are not needed. */
const NO_CONTENT = 64 * 1024

/**
 * A path of a merge that is not in conflict, as the API shows those that are.
 * @param commits full ids
 * @param path bytes
 * @returns undefined when no side has it
 */
export const unchallenged = async (
  objects: Objects,
  commits: Sides<string>,
  path: string,
): Promise<Conflict | undefined> => {
  const entryOf = async (commit: string | undefined): Promise<Entry | undefined> => {
    const found = commit === undefined ? undefined : await commitAt(objects, commit)
    return found && entryAt(objects, found.treeId, path.split('/'))
  }
  const sides = sidesOf(
    await entryOf(commits.base),
    await entryOf(commits.source),
    await entryOf(commits.destination),
  )
  if (Object.keys(sides).length === 0) return undefined
  const described = await describe(
    objects,
    { path, sides, content: false, mode: false, type: false },
    NO_CONTENT,
  )
  return { ...described, mergeHunks: [] }
}
