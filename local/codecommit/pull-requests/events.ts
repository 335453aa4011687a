import type { Context } from '../context.ts'
import { type Actor, consoleUrl, identityOf, identitySentences, javaDate, tell } from '../envelope.ts'
import { type Repository, repositoryArn } from '../repositories.ts'
import type { PullRequest } from './records.ts'

/** One of the events of "CodeCommit Pull Request State Change". */
export interface Told {
  readonly event: string
  /** what only this event has */
  readonly fields?: Readonly<Record<string, string>>
  /** what happened, as one or more English sentences: {@link sentences} */
  readonly sentence: string
}

/**
 * Puts a pull request's event onto the bus (codecommit user guide, "Monitoring CodeCommit events in Amazon EventBridge"): every value is
 * a text, dates are Java's, the state is capitalised.
 */
export const tellPullRequest = (
  context: Pick<Context, 'wires' | 'parts'>,
  repository: Pick<Repository, 'account' | 'region' | 'name'>,
  actor: Actor,
  pullRequest: PullRequest,
  { event, fields, sentence }: Told,
): void => {
  const { id, description } = pullRequest
  const page = `repositories/${repository.name}/pull-requests/${id}`
  tell(context, repository, 'CodeCommit Pull Request State Change', [repositoryArn(repository)], {
    event,
    pullRequestId: id,
    repositoryNames: [repository.name],
    title: pullRequest.title,
    ...(description !== undefined && { description }),
    author: pullRequest.authorArn,
    ...identityOf(actor),
    pullRequestStatus: pullRequest.status === 'OPEN' ? 'Open' : 'Closed',
    isMerged: pullRequest.merge === undefined ? 'False' : 'True',
    sourceReference: pullRequest.sourceReference,
    destinationReference: pullRequest.destinationReference,
    sourceCommit: pullRequest.sourceCommit,
    destinationCommit: pullRequest.destinationCommit,
    revisionId: pullRequest.revisionId,
    creationDate: javaDate(pullRequest.createdAt),
    lastModifiedDate: javaDate(pullRequest.activeAt),
    notificationBody:
      `A pull request event occurred in the following AWS CodeCommit repository: ${repository.name}. ` +
      `${identitySentences(actor)}${sentence} For more information, go to the AWS CodeCommit console ` +
      consoleUrl(repository.region, page),
    ...fields,
  })
}

/** What `notificationBody` says about each event, as captured events and AWS's samples word it: people's filters look for these words. */
export const sentences = {
  created: ({ id, title }: PullRequest, { arn }: Actor): string =>
    `${arn} made the following PullRequest ${id}. The pull request was created with the following information: ` +
    `Pull Request ID as ${id} and title as ${title}.`,
  sourceMoved: ({ id, sourceReference }: PullRequest, { arn }: Actor): string =>
    `User: ${arn}. Event: Updated. The user updated the following pull request: ${id}. The pull request was updated ` +
    `with one or more commits to the source branch: ${sourceReference.slice('refs/heads/'.length)}.`,
  closed: ({ id }: PullRequest, { arn }: Actor): string =>
    `${arn} updated the following PullRequest ${id}. The pull request status has been updated. The status is closed.`,
  merged: ({ id }: PullRequest, { arn }: Actor): string =>
    `${arn} updated the following PullRequest ${id}. The pull request merge status has been updated. The status is merged.`,
  updated: ({ id }: PullRequest, { arn }: Actor, what: string): string =>
    `User: ${arn}. Event: Updated. Pull request: ${id}. Additional information: ${what}`,
}
