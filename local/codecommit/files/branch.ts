import { AwsError, type Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { isAncestor, moveBranch } from '../merging/merging.ts'
import { type Draft, openDraft } from '../objects/draft.ts'
import type { Objects } from '../objects/types.ts'
import { reject } from '../reject.ts'
import type { Repository } from '../repositories.ts'
import { commitAt } from '../specifiers.ts'
import { commitId } from '../validate.ts'
import { type Author, encodeCommit } from './author.ts'
import { checkFolder } from './limits.ts'

/** Where a commit is to be made: a branch, its tip and that tip's tree; neither in an empty repository. */
export interface Place {
  readonly branch: string
  readonly tip?: string
  readonly treeId?: string
}

/** @returns the id, undefined when none was given; throws InvalidParentCommitId */
export const parentId = (id: string | undefined): string | undefined => {
  if (id === undefined || id === null) return undefined
  try {
    return commitId(id)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return reject('InvalidParentCommitId', 'The parent commit ID is not valid. It must be a full commit ID.')
  }
}

/**
 * The tip of a branch, which must be the parent that the caller knows (API reference, PutFile and CreateCommit).
 * @throws BranchDoesNotExist, BranchNameIsTagName, ParentCommitIdRequired, ParentCommitDoesNotExist, ParentCommitIdOutdated
 */
export const openPlace = async (
  context: Context,
  repository: Repository,
  objects: Objects,
  { branch, parent }: { branch: string; parent: string | undefined },
): Promise<Place> => {
  const bare = bareOf(context, repository)
  const tip = await bare.tip(`refs/heads/${branch}`)
  if (tip === undefined) {
    if ((await bare.tip(`refs/tags/${branch}`)) !== undefined) {
      reject('BranchNameIsTagName', `${branch} is the name of a tag. Enter the name of a branch.`)
    }
    if ((await bare.defaultBranch()) !== undefined) {
      reject('BranchDoesNotExist', `Branch ${branch} does not exist`)
    }
    if (parent !== undefined) noParent(parent)
    return { branch }
  }
  if (parent === undefined) {
    return reject('ParentCommitIdRequired', 'A parent commit ID is required: the branch has commits.')
  }
  if (parent !== tip) {
    const known = (await commitAt(objects, parent))?.commitId === parent
    if (!known || !(await isAncestor(context, repository, parent, tip))) noParent(parent)
    outdated(branch)
  }
  const commit = await commitAt(objects, tip)
  if (commit === undefined) throw new Error(`${branch} points at ${tip}, which is not a commit`)
  return { branch, tip, treeId: commit.treeId }
}

const noParent = (parent: string): never =>
  reject('ParentCommitDoesNotExist', `The parent commit ${parent} does not exist in the branch.`)

const outdated = (branch: string): never =>
  reject(
    'ParentCommitIdOutdated',
    `The parent commit ID is not that of the current tip of ${branch}. Use GetBranch to view it.`,
  )

export const draftOf = (objects: Objects, place: Place): Promise<Draft> => openDraft(objects, place.treeId)

/**
 * Writes the draft and a commit of it, and moves the branch to that.
 * @param unchanged called when the commit would change nothing
 * @throws FolderContentSizeLimitExceeded; ParentCommitIdOutdated or ParentCommitIdRequired when somebody else was quicker
 */
export const commitDraft = async (
  context: Context,
  repository: Repository,
  call: Call,
  objects: Objects,
  work: { place: Place; draft: Draft; author: Author; message: string; unchanged: () => never },
): Promise<{ commitId: string; treeId: string }> => {
  const { place, draft, author, message } = work
  const treeId = await draft.write(checkFolder)
  if (treeId === place.treeId) work.unchanged()
  const id = await objects.write(
    'commit',
    encodeCommit({
      tree: treeId,
      parents: place.tip === undefined ? [] : [place.tip],
      author,
      message,
      at: context.parts.now(),
    }),
  )
  try {
    await moveBranch(context, repository, call, { branch: place.branch, from: place.tip, to: id })
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'ConcurrentReferenceUpdateException')) throw error
    if (place.tip !== undefined) outdated(place.branch)
    reject('ParentCommitIdRequired', 'A parent commit ID is required: the branch has commits meanwhile.')
  }
  return { commitId: id, treeId }
}
