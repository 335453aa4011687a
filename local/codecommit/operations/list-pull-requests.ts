import type { ListPullRequestsInput, ListPullRequestsOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { page } from '../paging.ts'
import { isIdentityArn, pageSize, pullRequestStatus } from '../pull-requests/inputs.ts'
import type { PullRequest } from '../pull-requests/records.ts'
import { existing, reject } from '../validate.ts'

/** The largest page is not documented. */
const PAGE = { usual: 100, most: 1_000 }

/** The most recently active first (codecommit user guide, "View pull requests"). Whether an author exists is not looked up. */
export const listPullRequests =
  (context: Context) =>
  (input: ListPullRequestsInput, call: Call): ListPullRequestsOutput => {
    const { authorArn } = input
    const status =
      input.pullRequestStatus === undefined ? undefined : pullRequestStatus(input.pullRequestStatus)
    if (authorArn !== undefined && !isIdentityArn(authorArn)) {
      reject('InvalidAuthorArn', 'The ARN of the author is not valid.')
    }
    const repository = existing(context, call, input.repositoryName)
    const size = pageSize(input.maxResults, PAGE)
    const found = context.pullRequests
      .of(repository.id, status)
      .filter((pullRequest) => authorArn === undefined || pullRequest.authorArn === authorArn)
      .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
    const { items, nextToken } = page(found, {
      size,
      scope: `ListPullRequests ${repository.id} ${status} ${authorArn}`,
      token: input.nextToken,
      placeOf,
      descending: true,
    })
    return {
      pullRequestIds: items.map(({ id }) => id),
      ...(nextToken !== undefined && { nextToken }),
    }
  }

const placeOf = ({ activeAt, id }: PullRequest): string =>
  `${String(activeAt).padStart(16, '0')} ${id.padStart(12, '0')}`
