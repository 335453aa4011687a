import type {
  GetPullRequestApprovalStatesInput,
  GetPullRequestApprovalStatesOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { pullRequestId, revisionId } from '../pull-requests/inputs.ts'
import { revisionOf } from '../pull-requests/revisions.ts'

/** Approvals only: what was revoked is not kept (API reference, Approval). */
export const getPullRequestApprovalStates =
  (context: Context) =>
  (input: GetPullRequestApprovalStatesInput, call: Call): GetPullRequestApprovalStatesOutput => {
    const id = pullRequestId(input.pullRequestId)
    const { approvers } = revisionOf(context, call, id, revisionId(input.revisionId))
    return { approvals: approvers.map((userArn) => ({ userArn, approvalState: 'APPROVE' })) }
  }
