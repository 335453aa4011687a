import type { CommentsForPullRequest } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { page } from '../paging.ts'
import type { Repository } from '../repositories.ts'
import type { CommentRecord } from './records.ts'
import { shownComment, shownSubject } from './view.ts'

/** API reference, GetCommentsForPullRequest, maxResults. */
export const COMMENT_PAGE = { usual: 100, most: 500 }

/**
 * One page of comments, those about the same place of the same comparison together, in the order in which each place was first written
 * about; a page is so many comments, whatever places they are about.
 */
export const commentGroups = (
  context: Pick<Context, 'comments'>,
  call: Call,
  repository: Repository,
  comments: readonly CommentRecord[],
  paging: { size: number; scope: string; token: string | undefined },
): { groups: CommentsForPullRequest[]; nextToken?: string } => {
  const firsts = new Map<string, number>()
  const placed = comments.map((comment) => {
    const key = groupKey(comment)
    const first = firsts.get(key) ?? comment.number
    firsts.set(key, first)
    return { comment, key, place: `${padded(first)} ${padded(comment.number)}` }
  })
  placed.sort((a, b) => (a.place < b.place ? -1 : 1))
  const { items, ...rest } = page(placed, { ...paging, placeOf: ({ place }) => place })
  const groups = [...Map.groupBy(items, ({ key }) => key).values()].map((group) => ({
    ...(group[0] && shownSubject(group[0].comment.subject, repository.name)),
    comments: group.map(({ comment }) => shownComment(context.comments, comment, call.caller.arn)),
  }))
  return { groups, ...rest }
}

const padded = (number: number): string => String(number).padStart(12, '0')

const groupKey = ({ subject }: CommentRecord): string => {
  const { beforeCommitId, afterCommitId, location } = subject
  const { filePath, filePosition, relativeFileVersion } = location ?? {}
  return JSON.stringify([beforeCommitId, afterCommitId, filePath, filePosition, relativeFileVersion])
}
