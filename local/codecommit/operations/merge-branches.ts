import type {
  MergeBranchesByFastForwardInput,
  MergeBranchesBySquashInput,
  MergeBranchesByThreeWayInput,
} from '@aws-sdk/client-codecommit'
import type { Call, Operation } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import { factsOf, type MergeSettings, merge, mergeSettings, moveBranch } from '../merging/merging.ts'
import { withObjects } from '../objects/objects.ts'
import type { Repository } from '../repositories.ts'
import { branchMeant, resolveRequired } from '../specifiers.ts'
import { branchName, existing, reject } from '../validate.ts'

type Input = MergeBranchesByFastForwardInput & MergeBranchesBySquashInput & MergeBranchesByThreeWayInput

/**
 * Merges the source into the destination and moves the target branch, which is the destination unless it is named, to the result. The
 * target must stand at the destination's commit (inferred: else its own commits would be lost).
 */
export const mergeBranches =
  (context: Context, option: MergeSettings['option']): Operation =>
  async (input: Input, call: Call): Promise<{ commitId: string; treeId: string }> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input, option)
    const author = authorOf(call.caller.arn, input.authorName, input.email)
    const { sourceCommitSpecifier: source, destinationCommitSpecifier: destination } = input
    const message = messageOf(
      input.commitMessage,
      `Merge ${source} into ${input.targetBranch ?? destination}`,
    )
    const tips = await endsOf(context, repository, input)
    const target = await targetOf(context, repository, input, tips.destination)
    const made = await merge(context, repository, { ...settings, ...tips, author, message })
    await moveBranch(context, repository, call, {
      branch: target,
      from: tips.destination,
      to: made.commitId,
      merge: factsOf({ ...settings, ...tips }, made.base),
    })
    return { commitId: made.commitId, treeId: made.treeId }
  }

interface Ends {
  readonly sourceCommitSpecifier: string | undefined
  readonly destinationCommitSpecifier: string | undefined
}

/** The commits that the two specifiers of a merging operation mean; throws CommitRequired, InvalidCommit, CommitDoesNotExist. */
export const endsOf = (
  context: Context,
  repository: Repository,
  { sourceCommitSpecifier, destinationCommitSpecifier }: Ends,
): Promise<{ source: string; destination: string }> => {
  const bare = bareOf(context, repository)
  return withObjects(context, bare.directory, async (objects) => {
    const source = await resolveRequired(bare, objects, sourceCommitSpecifier)
    const destination = await resolveRequired(bare, objects, destinationCommitSpecifier)
    return { source: source.commitId, destination: destination.commitId }
  })
}

/** @throws BranchNameRequired, InvalidTargetBranch, BranchNameIsTagName, BranchDoesNotExist, ConcurrentReferenceUpdate */
const targetOf = async (
  context: Context,
  repository: Repository,
  { targetBranch, destinationCommitSpecifier = '' }: Input,
  destination: string,
): Promise<string> => {
  const branch =
    targetBranch === undefined
      ? (branchMeant(destinationCommitSpecifier) ??
        reject('InvalidTargetBranch', 'Without a target branch the destination must be a branch.'))
      : branchName(targetBranch)
  const bare = bareOf(context, repository)
  const tip = await bare.tip(`refs/heads/${branch}`)
  if (tip === undefined) {
    if ((await bare.tip(`refs/tags/${branch}`)) !== undefined) {
      reject('BranchNameIsTagName', `${branch} is the name of a tag. Enter the name of a branch.`)
    }
    reject('BranchDoesNotExist', `Branch ${branch} does not exist`)
  }
  if (tip !== destination) {
    reject(
      targetBranch === undefined ? 'ConcurrentReferenceUpdate' : 'InvalidTargetBranch',
      `The branch ${branch} is not at the destination commit.`,
    )
  }
  return branch
}
