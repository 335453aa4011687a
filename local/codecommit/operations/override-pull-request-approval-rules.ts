import type { OverridePullRequestApprovalRulesInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { sentences } from '../pull-requests/events.ts'
import { mustBeCurrent, mustBeOpen, pullRequestId, revisionId } from '../pull-requests/inputs.ts'
import { reject } from '../validate.ts'

/** Sets all rules aside for one revision, or puts them in force again. An override belongs to its revision (inferred). */
export const overridePullRequestApprovalRules =
  (context: Context) =>
  (input: OverridePullRequestApprovalRulesInput, call: Call): undefined => {
    const id = pullRequestId(input.pullRequestId)
    const revision = revisionId(input.revisionId)
    const status = overrideStatus(input.overrideStatus)
    changePullRequest(context, call, id, ({ pullRequest }) => {
      mustBeCurrent(pullRequest, revision)
      mustBeOpen(pullRequest)
      const { overrider, ...said } = context.pullRequests.revision(pullRequest, revision) ?? { approvers: [] }
      if (status === 'OVERRIDE' && overrider !== undefined) {
        reject('OverrideAlreadySet', 'The approval rules of the pull request are overridden already.')
      }
      if (status === 'REVOKE' && overrider === undefined) return {}
      context.pullRequests.putRevision(pullRequest, revision, {
        ...said,
        ...(status === 'OVERRIDE' && { overrider: call.caller.arn }),
      })
      const active = { ...pullRequest, activeAt: context.parts.now() }
      const what = `An override event has occurred for the approval rules for this pull request. Override status: ${status}.`
      return {
        pullRequest: active,
        happened: {
          type: 'PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN',
          metadata: { approvalRuleOverriddenEventMetadata: { revisionId: revision, overrideStatus: status } },
        },
        told: {
          event: 'pullRequestApprovalRuleOverridden',
          fields: { overrideStatus: status },
          sentence: sentences.updated(active, call.caller, what),
        },
      }
    })
  }

const overrideStatus = (status: unknown): 'OVERRIDE' | 'REVOKE' => {
  if (status === undefined || status === null) {
    reject('OverrideStatusRequired', 'An override status is required.')
  }
  if (status !== 'OVERRIDE' && status !== 'REVOKE') {
    return reject('InvalidOverrideStatus', 'The override status is not valid. It is OVERRIDE or REVOKE.')
  }
  return status
}
