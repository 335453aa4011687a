import type { DeleteCommentContentInput, DeleteCommentContentOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import { shownComment } from '../comments/view.ts'
import type { Context } from '../context.ts'

/** The comment stays, without its text; whoever is permitted may do it. No event is documented. */
export const deleteCommentContent =
  (context: Context) =>
  (input: DeleteCommentContentInput, call: Call): DeleteCommentContentOutput => {
    const id = commentId(input.commentId)
    const { comments, parts } = context
    const deleted = parts.store.transaction(() => {
      const { comment } = existingComment(context, call, id)
      mustNotBeDeleted(comment)
      const blank = { ...comment, content: '', deleted: true, modifiedAt: parts.now() }
      comments.put(blank)
      return blank
    })
    return { comment: shownComment(comments, deleted, call.caller.arn) }
  }
