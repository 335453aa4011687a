import type { UpdatePullRequestApprovalStateInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { sentences } from '../pull-requests/events.ts'
import { mustBeCurrent, mustBeOpen, pullRequestId, revisionId } from '../pull-requests/inputs.ts'
import { reject } from '../validate.ts'

/** The caller's approval of a revision, given or taken back. A state that is there already is not told again (inferred). */
export const updatePullRequestApprovalState =
  (context: Context) =>
  (input: UpdatePullRequestApprovalStateInput, call: Call): undefined => {
    const id = pullRequestId(input.pullRequestId)
    const revision = revisionId(input.revisionId)
    const state = approvalState(input.approvalState)
    const { arn } = call.caller
    changePullRequest(context, call, id, ({ pullRequest }) => {
      if (state === 'APPROVE' && pullRequest.authorArn === arn) {
        reject('PullRequestCannotBeApprovedByAuthor', 'A pull request cannot be approved by its author.')
      }
      mustBeCurrent(pullRequest, revision)
      mustBeOpen(pullRequest)
      const said = context.pullRequests.revision(pullRequest, revision) ?? { approvers: [] }
      if (said.approvers.includes(arn) === (state === 'APPROVE')) return {}
      if (state === 'APPROVE' && said.approvers.length >= context.limits.approvalsPerPullRequest) {
        reject('MaximumNumberOfApprovalsExceeded', 'The pull request has as many approvals as it may have.')
      }
      const others = said.approvers.filter((one) => one !== arn)
      const approvers = state === 'APPROVE' ? [...others, arn] : others
      context.pullRequests.putRevision(pullRequest, revision, { ...said, approvers })
      const active = { ...pullRequest, activeAt: context.parts.now() }
      const what = `A user has changed their approval state for the pull request. State change: ${state}.`
      return {
        pullRequest: active,
        happened: {
          type: 'PULL_REQUEST_APPROVAL_STATE_CHANGED',
          metadata: { approvalStateChangedEventMetadata: { revisionId: revision, approvalStatus: state } },
        },
        told: {
          event: 'pullRequestApprovalStateChanged',
          fields: { approvalStatus: state },
          sentence: sentences.updated(active, call.caller, what),
        },
      }
    })
  }

const approvalState = (state: unknown): 'APPROVE' | 'REVOKE' => {
  if (state === undefined || state === null) {
    reject('ApprovalStateRequired', 'An approval state is required.')
  }
  if (state !== 'APPROVE' && state !== 'REVOKE') {
    return reject('InvalidApprovalState', 'The approval state is not valid. It is APPROVE or REVOKE.')
  }
  return state
}
