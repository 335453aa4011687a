import type {
  PostCommentForComparedCommitInput,
  PostCommentForComparedCommitOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentContent, comparedCommits } from '../comments/inputs.ts'
import { checkedLocation, lookAt } from '../comments/location.ts'
import { post, postedBefore, referenceTo } from '../comments/post.ts'
import type { CommentRecord } from '../comments/records.ts'
import { shownComment, shownSubject } from '../comments/view.ts'
import { bareOf, type Context } from '../context.ts'
import { clientRequestToken } from '../idempotency.ts'
import { existing, repositoryName } from '../validate.ts'

/** Without a commit before, the comment is about a first commit. */
export const postCommentForComparedCommit =
  (context: Context) =>
  async (
    input: PostCommentForComparedCommitInput,
    call: Call,
  ): Promise<PostCommentForComparedCommitOutput> => {
    const name = repositoryName(input.repositoryName)
    const token = clientRequestToken(input.clientRequestToken)
    const content = commentContent(input.content)
    const location = checkedLocation(input.location)
    const compared = comparedCommits(input.beforeCommitId, input.afterCommitId, { optional: true })
    const repository = existing(context, call, name)
    const shown = (comment: CommentRecord): PostCommentForComparedCommitOutput => ({
      ...shownSubject(comment.subject, repository.name),
      comment: shownComment(context.comments, comment, call.caller.arn),
    })
    const parameters = { repositoryName: name, content, location, ...compared }
    const before = postedBefore(context, call, token, parameters)
    if (before) return shown(before)
    const blobs = await lookAt(context, bareOf(context, repository), compared, location)
    const subject = {
      repository: referenceTo(repository),
      ...compared,
      ...(location !== undefined && { location }),
      ...blobs,
    }
    return shown(post(context, call, repository, { subject, content, token }, parameters))
  }
