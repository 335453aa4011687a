import type {
  UpdatePullRequestApprovalRuleContentInput,
  UpdatePullRequestApprovalRuleContentOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { mustBeContent, ruleContent } from '../approvals/inputs.ts'
import { ruleName } from '../approvals/names.ts'
import { ruleOutcome } from '../approvals/rule-outcome.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { mustBeOpen, pullRequestId } from '../pull-requests/inputs.ts'
import { shownRule } from '../pull-requests/view.ts'
import { reject } from '../validate.ts'

export const updatePullRequestApprovalRuleContent =
  (context: Context) =>
  (
    input: UpdatePullRequestApprovalRuleContentInput,
    call: Call,
  ): UpdatePullRequestApprovalRuleContentOutput => {
    const id = pullRequestId(input.pullRequestId)
    const name = ruleName(input.approvalRuleName)
    const content = ruleContent(input.newRuleContent)
    const now = context.parts.now()
    const { pullRequest } = changePullRequest(context, call, id, (found) => {
      const before = found.pullRequest
      mustBeOpen(before)
      const rule = before.rules.find((one) => one.name === name)
      if (rule === undefined) {
        return reject('ApprovalRuleDoesNotExist', `The pull request has no approval rule named ${name}`)
      }
      if (rule.template !== undefined) {
        reject(
          'CannotModifyApprovalRuleFromTemplate',
          `The approval rule ${name} was made from a template and cannot be changed.`,
        )
      }
      mustBeContent(input.existingRuleContentSha256, rule)
      const changed = { ...rule, ...content, modifiedAt: now, modifiedBy: call.caller.arn }
      const rules = before.rules.map((one) => (one === rule ? changed : one))
      return ruleOutcome(call.caller, before, 'UPDATED', changed, rules, now)
    })
    const rule = pullRequest.rules.find((one) => one.name === name)
    return { approvalRule: rule && shownRule(rule) }
  }
