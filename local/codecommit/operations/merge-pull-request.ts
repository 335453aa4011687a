import type {
  MergePullRequestByFastForwardInput,
  MergePullRequestBySquashInput,
  MergePullRequestByThreeWayInput,
  PullRequest as PullRequestShown,
} from '@aws-sdk/client-codecommit'
import type { Call, Operation } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import {
  factsOf,
  type MergeRequest,
  type MergeSettings,
  merge,
  mergeSettings,
  moveBranch,
} from '../merging/merging.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { forgetMerge, merged, mergeKey } from '../pull-requests/follow.ts'
import { existingPullRequest, type Found, mustBeOpen, pullRequestId } from '../pull-requests/inputs.ts'
import type { Merge, PullRequest } from '../pull-requests/records.ts'
import { pullRequestOf } from '../pull-requests/repository.ts'
import { evaluationOf } from '../pull-requests/revisions.ts'
import { showPullRequest } from '../pull-requests/view.ts'
import { commitId, reject, repositoryName } from '../validate.ts'

type Input = MergePullRequestByFastForwardInput &
  MergePullRequestBySquashInput &
  MergePullRequestByThreeWayInput

/**
 * Merges a pull request into its destination, and closes it. What is about to happen is noted before the branch moves: whoever looks at the
 * pull request after that, even the next process, finds the merge done or not by what the branch holds.
 */
export const mergePullRequest =
  (context: Context, option: MergeSettings['option']): Operation =>
  async (input: Input, call: Call): Promise<{ pullRequest: PullRequestShown }> => {
    const id = pullRequestId(input.pullRequestId)
    const name = repositoryName(input.repositoryName)
    const expected = input.sourceCommitId === undefined ? undefined : commitId(input.sourceCommitId)
    const settings = mergeSettings(input, option)
    const author = authorOf(call.caller.arn, input.authorName, input.email)
    const message = messageOf(input.commitMessage, `Merge pull request ${id}`)
    return context.queue(mergeKey(call, id), async () => {
      const found = pullRequestOf(context, call, id, name)
      mustBeOpen(found.pullRequest)
      const tips = await tipsOf(context, found, expected)
      mustBeApproved(context, found.pullRequest)
      const request: MergeRequest = { ...settings, ...tips }
      const made = await merge(context, found.repository, { ...request, author, message })
      const noted = { option, commitId: made.commitId, mergedBy: call.caller.arn }
      note(context, call, id, tips.source, noted)
      await move(context, call, found, request, made, noted)
      return { pullRequest: await showPullRequest(context, existingPullRequest(context, call, id)) }
    })
  }

/** Throws ReferenceDoesNotExist, and TipOfSourceReferenceIsDifferent also when the source moved a moment ago: nobody approved that. */
const tipsOf = async (
  context: Context,
  { pullRequest, repository }: Found,
  expected: string | undefined,
): Promise<{ source: string; destination: string }> => {
  const bare = bareOf(context, repository)
  const tip = async (ref: string) =>
    (await bare.tip(ref)) ?? reject('ReferenceDoesNotExist', `${ref} does not exist`)
  const source = await tip(pullRequest.sourceReference)
  const destination = await tip(pullRequest.destinationReference)
  if (source !== pullRequest.sourceCommit || (expected !== undefined && expected !== source)) {
    reject('TipOfSourceReferenceIsDifferent', 'The tip of the source branch is another commit.')
  }
  return { source, destination }
}

/** Throws PullRequestApprovalRulesNotSatisfied. */
const mustBeApproved = (context: Context, pullRequest: PullRequest): void => {
  const { approved, approvalRulesNotSatisfied } = evaluationOf(context, pullRequest)
  if (!approved) {
    reject(
      'PullRequestApprovalRulesNotSatisfied',
      `Approval rules of the pull request are not satisfied: ${approvalRulesNotSatisfied.join(', ')}`,
    )
  }
}

/** The pull request as it is now, not as it was when the merge began, must still allow it. */
const note = (context: Context, call: Call, id: string, source: string, merging: Merge): void =>
  context.parts.store.transaction(() => {
    const { pullRequest } = existingPullRequest(context, call, id)
    mustBeOpen(pullRequest)
    if (pullRequest.sourceCommit !== source) {
      reject('TipOfSourceReferenceIsDifferent', 'The tip of the source branch has changed meanwhile.')
    }
    mustBeApproved(context, pullRequest)
    context.pullRequests.put({ ...pullRequest, merging })
  })

/** Once the branch has moved, the pull request is closed by whatever follows the refs; a branch that is there already moves nothing. */
const move = async (
  context: Context,
  call: Call,
  { pullRequest, repository }: Found,
  request: MergeRequest,
  made: { commitId: string; base?: string },
  noted: Merge,
): Promise<void> => {
  const branch = pullRequest.destinationReference.slice('refs/heads/'.length)
  const { destination } = request
  try {
    await moveBranch(context, repository, call, {
      branch,
      from: destination,
      to: made.commitId,
      merge: factsOf(request, made.base),
    })
  } catch (error) {
    forgetMerge(context, call, pullRequest.id)
    throw error
  }
  if (destination !== made.commitId) return
  changePullRequest(context, call, pullRequest.id, ({ pullRequest: now }) =>
    merged(repository, call.caller, { ...now, merge: noted, activeAt: context.parts.now() }),
  )
}
