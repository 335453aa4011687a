import type { Context } from '../context.ts'
import type { Place } from '../pull-requests/records.ts'
import type { Repository } from '../repositories.ts'
import { commitId, reject } from '../validate.ts'
import type { CommentRecord } from './records.ts'

/** codecommit user guide, "Quotas". */
const MAX_CONTENT = 10_240

/** @returns the id; throws CommentIdRequired or InvalidCommentId. Ids are two UUIDs with a colon between them */
export const commentId = (id: unknown): string => {
  if (id === undefined || id === null) reject('CommentIdRequired', 'A comment ID is required.')
  if (typeof id !== 'string' || !/^[0-9a-f-]{36}:[0-9a-f-]{36}$/.test(id)) {
    return reject('InvalidCommentId', 'The comment ID is not valid.')
  }
  return id
}

/** @returns the text; throws CommentContentRequired or CommentContentSizeLimitExceeded */
export const commentContent = (content: unknown): string => {
  if (content === undefined || content === null || content === '') {
    reject('CommentContentRequired', 'A comment must have some content.')
  }
  if (typeof content !== 'string' || [...content].length > MAX_CONTENT) {
    return reject(
      'CommentContentSizeLimitExceeded',
      `The comment is too large. It can be at most ${MAX_CONTENT.toLocaleString('en')} characters long.`,
    )
  }
  return content
}

export interface FoundComment {
  readonly comment: CommentRecord
  readonly repository: Repository
}

/** @param id as {@link commentId} returned it. Throws CommentDoesNotExist, also when its repository is gone */
export const existingComment = (
  { comments, repositories }: Pick<Context, 'comments' | 'repositories'>,
  place: Place,
  id: string,
): FoundComment => {
  const comment = comments.find(place, id)
  const repository = comment && repositories.current(comment.subject.repository)
  if (comment === undefined || repository === undefined) {
    return reject('CommentDoesNotExist', `Comment ${id} does not exist`)
  }
  return { comment, repository }
}

/** Throws CommentDeleted. */
export const mustNotBeDeleted = ({ id, deleted }: CommentRecord): void => {
  if (deleted) reject('CommentDeleted', `Comment ${id} is deleted`)
}

/**
 * The two sides of a comparison.
 * @param before may be missing where `optional`
 */
export const comparedCommits = (
  before: unknown,
  after: unknown,
  { optional = false } = {},
): { beforeCommitId?: string; afterCommitId: string } => {
  const beforeCommitId = optional && (before === undefined || before === null) ? undefined : commitId(before)
  const afterCommitId = commitId(after)
  if (beforeCommitId === afterCommitId) {
    reject('BeforeCommitIdAndAfterCommitIdAreSame', 'The two commits of the comparison are the same.')
  }
  return { afterCommitId, ...(beforeCommitId !== undefined && { beforeCommitId }) }
}
