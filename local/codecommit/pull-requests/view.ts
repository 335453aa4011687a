import type {
  ApprovalRule,
  PullRequestEvent,
  PullRequest as PullRequestShown,
} from '@aws-sdk/client-codecommit'
import type { ApprovalRuleRecord, HappenedRecord, PullRequest } from './records.ts'

/** A pull request as the API shows it. @param repositoryName its present name */
export const shownPullRequest = (pullRequest: PullRequest, repositoryName: string): PullRequestShown => {
  const { merge } = pullRequest
  return {
    pullRequestId: pullRequest.id,
    title: pullRequest.title,
    ...(pullRequest.description !== undefined && { description: pullRequest.description }),
    lastActivityDate: new Date(pullRequest.activeAt),
    creationDate: new Date(pullRequest.createdAt),
    pullRequestStatus: pullRequest.status,
    authorArn: pullRequest.authorArn,
    pullRequestTargets: [
      {
        repositoryName,
        sourceReference: pullRequest.sourceReference,
        destinationReference: pullRequest.destinationReference,
        destinationCommit: pullRequest.destinationCommit,
        sourceCommit: pullRequest.sourceCommit,
        ...(pullRequest.mergeBase !== undefined && { mergeBase: pullRequest.mergeBase }),
        mergeMetadata:
          merge === undefined
            ? { isMerged: false }
            : {
                isMerged: true,
                mergedBy: merge.mergedBy,
                mergeCommitId: merge.commitId,
                mergeOption: merge.option,
              },
      },
    ],
    ...(pullRequest.clientRequestToken !== undefined && {
      clientRequestToken: pullRequest.clientRequestToken,
    }),
    revisionId: pullRequest.revisionId,
    approvalRules: pullRequest.rules.map(shownRule),
  }
}

export const shownRule = (rule: ApprovalRuleRecord): ApprovalRule => ({
  approvalRuleId: rule.id,
  approvalRuleName: rule.name,
  approvalRuleContent: rule.content,
  ruleContentSha256: rule.sha256,
  lastModifiedDate: new Date(rule.modifiedAt),
  creationDate: new Date(rule.createdAt),
  lastModifiedUser: rule.modifiedBy,
  ...(rule.template !== undefined && {
    originApprovalRuleTemplate: {
      approvalRuleTemplateId: rule.template.id,
      approvalRuleTemplateName: rule.template.name,
    },
  }),
})

export const shownHappened = (id: string, record: HappenedRecord): PullRequestEvent => ({
  pullRequestId: id,
  eventDate: new Date(record.at),
  pullRequestEventType: record.type,
  actorArn: record.actorArn,
  ...record.metadata,
})
