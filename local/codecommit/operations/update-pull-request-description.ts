import type {
  UpdatePullRequestDescriptionInput,
  UpdatePullRequestDescriptionOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { changePullRequest } from '../pull-requests/change.ts'
import { description, mustBeOpen, pullRequestId } from '../pull-requests/inputs.ts'
import { showPullRequest } from '../pull-requests/view.ts'
import { reject } from '../validate.ts'

/** No event tells of it: none is documented. A missing description is answered as one that is not valid: no exception of its own exists. */
export const updatePullRequestDescription =
  (context: Context) =>
  async (
    input: UpdatePullRequestDescriptionInput,
    call: Call,
  ): Promise<UpdatePullRequestDescriptionOutput> => {
    const id = pullRequestId(input.pullRequestId)
    const text = description(input.description)
    if (text === undefined) return reject('InvalidDescription', 'A description is required.')
    const changed = changePullRequest(
      context,
      call,
      id,
      ({ pullRequest }) => {
        mustBeOpen(pullRequest)
        return { pullRequest: { ...pullRequest, description: text, activeAt: context.parts.now() } }
      },
      { withoutKey: true },
    )
    return { pullRequest: await showPullRequest(context, changed) }
  }
