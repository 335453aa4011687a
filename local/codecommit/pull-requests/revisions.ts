import type { Call } from '../../gateway/service.ts'
import { type Evaluated, evaluate } from '../approvals/evaluate.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'
import { openedPullRequest } from './inputs.ts'
import type { PullRequest, Revision } from './records.ts'

/** What was said about a revision, present or past. Throws PullRequestDoesNotExist, or InvalidRevisionId for one that never was. */
export const revisionOf = (context: Context, call: Call, id: string, revisionId: string): Revision => {
  const { pullRequest } = openedPullRequest(context, call, id)
  const revision = context.pullRequests.revision(pullRequest, revisionId)
  return revision ?? reject('InvalidRevisionId', `The pull request has no revision ${revisionId}`)
}

/** Whether the present revision may be merged. */
export const evaluationOf = (
  { pullRequests }: Pick<Context, 'pullRequests'>,
  pullRequest: PullRequest,
): Evaluated => {
  const revision = pullRequests.revision(pullRequest, pullRequest.revisionId)
  return evaluate(pullRequest.rules, revision?.approvers ?? [], revision?.overrider !== undefined)
}
