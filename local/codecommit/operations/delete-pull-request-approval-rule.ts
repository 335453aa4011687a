import type {
  DeletePullRequestApprovalRuleInput,
  DeletePullRequestApprovalRuleOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { ruleName } from '../approvals/names.ts'
import { ruleOutcome } from '../approvals/rule-outcome.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { mustBeOpen, pullRequestId } from '../pull-requests/inputs.ts'
import { reject } from '../validate.ts'

/** A rule that is not there is answered without an id, as one that was deleted before (API reference). */
export const deletePullRequestApprovalRule =
  (context: Context) =>
  (input: DeletePullRequestApprovalRuleInput, call: Call): DeletePullRequestApprovalRuleOutput => {
    const id = pullRequestId(input.pullRequestId)
    const name = ruleName(input.approvalRuleName)
    const deleted: string[] = []
    changePullRequest(context, call, id, ({ pullRequest }) => {
      mustBeOpen(pullRequest)
      const rule = pullRequest.rules.find((one) => one.name === name)
      if (rule === undefined) return {}
      if (rule.template !== undefined) {
        reject(
          'CannotDeleteApprovalRuleFromTemplate',
          `The approval rule ${name} was made from a template and cannot be deleted.`,
        )
      }
      deleted.push(rule.id)
      const rules = pullRequest.rules.filter((one) => one !== rule)
      return ruleOutcome(call.caller, pullRequest, 'DELETED', rule, rules, context.parts.now())
    })
    return { approvalRuleId: deleted[0] }
  }
