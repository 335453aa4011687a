import type { PutCommentReactionInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { type Reaction, reactionOf } from '../comments/emoji.ts'
import { tellReaction } from '../comments/events.ts'
import { commentId, existingComment, mustNotBeDeleted } from '../comments/inputs.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'

/**
 * The caller's one reaction to a comment, set, changed, or taken back by `none` or an empty text; taking it back is told by no event
 * (none is documented).
 */
export const putCommentReaction =
  (context: Context) =>
  (input: PutCommentReactionInput, call: Call): undefined => {
    const id = commentId(input.commentId)
    const wanted = wantedReaction(input.reactionValue)
    const { comments, parts } = context
    const { arn } = call.caller
    const { comment, repository, before } = parts.store.transaction(() => {
      const found = existingComment(context, call, id)
      mustNotBeDeleted(found.comment)
      const before = comments.reactions(found.comment).find(({ userArn }) => userArn === arn)
      if (wanted === undefined) comments.removeReaction(found.comment, arn)
      else
        comments.putReaction(found.comment, {
          userArn: arn,
          shortCode: wanted.shortCode,
          at: parts.now(),
        })
      return { ...found, before }
    })
    if (wanted === undefined || before?.shortCode === wanted.shortCode) return
    const kind = before === undefined ? 'Created' : 'Updated'
    tellReaction(context, repository, call.caller, comment, kind, wanted)
  }

/** @returns undefined when a reaction is to be taken back */
const wantedReaction = (value: unknown): Reaction | undefined => {
  if (value === undefined || value === null) {
    reject('ReactionValueRequired', 'A value for the reaction is required.')
  }
  if (value === '' || value === 'none') return undefined
  const reaction = reactionOf(String(value))
  return reaction ?? reject('InvalidReactionValue', 'The value of the reaction is not one that is supported.')
}
