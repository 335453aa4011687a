import type {
  ApprovalRule,
  PullRequestEvent,
  PullRequest as PullRequestShown,
} from '@aws-sdk/client-codecommit'
import type { Context } from '../context.ts'
import { mergeBase } from '../merging/merging.ts'
import type { Found } from './inputs.ts'
import type { ApprovalRuleRecord, HappenedRecord, PullRequest } from './records.ts'

/** A pull request as the API shows it. The merge base, which moves with the destination, is looked up when it is not known. */
export const showPullRequest = async (context: Context, found: Found): Promise<PullRequestShown> => {
  const { repository, pullRequest } = found
  if (pullRequest.mergeBase !== undefined) return shownPullRequest(pullRequest, repository.name)
  const { sourceCommit, destinationCommit } = pullRequest
  const base = await mergeBase(context, repository, sourceCommit, destinationCommit)
  if (base === undefined) return shownPullRequest(pullRequest, repository.name)
  context.parts.store.transaction(() => {
    const now = context.pullRequests.find(pullRequest, pullRequest.id)
    const same = now?.sourceCommit === sourceCommit && now.destinationCommit === destinationCommit
    if (now && same) context.pullRequests.put({ ...now, mergeBase: base })
  })
  return shownPullRequest({ ...pullRequest, mergeBase: base }, repository.name)
}

/** @param repositoryName its present name */
const shownPullRequest = (pullRequest: PullRequest, repositoryName: string): PullRequestShown => {
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
