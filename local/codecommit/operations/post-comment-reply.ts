import type { PostCommentReplyInput, PostCommentReplyOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentContent, commentId, existingComment } from '../comments/inputs.ts'
import { post, postedBefore } from '../comments/post.ts'
import { shownComment } from '../comments/view.ts'
import type { Context } from '../context.ts'
import { clientRequestToken } from '../idempotency.ts'

/** A reply belongs where the comment belongs that it answers; a deleted comment can still be answered (no exception forbids it). */
export const postCommentReply =
  (context: Context) =>
  (input: PostCommentReplyInput, call: Call): PostCommentReplyOutput => {
    const token = clientRequestToken(input.clientRequestToken)
    const content = commentContent(input.content)
    const inReplyTo = commentId(input.inReplyTo)
    const { comment, repository } = existingComment(context, call, inReplyTo)
    const parameters = { inReplyTo, content }
    const reply =
      postedBefore(context, call, token, parameters) ??
      post(context, call, repository, { subject: comment.subject, content, token, inReplyTo }, parameters)
    return { comment: shownComment(context.comments, reply, call.caller.arn) }
  }
