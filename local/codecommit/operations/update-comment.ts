import type { UpdateCommentInput, UpdateCommentOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { tellComment } from '../comments/events.ts'
import { commentContent, commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import { shownComment } from '../comments/view.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'

/** Only its author may change a comment. */
export const updateComment =
  (context: Context) =>
  (input: UpdateCommentInput, call: Call): UpdateCommentOutput => {
    const content = commentContent(input.content)
    const id = commentId(input.commentId)
    const { comments, parts } = context
    const { comment, repository } = parts.store.transaction(() => {
      const found = existingComment(context, call, id)
      if (found.comment.authorArn !== call.caller.arn) {
        reject('CommentNotCreatedByCaller', 'A comment can be changed by its author only.')
      }
      mustNotBeDeleted(found.comment)
      const changed = { ...found.comment, content, modifiedAt: parts.now() }
      comments.put(changed)
      return { ...found, comment: changed }
    })
    tellComment(context, repository, call.caller, comment, 'Updated')
    return { comment: shownComment(comments, comment, call.caller.arn) }
  }
