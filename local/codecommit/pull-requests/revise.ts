import { randomBytes } from 'node:crypto'
import type { PullRequest, PullRequests } from './records.ts'

/** A new id of a state of a pull request: 64 hexadecimal digits, as seen in events. */
export const newRevisionId = (): string => randomBytes(32).toString('hex')

/** The pull request in a new state that nobody has approved yet. */
export const revised = (
  pullRequests: PullRequests,
  pullRequest: PullRequest,
  change: Partial<PullRequest>,
): PullRequest => {
  const next = { ...pullRequest, ...change, revisionId: newRevisionId() }
  pullRequests.putRevision(next, next.revisionId, { approvers: [] })
  return next
}
