import type { UpdatePullRequestStatusInput, UpdatePullRequestStatusOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { closed, mergeKey } from '../pull-requests/follow.ts'
import { pullRequestId, pullRequestStatus } from '../pull-requests/inputs.ts'
import { showPullRequest } from '../pull-requests/view.ts'
import { reject } from '../validate.ts'

/** Closes a pull request. What is closed stays closed; the status that it has already may be set again (API reference). */
export const updatePullRequestStatus =
  (context: Context) =>
  async (input: UpdatePullRequestStatusInput, call: Call): Promise<UpdatePullRequestStatusOutput> => {
    const id = pullRequestId(input.pullRequestId)
    if (input.pullRequestStatus === undefined) {
      reject('PullRequestStatusRequired', 'A pull request status is required.')
    }
    const status = pullRequestStatus(input.pullRequestStatus)
    // not while a merge is under way: that one ends it
    const changed = await context.queue(mergeKey(call, id), async () =>
      changePullRequest(context, call, id, ({ pullRequest }) => {
        if (status === pullRequest.status) return {}
        if (status === 'OPEN') {
          reject('InvalidPullRequestStatusUpdate', 'A pull request that is closed cannot be opened again.')
        }
        return closed(call.caller, { ...pullRequest, activeAt: context.parts.now() })
      }),
    )
    return { pullRequest: await showPullRequest(context, changed) }
  }
