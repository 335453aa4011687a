import type { GetPullRequestInput, GetPullRequestOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { openedPullRequest, pullRequestId } from '../pull-requests/inputs.ts'
import { showPullRequest } from '../pull-requests/view.ts'

export const getPullRequest =
  (context: Context) =>
  async (input: GetPullRequestInput, call: Call): Promise<GetPullRequestOutput> => {
    const found = openedPullRequest(context, call, pullRequestId(input.pullRequestId))
    return { pullRequest: await showPullRequest(context, found) }
  }
