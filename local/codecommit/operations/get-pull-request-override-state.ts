import type {
  GetPullRequestOverrideStateInput,
  GetPullRequestOverrideStateOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { pullRequestId, revisionId } from '../pull-requests/inputs.ts'
import { revisionOf } from '../pull-requests/revisions.ts'

export const getPullRequestOverrideState =
  (context: Context) =>
  (input: GetPullRequestOverrideStateInput, call: Call): GetPullRequestOverrideStateOutput => {
    const id = pullRequestId(input.pullRequestId)
    const { overrider } = revisionOf(context, call, id, revisionId(input.revisionId))
    return { overridden: overrider !== undefined, ...(overrider !== undefined && { overrider }) }
  }
