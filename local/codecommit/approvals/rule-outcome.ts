import type { Actor } from '../envelope.ts'
import type { Outcome } from '../pull-requests/change.ts'
import { sentences } from '../pull-requests/events.ts'
import type { ApprovalRuleRecord, PullRequest } from '../pull-requests/records.ts'

const WORDS = {
  CREATED: {
    event: 'pullRequestApprovalRuleCreated',
    what: (name: string) => `An approval rule has been created with the following name: ${name}.`,
  },
  UPDATED: {
    event: 'pullRequestApprovalRuleUpdated',
    what: (name: string) =>
      `The content of an approval rule has been updated for the pull request. The name of the updated rule is: ${name}.`,
  },
  DELETED: {
    event: 'pullRequestApprovalRuleDeleted',
    what: (name: string) => `An approval rule has been deleted: ${name} was deleted.`,
  },
} as const

/** What a changed rule means for its pull request: other rules, and both kinds of events. @param at milliseconds since the epoch */
export const ruleOutcome = (
  actor: Actor,
  before: PullRequest,
  kind: keyof typeof WORDS,
  rule: ApprovalRuleRecord,
  rules: readonly ApprovalRuleRecord[],
  at: number,
): Outcome => {
  const pullRequest = { ...before, rules, activeAt: at }
  const { event, what } = WORDS[kind]
  return {
    pullRequest,
    happened: {
      type: `PULL_REQUEST_APPROVAL_RULE_${kind}`,
      metadata: {
        approvalRuleEventMetadata: {
          approvalRuleName: rule.name,
          approvalRuleId: rule.id,
          approvalRuleContent: rule.content,
        },
      },
    },
    told: {
      event,
      fields: {
        approvalRuleId: rule.id,
        approvalRuleName: rule.name,
        approvalRuleContentSha256: rule.sha256,
      },
      sentence: sentences.updated(pullRequest, actor, what(rule.name)),
    },
  }
}
