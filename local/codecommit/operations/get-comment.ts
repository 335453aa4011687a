import type { GetCommentInput, GetCommentOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import { shownComment } from '../comments/view.ts'
import type { Context } from '../context.ts'
import { requireKey } from '../keys.ts'

export const getComment =
  (context: Context) =>
  (input: GetCommentInput, call: Call): GetCommentOutput => {
    const { comment, repository } = existingComment(context, call, commentId(input.commentId))
    requireKey(context, repository, call.caller)
    mustNotBeDeleted(comment)
    return { comment: shownComment(context.comments, comment, call.caller.arn) }
  }
