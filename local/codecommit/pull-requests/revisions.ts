import type { Evaluation } from '@aws-sdk/client-codecommit'
import { evaluate } from '../approvals/evaluate.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'
import { existingPullRequest } from './inputs.ts'
import type { Place, PullRequest, Revision } from './records.ts'

/** What was said about a revision, present or past. Throws PullRequestDoesNotExist, or InvalidRevisionId for one that never was. */
export const revisionOf = (context: Context, place: Place, id: string, revisionId: string): Revision => {
  const { pullRequest } = existingPullRequest(context, place, id)
  const revision = context.pullRequests.revision(pullRequest, revisionId)
  return revision ?? reject('InvalidRevisionId', `The pull request has no revision ${revisionId}`)
}

/** Whether the present revision may be merged. */
export const evaluationOf = (
  { pullRequests }: Pick<Context, 'pullRequests'>,
  pullRequest: PullRequest,
): Required<Evaluation> => {
  const revision = pullRequests.revision(pullRequest, pullRequest.revisionId)
  return evaluate(pullRequest.rules, revision?.approvers ?? [], revision?.overrider !== undefined)
}
