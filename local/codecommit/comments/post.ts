import { randomUUID } from 'node:crypto'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import type { Repository } from '../repositories.ts'
import { tellComment } from './events.ts'
import { existingComment } from './inputs.ts'
import type { CommentRecord, Subject } from './records.ts'

export interface Post {
  readonly subject: Subject
  readonly content: string
  readonly token: string | undefined
  readonly inReplyTo?: string
}

/** The comment that an earlier call with this token made. Throws IdempotencyParameterMismatch. */
export const postedBefore = (
  context: Context,
  call: Call,
  token: string | undefined,
  parameters: object,
): CommentRecord | undefined => {
  const id = context.clientTokens.made({ ...call, token }, { ...parameters, caller: call.caller.arn })
  return id === undefined ? undefined : existingComment(context, call, id).comment
}

/**
 * Stores a comment, and tells it; a call that is repeated with its token gets the first one's comment.
 * @param parameters what must be the same when the token is used again
 */
export const post = (
  context: Context,
  call: Call,
  repository: Repository,
  { subject, content, token, inReplyTo }: Post,
  parameters: object,
): CommentRecord => {
  const { parts, comments, clientTokens } = context
  const { account, region, caller } = call
  const now = parts.now()
  const { comment, isNew } = parts.store.transaction(() => {
    const twin = postedBefore(context, call, token, parameters)
    if (twin) return { comment: twin, isNew: false }
    const comment = comments.add({
      account,
      region,
      id: `${randomUUID()}:${randomUUID()}`,
      subject,
      ...(inReplyTo !== undefined && { inReplyTo }),
      content,
      authorArn: caller.arn,
      ...(token !== undefined && { clientRequestToken: token }),
      createdAt: now,
      modifiedAt: now,
      deleted: false,
    })
    const made = { id: comment.id, repositoryId: repository.id }
    clientTokens.remember({ ...call, token }, { ...parameters, caller: caller.arn }, made)
    return { comment, isNew: true }
  })
  if (isNew) tellComment(context, repository, caller, comment, 'Created')
  return comment
}

/** A repository as records remember it. */
export const referenceTo = ({ account, region, id, name }: Repository): Subject['repository'] => ({
  account,
  region,
  id,
  name,
})
