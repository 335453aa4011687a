import { randomUUID } from 'node:crypto'
import type {
  CreatePullRequestApprovalRuleInput,
  CreatePullRequestApprovalRuleOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { ruleContent } from '../approvals/inputs.ts'
import { ruleName } from '../approvals/names.ts'
import { ruleOutcome } from '../approvals/rule-outcome.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { mustBeOpen, pullRequestId } from '../pull-requests/inputs.ts'
import type { ApprovalRuleRecord } from '../pull-requests/records.ts'
import { shownRule } from '../pull-requests/view.ts'
import { reject } from '../validate.ts'

export const createPullRequestApprovalRule =
  (context: Context) =>
  (input: CreatePullRequestApprovalRuleInput, call: Call): CreatePullRequestApprovalRuleOutput => {
    const id = pullRequestId(input.pullRequestId)
    const name = ruleName(input.approvalRuleName)
    const content = ruleContent(input.approvalRuleContent)
    const now = context.parts.now()
    const rule: ApprovalRuleRecord = {
      id: randomUUID(),
      name,
      ...content,
      createdAt: now,
      modifiedAt: now,
      modifiedBy: call.caller.arn,
    }
    changePullRequest(context, call, id, ({ pullRequest }) => {
      mustBeOpen(pullRequest)
      if (pullRequest.rules.some((other) => other.name === name)) {
        reject(
          'ApprovalRuleNameAlreadyExists',
          `The pull request has an approval rule named ${name} already.`,
        )
      }
      if (pullRequest.rules.length >= context.limits.rulesPerPullRequest) {
        reject('NumberOfRulesExceeded', 'The pull request has as many approval rules as it may have.')
      }
      return ruleOutcome(call.caller, pullRequest, 'CREATED', rule, [...pullRequest.rules, rule], now)
    })
    return { approvalRule: shownRule(rule) }
  }
