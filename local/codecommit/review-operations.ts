import type { Operation } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { associateApprovalRuleTemplateWithRepository } from './operations/associate-approval-rule-template-with-repository.ts'
import { batchAssociateApprovalRuleTemplateWithRepositories } from './operations/batch-associate-approval-rule-template-with-repositories.ts'
import { batchDisassociateApprovalRuleTemplateFromRepositories } from './operations/batch-disassociate-approval-rule-template-from-repositories.ts'
import { createApprovalRuleTemplate } from './operations/create-approval-rule-template.ts'
import { createPullRequest } from './operations/create-pull-request.ts'
import { createPullRequestApprovalRule } from './operations/create-pull-request-approval-rule.ts'
import { deleteApprovalRuleTemplate } from './operations/delete-approval-rule-template.ts'
import { deleteCommentContent } from './operations/delete-comment-content.ts'
import { deletePullRequestApprovalRule } from './operations/delete-pull-request-approval-rule.ts'
import { describePullRequestEvents } from './operations/describe-pull-request-events.ts'
import { disassociateApprovalRuleTemplateFromRepository } from './operations/disassociate-approval-rule-template-from-repository.ts'
import { evaluatePullRequestApprovalRules } from './operations/evaluate-pull-request-approval-rules.ts'
import { getApprovalRuleTemplate } from './operations/get-approval-rule-template.ts'
import { getComment } from './operations/get-comment.ts'
import { getCommentReactions } from './operations/get-comment-reactions.ts'
import { getCommentsForComparedCommit } from './operations/get-comments-for-compared-commit.ts'
import { getCommentsForPullRequest } from './operations/get-comments-for-pull-request.ts'
import { getPullRequest } from './operations/get-pull-request.ts'
import { getPullRequestApprovalStates } from './operations/get-pull-request-approval-states.ts'
import { getPullRequestOverrideState } from './operations/get-pull-request-override-state.ts'
import { listApprovalRuleTemplates } from './operations/list-approval-rule-templates.ts'
import { listAssociatedApprovalRuleTemplatesForRepository } from './operations/list-associated-approval-rule-templates-for-repository.ts'
import { listPullRequests } from './operations/list-pull-requests.ts'
import { listRepositoriesForApprovalRuleTemplate } from './operations/list-repositories-for-approval-rule-template.ts'
import { mergePullRequest } from './operations/merge-pull-request.ts'
import { overridePullRequestApprovalRules } from './operations/override-pull-request-approval-rules.ts'
import { postCommentForComparedCommit } from './operations/post-comment-for-compared-commit.ts'
import { postCommentForPullRequest } from './operations/post-comment-for-pull-request.ts'
import { postCommentReply } from './operations/post-comment-reply.ts'
import { putCommentReaction } from './operations/put-comment-reaction.ts'
import { updateApprovalRuleTemplateContent } from './operations/update-approval-rule-template-content.ts'
import { updateApprovalRuleTemplateDescription } from './operations/update-approval-rule-template-description.ts'
import { updateApprovalRuleTemplateName } from './operations/update-approval-rule-template-name.ts'
import { updateComment } from './operations/update-comment.ts'
import { updatePullRequestApprovalRuleContent } from './operations/update-pull-request-approval-rule-content.ts'
import { updatePullRequestApprovalState } from './operations/update-pull-request-approval-state.ts'
import { updatePullRequestDescription } from './operations/update-pull-request-description.ts'
import { updatePullRequestStatus } from './operations/update-pull-request-status.ts'
import { updatePullRequestTitle } from './operations/update-pull-request-title.ts'

/** Operations on pull requests, comments, approvals and approval rule templates. */
export const reviewOperationsOf = (context: Context): Readonly<Record<string, Operation>> => ({
  AssociateApprovalRuleTemplateWithRepository: associateApprovalRuleTemplateWithRepository(context),
  BatchAssociateApprovalRuleTemplateWithRepositories:
    batchAssociateApprovalRuleTemplateWithRepositories(context),
  BatchDisassociateApprovalRuleTemplateFromRepositories:
    batchDisassociateApprovalRuleTemplateFromRepositories(context),
  CreateApprovalRuleTemplate: createApprovalRuleTemplate(context),
  CreatePullRequest: createPullRequest(context),
  CreatePullRequestApprovalRule: createPullRequestApprovalRule(context),
  DeleteApprovalRuleTemplate: deleteApprovalRuleTemplate(context),
  DeleteCommentContent: deleteCommentContent(context),
  DeletePullRequestApprovalRule: deletePullRequestApprovalRule(context),
  DescribePullRequestEvents: describePullRequestEvents(context),
  DisassociateApprovalRuleTemplateFromRepository: disassociateApprovalRuleTemplateFromRepository(context),
  EvaluatePullRequestApprovalRules: evaluatePullRequestApprovalRules(context),
  GetApprovalRuleTemplate: getApprovalRuleTemplate(context),
  GetComment: getComment(context),
  GetCommentReactions: getCommentReactions(context),
  GetCommentsForComparedCommit: getCommentsForComparedCommit(context),
  GetCommentsForPullRequest: getCommentsForPullRequest(context),
  GetPullRequest: getPullRequest(context),
  GetPullRequestApprovalStates: getPullRequestApprovalStates(context),
  GetPullRequestOverrideState: getPullRequestOverrideState(context),
  ListApprovalRuleTemplates: listApprovalRuleTemplates(context),
  ListAssociatedApprovalRuleTemplatesForRepository: listAssociatedApprovalRuleTemplatesForRepository(context),
  ListPullRequests: listPullRequests(context),
  ListRepositoriesForApprovalRuleTemplate: listRepositoriesForApprovalRuleTemplate(context),
  MergePullRequestByFastForward: mergePullRequest(context, 'FAST_FORWARD_MERGE'),
  MergePullRequestBySquash: mergePullRequest(context, 'SQUASH_MERGE'),
  MergePullRequestByThreeWay: mergePullRequest(context, 'THREE_WAY_MERGE'),
  OverridePullRequestApprovalRules: overridePullRequestApprovalRules(context),
  PostCommentForComparedCommit: postCommentForComparedCommit(context),
  PostCommentForPullRequest: postCommentForPullRequest(context),
  PostCommentReply: postCommentReply(context),
  PutCommentReaction: putCommentReaction(context),
  UpdateApprovalRuleTemplateContent: updateApprovalRuleTemplateContent(context),
  UpdateApprovalRuleTemplateDescription: updateApprovalRuleTemplateDescription(context),
  UpdateApprovalRuleTemplateName: updateApprovalRuleTemplateName(context),
  UpdateComment: updateComment(context),
  UpdatePullRequestApprovalRuleContent: updatePullRequestApprovalRuleContent(context),
  UpdatePullRequestApprovalState: updatePullRequestApprovalState(context),
  UpdatePullRequestDescription: updatePullRequestDescription(context),
  UpdatePullRequestStatus: updatePullRequestStatus(context),
  UpdatePullRequestTitle: updatePullRequestTitle(context),
})
