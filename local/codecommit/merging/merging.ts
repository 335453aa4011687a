import type { Conflict } from '@aws-sdk/client-codecommit'
import { bareOf, type Context } from '../context.ts'
import type { MergeFacts } from '../events.ts'
import { type Author, encodeCommit } from '../files/author.ts'
import { checkFolder } from '../files/limits.ts'
import { withObjects } from '../objects/objects.ts'
import type { Objects } from '../objects/types.ts'
import { reject } from '../reject.ts'
import type { Repository } from '../repositories.ts'
import * as bases from './bases.ts'
import { describe } from './describe.ts'
import type { Rules } from './judge.ts'
import { baseTree, planTrees, treeOf, writeMerged } from './plan.ts'
import { remember } from './remembered.ts'
import { checkedResolution, settle } from './resolution.ts'
import type { MergePlan, MergeRequest, PathConflict } from './types.ts'

export { moveBranch } from './move.ts'
export { mergeSettings } from './settings.ts'
export type { MergePlan, MergeRequest, MergeSettings, PathConflict } from './types.ts'

/** The best common ancestor of two commits; undefined for unrelated histories, the first where there are several. */
export const mergeBase = async (
  context: Context,
  repository: Repository,
  one: string,
  other: string,
): Promise<string | undefined> =>
  (await bases.mergeBases(context, bareOf(context, repository), one, other))[0]

/** Whether one commit is another or one of its ancestors. */
export const isAncestor = (
  context: Context,
  repository: Repository,
  ancestor: string,
  descendant: string,
): Promise<boolean> => bases.isAncestor(context, bareOf(context, repository), ancestor, descendant)

/**
 * Whether two commits can be merged, and what stands in the way. Nothing is written, but for the merged ancestors of a history that
 * crosses over.
 * @throws TipsDivergenceExceeded, MaximumItemsToCompareExceeded, MaximumFileContentToLoadExceeded, CommitDoesNotExist, and what is wrong
 *   with the entries that resolve conflicts
 */
export const planMerge = (
  context: Context,
  repository: Repository,
  request: MergeRequest,
): Promise<MergePlan> =>
  withObjects(context, bareOf(context, repository).directory, (objects) =>
    plan(context, repository, objects, request),
  )

const plan = async (
  context: Context,
  repository: Repository,
  objects: Objects,
  request: MergeRequest,
): Promise<MergePlan> => {
  const { source, destination } = request
  const bare = bareOf(context, repository)
  const [found, sourceTree, destinationTree] = await Promise.all([
    bases.mergeBases(context, bare, source, destination),
    treeOf(objects, source),
    treeOf(objects, destination),
    checkDivergence(context, repository, request),
  ])
  const baseCommitId = found[0] === undefined ? {} : { baseCommitId: found[0] }
  if (request.option === 'FAST_FORWARD_MERGE') {
    return { ...baseCommitId, mergeable: found.includes(destination), conflicts: [], changes: [] }
  }
  const tools = { context, bare, objects }
  const base = await baseTree(tools, found)
  const trees = { ...(base && { base }), source: sourceTree, destination: destinationTree }
  const planned = await planTrees(tools, trees, rulesOf(request))
  const settled = settle(planned.conflicts, checkedResolution(request.resolution, request.strategy ?? 'NONE'))
  return {
    ...baseCommitId,
    mergeable: settled.left.length === 0,
    conflicts: settled.left,
    changes: [...planned.changes, ...settled.changes],
  }
}

/** AUTOMERGE tries to merge two versions of a file whatever the level (API reference, `conflictResolutionStrategy`). */
const rulesOf = ({ detail = 'FILE_LEVEL', strategy = 'NONE' }: MergeRequest): Rules => ({
  byLine: detail === 'LINE_LEVEL' || strategy === 'AUTOMERGE',
  favor:
    strategy === 'ACCEPT_SOURCE' ? 'source' : strategy === 'ACCEPT_DESTINATION' ? 'destination' : undefined,
})

const checkDivergence = async (
  context: Context,
  repository: Repository,
  { source, destination }: MergeRequest,
): Promise<void> => {
  const most = context.limits.tipsDivergence
  if (most === undefined) return
  const tips = { one: source, other: destination, most: most + 1 }
  if ((await bases.divergence(context, bareOf(context, repository), tips)) <= most) return
  reject('TipsDivergenceExceeded', 'The two commits are too far apart to be compared. Use a Git client.')
}

/**
 * Merges two commits: the objects are written, no ref is moved. A fast-forward makes no commit, its answer is the source.
 * @throws ManualMergeRequired, FolderContentSizeLimitExceeded, and what {@link planMerge} throws
 */
export const merge = (
  context: Context,
  repository: Repository,
  request: MergeRequest & { readonly author: Author; readonly message: string },
): Promise<{ commitId: string; treeId: string; base?: string }> =>
  withObjects(context, bareOf(context, repository).directory, async (objects) => {
    const planned = await plan(context, repository, objects, request)
    const { source, destination, option } = request
    const base = planned.baseCommitId === undefined ? {} : { base: planned.baseCommitId }
    if (!planned.mergeable) {
      reject(
        'ManualMergeRequired',
        'The commits cannot be merged automatically. Merge them by hand and resolve the conflicts.',
      )
    }
    if (option === 'FAST_FORWARD_MERGE') {
      return { commitId: source, treeId: await treeOf(objects, source), ...base }
    }
    const treeId = await writeMerged(objects, await treeOf(objects, destination), planned.changes, {
      keepEmptyFolders: request.keepEmptyFolders ?? false,
      checkFolder,
    })
    const commitId = await objects.write(
      'commit',
      encodeCommit({
        tree: treeId,
        parents: option === 'SQUASH_MERGE' ? [destination] : [destination, source],
        author: request.author,
        message: request.message,
        at: context.parts.now(),
      }),
    )
    remember(context, repository, { source, destination, commitId })
    return { commitId, treeId, ...base }
  })

/** What the event of a merge says of it. */
export const factsOf = (
  { source, destination, option, detail = 'FILE_LEVEL', strategy = 'NONE' }: MergeRequest,
  base: string | undefined,
): MergeFacts => ({
  ...(base !== undefined && { baseCommitId: base }),
  sourceCommitId: source,
  destinationCommitId: destination,
  mergeOption: option,
  conflictDetailsLevel: detail,
  conflictResolutionStrategy: strategy,
})

/**
 * The conflicts of a merge as the API describes them.
 * @param pick which of them, once they are known; absent: all
 * @throws as {@link planMerge}
 */
export const conflictsBetween = (
  context: Context,
  repository: Repository,
  request: MergeRequest,
  pick: (conflicts: readonly PathConflict[]) => readonly PathConflict[] = (all) => all,
): Promise<{ mergeable: boolean; baseCommitId?: string; conflicts: Conflict[] }> =>
  withObjects(context, bareOf(context, repository).directory, async (objects) => {
    const { mergeable, baseCommitId, conflicts } = await plan(context, repository, objects, request)
    const limit = context.limits.mergeContentBytes
    return {
      mergeable,
      ...(baseCommitId !== undefined && { baseCommitId }),
      conflicts: await Promise.all(pick(conflicts).map((conflict) => describe(objects, conflict, limit))),
    }
  })
