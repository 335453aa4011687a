import type { PullRequestStatusEnum } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { requireKey } from '../keys.ts'
import type { Repository } from '../repositories.ts'
import { reject } from '../validate.ts'
import type { Place, PullRequest } from './records.ts'

/** API reference, Title and Description; the quotas page has the same figures. */
const MAX_TITLE = 150
const MAX_DESCRIPTION = 10_240

const isMissing = (value: unknown): value is undefined | null => value === undefined || value === null

/** @returns the number; throws PullRequestIdRequired or InvalidPullRequestId */
export const pullRequestId = (id: unknown): string => {
  if (isMissing(id)) reject('PullRequestIdRequired', 'A pull request ID is required.')
  if (typeof id !== 'string' || !/^\d{1,12}$/.test(id)) {
    return reject('InvalidPullRequestId', 'The pull request ID is not valid. It must be a number.')
  }
  return String(Number(id))
}

export interface Found {
  readonly pullRequest: PullRequest
  readonly repository: Repository
}

/** @param id as {@link pullRequestId} returned it. Throws PullRequestDoesNotExist, also when its repository is gone */
export const existingPullRequest = (
  { pullRequests, repositories }: Pick<Context, 'pullRequests' | 'repositories'>,
  place: Place,
  id: string,
): Found => {
  const pullRequest = pullRequests.find(place, id)
  const repository = pullRequest && repositories.current(pullRequest.repository)
  if (pullRequest === undefined || repository === undefined) {
    return reject('PullRequestDoesNotExist', `Pull request ${id} does not exist`)
  }
  return { pullRequest, repository }
}

/** As {@link existingPullRequest}, for calls that open the repository: throws what `requireKey` throws, too. */
export const openedPullRequest = (
  context: Pick<Context, 'pullRequests' | 'repositories' | 'kms'>,
  call: Call,
  id: string,
): Found => {
  const found = existingPullRequest(context, call, id)
  requireKey(context, found.repository, call.caller)
  return found
}

/** Throws PullRequestAlreadyClosed. */
export const mustBeOpen = ({ id, status }: PullRequest): void => {
  if (status === 'CLOSED') reject('PullRequestAlreadyClosed', `Pull request ${id} is already closed`)
}

/** @returns the title; throws TitleRequired or InvalidTitle */
export const title = (text: unknown): string => {
  if (isMissing(text) || text === '') reject('TitleRequired', 'A title is required for the pull request.')
  if (typeof text !== 'string' || [...text].length > MAX_TITLE) {
    return reject('InvalidTitle', `The title is not valid. It can be at most ${MAX_TITLE} characters long.`)
  }
  return text
}

/** @returns the description, undefined when there is none; throws InvalidDescription */
export const description = (text: unknown): string | undefined => {
  if (isMissing(text)) return undefined
  if (typeof text !== 'string' || [...text].length > MAX_DESCRIPTION) {
    return reject(
      'InvalidDescription',
      `The description is not valid. It can be at most ${MAX_DESCRIPTION.toLocaleString('en')} characters long.`,
    )
  }
  return text
}

/** @returns the status; throws InvalidPullRequestStatus */
export const pullRequestStatus = (status: unknown): PullRequestStatusEnum => {
  if (status !== 'OPEN' && status !== 'CLOSED') {
    return reject('InvalidPullRequestStatus', 'The pull request status is not valid. It is OPEN or CLOSED.')
  }
  return status
}

/** @returns the revision id; throws RevisionIdRequired or InvalidRevisionId */
export const revisionId = (id: unknown): string => {
  if (isMissing(id)) reject('RevisionIdRequired', 'A revision ID is required.')
  if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) {
    return reject('InvalidRevisionId', 'The revision ID is not valid. GetPullRequest tells the present one.')
  }
  return id
}

/** Throws RevisionNotCurrent. */
export const mustBeCurrent = (pullRequest: PullRequest, id: string): void => {
  if (pullRequest.revisionId !== id) {
    reject('RevisionNotCurrent', `The revision ${id} is not the present one of the pull request.`)
  }
}

/** Whether a text is the ARN of somebody. */
export const isIdentityArn = (arn: unknown): arn is string =>
  typeof arn === 'string' && /^arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+$/.test(arn)

/** @returns how many items a page holds; throws InvalidMaxResults */
export const pageSize = (asked: unknown, { usual, most }: { usual: number; most: number }): number => {
  if (isMissing(asked)) return usual
  if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 1 || asked > most) {
    return reject('InvalidMaxResults', `The number of results must lie between 1 and ${most}.`)
  }
  return asked
}
