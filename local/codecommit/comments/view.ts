import type { Comment, CommentsForPullRequest, Location } from '@aws-sdk/client-codecommit'
import { countName } from './emoji.ts'
import type { CommentRecord, Comments, Subject } from './records.ts'

/** A comment as the API shows it to one caller; without its content once that is deleted. */
export const shownComment = (comments: Comments, comment: CommentRecord, callerArn: string): Comment => {
  const reactions = comments.reactions(comment)
  const counts: Record<string, number> = {}
  for (const { shortCode } of reactions) {
    counts[countName(shortCode)] = (counts[countName(shortCode)] ?? 0) + 1
  }
  return {
    commentId: comment.id,
    ...(!comment.deleted && { content: comment.content }),
    ...(comment.inReplyTo !== undefined && { inReplyTo: comment.inReplyTo }),
    creationDate: new Date(comment.createdAt),
    lastModifiedDate: new Date(comment.modifiedAt),
    authorArn: comment.authorArn,
    deleted: comment.deleted,
    ...(comment.clientRequestToken !== undefined && { clientRequestToken: comment.clientRequestToken }),
    callerReactions: reactions
      .filter(({ userArn }) => userArn === callerArn)
      .map(({ shortCode }) => countName(shortCode)),
    reactionCounts: counts,
  }
}

/** What a thread is about, as the answers of four operations have it. @param repositoryName its present name */
export const shownSubject = (
  subject: Subject,
  repositoryName: string,
): Omit<CommentsForPullRequest, 'comments'> => ({
  repositoryName,
  ...(subject.pullRequestId !== undefined && { pullRequestId: subject.pullRequestId }),
  ...(subject.beforeCommitId !== undefined && { beforeCommitId: subject.beforeCommitId }),
  afterCommitId: subject.afterCommitId,
  ...(subject.beforeBlobId !== undefined && { beforeBlobId: subject.beforeBlobId }),
  ...(subject.afterBlobId !== undefined && { afterBlobId: subject.afterBlobId }),
  ...(subject.location !== undefined && { location: subject.location as Location }),
})
