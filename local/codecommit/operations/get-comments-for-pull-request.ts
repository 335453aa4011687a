import type {
  GetCommentsForPullRequestInput,
  GetCommentsForPullRequestOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { COMMENT_PAGE, commentGroups } from '../comments/groups.ts'
import { lookAt } from '../comments/location.ts'
import { bareOf, type Context } from '../context.ts'
import { openedPullRequest, pageSize, pullRequestId } from '../pull-requests/inputs.ts'
import { pullRequestOf } from '../pull-requests/repository.ts'
import { commitId, repositoryName } from '../validate.ts'

/** Repository and both commits are given together, or none of them (API reference). */
export const getCommentsForPullRequest =
  (context: Context) =>
  async (input: GetCommentsForPullRequestInput, call: Call): Promise<GetCommentsForPullRequestOutput> => {
    const id = pullRequestId(input.pullRequestId)
    const compared = comparisonOf(input)
    const size = pageSize(input.maxResults, COMMENT_PAGE)
    const { repository } =
      compared === undefined
        ? openedPullRequest(context, call, id)
        : pullRequestOf(context, call, id, compared.repositoryName)
    if (compared !== undefined) await lookAt(context, bareOf(context, repository), compared, undefined)
    const found = context.comments
      .of(repository.id, { pullRequestId: id })
      .filter(
        ({ subject }) =>
          compared === undefined ||
          (subject.beforeCommitId === compared.beforeCommitId &&
            subject.afterCommitId === compared.afterCommitId),
      )
    const { groups, ...rest } = commentGroups(context, call, repository, found, {
      size,
      scope: `GetCommentsForPullRequest ${repository.id} ${id} ${JSON.stringify(compared)}`,
      token: input.nextToken,
    })
    return { commentsForPullRequestData: groups, ...rest }
  }

const comparisonOf = ({
  repositoryName: name,
  beforeCommitId,
  afterCommitId,
}: GetCommentsForPullRequestInput) =>
  name === undefined && beforeCommitId === undefined && afterCommitId === undefined
    ? undefined
    : {
        repositoryName: repositoryName(name),
        beforeCommitId: commitId(beforeCommitId),
        afterCommitId: commitId(afterCommitId),
      }
