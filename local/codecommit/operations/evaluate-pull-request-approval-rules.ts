import type {
  EvaluatePullRequestApprovalRulesInput,
  EvaluatePullRequestApprovalRulesOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { mustBeCurrent, openedPullRequest, pullRequestId, revisionId } from '../pull-requests/inputs.ts'
import { evaluationOf } from '../pull-requests/revisions.ts'

export const evaluatePullRequestApprovalRules =
  (context: Context) =>
  (input: EvaluatePullRequestApprovalRulesInput, call: Call): EvaluatePullRequestApprovalRulesOutput => {
    const id = pullRequestId(input.pullRequestId)
    const revision = revisionId(input.revisionId)
    const { pullRequest } = openedPullRequest(context, call, id)
    mustBeCurrent(pullRequest, revision)
    return { evaluation: evaluationOf(context, pullRequest) }
  }
