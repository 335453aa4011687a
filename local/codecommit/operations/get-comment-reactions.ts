import type { GetCommentReactionsInput, GetCommentReactionsOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { formatsOf } from '../comments/emoji.ts'
import { commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import type { Context } from '../context.ts'
import { page } from '../paging.ts'
import { isIdentityArn, pageSize } from '../pull-requests/inputs.ts'
import { reject } from '../validate.ts'

/** API reference, GetCommentReactions, maxResults. */
const PAGE = { usual: 1_000, most: 1_000 }

/** Reactions by emoji, with those who gave them; users that were deleted meanwhile are not told apart. */
export const getCommentReactions =
  (context: Context) =>
  (input: GetCommentReactionsInput, call: Call): GetCommentReactionsOutput => {
    const id = commentId(input.commentId)
    const { reactionUserArn } = input
    if (reactionUserArn !== undefined && !isIdentityArn(reactionUserArn)) {
      reject('InvalidReactionUserArn', 'The ARN of the user is not valid.')
    }
    const size = pageSize(input.maxResults, PAGE)
    const { comment } = existingComment(context, call, id)
    mustNotBeDeleted(comment)
    const reactions = context.comments
      .reactions(comment)
      .filter(({ userArn }) => reactionUserArn === undefined || userArn === reactionUserArn)
    const kinds = [...Map.groupBy(reactions, ({ shortCode }) => shortCode)].sort(([a], [b]) =>
      a < b ? -1 : 1,
    )
    const { items, nextToken } = page(kinds, {
      size,
      scope: `GetCommentReactions ${id} ${reactionUserArn}`,
      token: input.nextToken,
      placeOf: ([shortCode]) => shortCode,
    })
    return {
      reactionsForComment: items.map(([shortCode, given]) => ({
        reaction: formatsOf(shortCode),
        reactionUsers: given.map(({ userArn }) => userArn),
        reactionsFromDeletedUsersCount: 0,
      })),
      ...(nextToken !== undefined && { nextToken }),
    }
  }
