import type {
  PostCommentForPullRequestInput,
  PostCommentForPullRequestOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { commentContent, comparedCommits } from '../comments/inputs.ts'
import { checkedLocation, lookAt } from '../comments/location.ts'
import { post, postedBefore, referenceTo } from '../comments/post.ts'
import type { CommentRecord } from '../comments/records.ts'
import { shownComment, shownSubject } from '../comments/view.ts'
import { bareOf, type Context } from '../context.ts'
import { clientRequestToken } from '../idempotency.ts'
import { pullRequestId } from '../pull-requests/inputs.ts'
import { pullRequestOf } from '../pull-requests/repository.ts'
import { repositoryName } from '../validate.ts'

/** Closed pull requests can be commented on, too. */
export const postCommentForPullRequest =
  (context: Context) =>
  async (input: PostCommentForPullRequestInput, call: Call): Promise<PostCommentForPullRequestOutput> => {
    const id = pullRequestId(input.pullRequestId)
    const name = repositoryName(input.repositoryName)
    const token = clientRequestToken(input.clientRequestToken)
    const content = commentContent(input.content)
    const location = checkedLocation(input.location)
    const compared = comparedCommits(input.beforeCommitId, input.afterCommitId)
    const { repository } = pullRequestOf(context, call, id, name)
    const shown = (comment: CommentRecord): PostCommentForPullRequestOutput => ({
      ...shownSubject(comment.subject, repository.name),
      comment: shownComment(context.comments, comment, call.caller.arn),
    })
    const parameters = { pullRequestId: id, repositoryName: name, content, location, ...compared }
    const before = postedBefore(context, call, token, parameters)
    if (before) return shown(before)
    const blobs = await lookAt(context, bareOf(context, repository), compared, location)
    const subject = {
      repository: referenceTo(repository),
      pullRequestId: id,
      ...compared,
      ...(location !== undefined && { location }),
      ...blobs,
    }
    return shown(post(context, call, repository, { subject, content, token }, parameters))
  }
