import type { UpdatePullRequestTitleInput, UpdatePullRequestTitleOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { mustBeOpen, pullRequestId, title } from '../pull-requests/inputs.ts'
import { showPullRequest } from '../pull-requests/view.ts'

/** No event tells of it: none is documented. */
export const updatePullRequestTitle =
  (context: Context) =>
  async (input: UpdatePullRequestTitleInput, call: Call): Promise<UpdatePullRequestTitleOutput> => {
    const id = pullRequestId(input.pullRequestId)
    const text = title(input.title)
    const changed = changePullRequest(
      context,
      call,
      id,
      ({ pullRequest }) => {
        mustBeOpen(pullRequest)
        return { pullRequest: { ...pullRequest, title: text, activeAt: context.parts.now() } }
      },
      { withoutKey: true },
    )
    return { pullRequest: await showPullRequest(context, changed) }
  }
