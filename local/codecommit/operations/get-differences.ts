import type { Difference, GetDifferencesInput, GetDifferencesOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { differences, type Difference as Found } from '../files/differences.ts'
import { folderPath, joinPath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import { type Entry, entryAt, wireName } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { page, pageSize } from '../paging.ts'
import { resolveCommit, resolveRequired } from '../specifiers.ts'
import { existing, reject } from '../validate.ts'

/**
 * Two trees side by side; without a before everything is new. The operation's paging members are capitalised, unlike all others (API
 * reference, GetDifferences).
 */
export const getDifferences =
  (context: Context) =>
  async (input: GetDifferencesInput, call: Call): Promise<GetDifferencesOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const size = pageSize(input.MaxResults, context.limits.entriesPerPage)
    const paths = checkedPaths(input)
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const after = await resolveRequired(bare, objects, input.afterCommitSpecifier)
      const before =
        input.beforeCommitSpecifier === undefined
          ? undefined
          : await resolveCommit(bare, objects, input.beforeCommitSpecifier)
      const found = await compare(objects, before?.treeId, after.treeId, paths)
      const { items, nextToken } = page(found, {
        size,
        scope: `GetDifferences ${repository.id} ${before?.commitId} ${after.commitId} ${JSON.stringify(paths)}`,
        token: input.NextToken,
        placeOf: ({ path }) => path,
      })
      return { differences: items.map(shown), ...(nextToken !== undefined && { NextToken: nextToken }) }
    })
  }

interface Paths {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** One path limits both sides (inferred); two compare a folder with what it is called now. */
const checkedPaths = ({ beforePath, afterPath }: GetDifferencesInput): Paths => ({
  before: folderPath(beforePath ?? afterPath ?? '/'),
  after: folderPath(afterPath ?? beforePath ?? '/'),
})

interface Pair extends Found {
  readonly beforePath: string
  readonly afterPath: string
}

const compare = async (
  objects: Objects,
  before: string | undefined,
  after: string,
  paths: Paths,
): Promise<Pair[]> => {
  const [old, now] = await Promise.all([
    before === undefined ? undefined : entryAt(objects, before, paths.before),
    entryAt(objects, after, paths.after),
  ])
  if (old === undefined && now === undefined) {
    reject('PathDoesNotExist', 'The specified path exists on neither side.')
  }
  const under = (root: readonly string[], path: string) => joinPath(path === '' ? root : [...root, path])
  const found = await differences(objects, old, now)
  return found
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((difference) => ({
      ...difference,
      beforePath: under(paths.before, difference.path),
      afterPath: under(paths.after, difference.path),
    }))
}

const shown = ({ before, after, beforePath, afterPath }: Pair): Difference => ({
  ...(before && { beforeBlob: blob(before, beforePath) }),
  ...(after && { afterBlob: blob(after, afterPath) }),
  changeType: before === undefined ? 'A' : after === undefined ? 'D' : 'M',
})

const blob = ({ id, mode }: Entry, path: string) => ({ blobId: id, path: wireName(path), mode })
