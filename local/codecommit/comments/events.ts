import type { Context } from '../context.ts'
import { type Actor, consoleUrl, identityOf, identitySentences, tell } from '../envelope.ts'
import { type Repository, repositoryArn } from '../repositories.ts'
import type { Reaction } from './emoji.ts'
import type { CommentRecord } from './records.ts'

/**
 * "CodeCommit Comment on Commit" or "... on Pull Request" (codecommit user guide, "Monitoring CodeCommit events"): the text itself is
 * never told. The words are those of captured events.
 */
export const tellComment = (
  context: Pick<Context, 'wires' | 'parts'>,
  repository: Repository,
  actor: Actor,
  comment: CommentRecord,
  kind: 'Created' | 'Updated',
): void => {
  const { subject, inReplyTo, id } = comment
  const { pullRequestId, beforeCommitId, afterCommitId } = subject
  const onPullRequest = pullRequestId !== undefined
  const verb = kind === 'Created' ? 'made' : 'updated'
  const about = onPullRequest ? `Pull Request: ${pullRequestId}` : `comment ID: ${inReplyTo ?? id}`
  const page = onPullRequest
    ? `pull-requests/${pullRequestId}/activity#${id}`
    : `compare/${beforeCommitId ?? ''}/.../${afterCommitId}#${id}`
  const type = `CodeCommit Comment on ${onPullRequest ? 'Pull Request' : 'Commit'}`
  tell(context, repository, type, [repositoryArn(repository)], {
    event: `commentOn${onPullRequest ? 'PullRequest' : 'Commit'}${kind}`,
    repositoryName: repository.name,
    repositoryId: repository.id,
    commentId: id,
    ...(inReplyTo !== undefined && { inReplyTo }),
    ...(onPullRequest && { pullRequestId }),
    ...(beforeCommitId !== undefined && { beforeCommitId }),
    afterCommitId,
    ...identityOf(actor),
    notificationBody:
      `A comment event occurred in the following AWS CodeCommit repository: ${repository.name}. ` +
      `${identitySentences(actor)}The user: ${actor.arn} ${verb} a comment or replied to a comment. ` +
      `The comment was made on the following ${about}. For more information, go to the AWS CodeCommit console ` +
      consoleUrl(repository.region, `repositories/${repository.name}/${page}`),
  })
}

/** "CodeCommit Comment Reaction Change". */
export const tellReaction = (
  context: Pick<Context, 'wires' | 'parts'>,
  repository: Repository,
  actor: Actor,
  comment: CommentRecord,
  kind: 'Created' | 'Updated',
  { emoji, shortCode, unicode }: Reaction,
): void => {
  const { pullRequestId, beforeCommitId, afterCommitId } = comment.subject
  const page =
    pullRequestId === undefined
      ? `compare/${beforeCommitId ?? ''}/.../${afterCommitId}#${comment.id}`
      : `pull-requests/${pullRequestId}/activity#${comment.id}`
  const what = kind === 'Created' ? `made a comment reaction ${emoji}` : `updated a reaction :${shortCode}:`
  tell(context, repository, 'CodeCommit Comment Reaction Change', [repositoryArn(repository)], {
    event: `commentReaction${kind}`,
    repositoryName: repository.name,
    repositoryId: repository.id,
    commentId: comment.id,
    ...identityOf(actor),
    notificationBody:
      `A comment reaction event occurred in the following AWS CodeCommit Repository: ${repository.name}. ` +
      `${identitySentences(actor)}The user: ${actor.arn} ${what} to the comment with comment ID: ${comment.id}. ` +
      `For more information, go to the AWS CodeCommit console ` +
      consoleUrl(repository.region, `repositories/${repository.name}/${page}`),
    reactionEmojis: [emoji],
    reactionShortcodes: [`:${shortCode}:`],
    reactionUnicodes: [unicode],
  })
}
