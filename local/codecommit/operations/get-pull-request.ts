import type { GetPullRequestInput, GetPullRequestOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { openedPullRequest, pullRequestId } from '../pull-requests/inputs.ts'
import { shownPullRequest } from '../pull-requests/view.ts'

export const getPullRequest =
  (context: Context) =>
  (input: GetPullRequestInput, call: Call): GetPullRequestOutput => {
    const { pullRequest, repository } = openedPullRequest(context, call, pullRequestId(input.pullRequestId))
    return { pullRequest: shownPullRequest(pullRequest, repository.name) }
  }
