import type { GetCommentInput, GetCommentOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import { shownComment } from '../comments/view.ts'
import type { Context } from '../context.ts'

export const getComment =
  (context: Context) =>
  (input: GetCommentInput, call: Call): GetCommentOutput => {
    const { comment } = existingComment(context, call, commentId(input.commentId))
    mustNotBeDeleted(comment)
    return { comment: shownComment(context.comments, comment, call.caller.arn) }
  }
