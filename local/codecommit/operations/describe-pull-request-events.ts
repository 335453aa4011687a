import {
  type DescribePullRequestEventsInput,
  type DescribePullRequestEventsOutput,
  PullRequestEventType,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { page } from '../paging.ts'
import { isIdentityArn, openedPullRequest, pageSize, pullRequestId } from '../pull-requests/inputs.ts'
import { shownHappened } from '../pull-requests/view.ts'
import { reject } from '../validate.ts'

/** API reference, DescribePullRequestEvents, maxResults. */
const PAGE = { usual: 100, most: 100 }
const TYPES: readonly string[] = Object.values(PullRequestEventType)

/** Oldest first, as in AWS's samples. Whether an actor exists is not looked up. */
export const describePullRequestEvents =
  (context: Context) =>
  (input: DescribePullRequestEventsInput, call: Call): DescribePullRequestEventsOutput => {
    const { pullRequestEventType: type, actorArn } = input
    const id = pullRequestId(input.pullRequestId)
    if (type !== undefined && !TYPES.includes(type)) {
      reject('InvalidPullRequestEventType', 'The type of pull request events is not valid.')
    }
    if (actorArn !== undefined && !isIdentityArn(actorArn)) {
      reject('InvalidActorArn', 'The ARN of the actor is not valid.')
    }
    const size = pageSize(input.maxResults, PAGE)
    const { pullRequest } = openedPullRequest(context, call, id)
    const found = context.pullRequests
      .happened(pullRequest)
      .map((record, index) => ({ record, place: String(index).padStart(12, '0') }))
      .filter(({ record }) => type === undefined || record.type === type)
      .filter(({ record }) => actorArn === undefined || record.actorArn === actorArn)
    const { items, nextToken } = page(found, {
      size,
      scope: `DescribePullRequestEvents ${call.account} ${call.region} ${id} ${type} ${actorArn}`,
      token: input.nextToken,
      placeOf: ({ place }) => place,
    })
    return {
      pullRequestEvents: items.map(({ record }) => shownHappened(id, record)),
      ...(nextToken !== undefined && { nextToken }),
    }
  }
