import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import type { Actor } from '../envelope.ts'
import { requireKey } from '../keys.ts'
import { type Told, tellPullRequest } from './events.ts'
import { existingPullRequest, type Found } from './inputs.ts'
import type { HappenedRecord, Place, PullRequest } from './records.ts'

/** What becomes of a pull request by one call. */
export interface Outcome {
  /** absent: it stays as it is */
  readonly pullRequest?: PullRequest
  /** for the list of its events */
  readonly happened?: Pick<HappenedRecord, 'type' | 'metadata'>
  /** for the bus */
  readonly told?: Told
}

/**
 * Changes a pull request in one transaction.
 * @param decide gets the pull request as it is now; what it throws undoes everything
 * @returns the pull request as it is then, and what tells of it
 */
export const changeQuietly = (
  context: Context,
  place: Place,
  actor: Actor,
  id: string,
  decide: (found: Found) => Outcome,
): { found: Found; tell: () => void } => {
  const { store, now } = context.parts
  const { found, told } = store.transaction(() => {
    const before = existingPullRequest(context, place, id)
    const { pullRequest = before.pullRequest, happened, told } = decide(before)
    if (pullRequest !== before.pullRequest) context.pullRequests.put(pullRequest)
    if (happened !== undefined) {
      context.pullRequests.addHappened(pullRequest, { ...happened, actorArn: actor.arn, at: now() })
    }
    return { found: { ...before, pullRequest }, told }
  })
  const tell = () => {
    if (told !== undefined) tellPullRequest(context, found.repository, actor, found.pullRequest, told)
  }
  return { found, tell }
}

/**
 * The same for a call, and tells it.
 * @param withoutKey the API lists no exceptions of keys for this operation
 */
export const changePullRequest = (
  context: Context,
  call: Call,
  id: string,
  decide: (found: Found) => Outcome,
  { withoutKey = false } = {},
): Found => {
  const { found, tell } = changeQuietly(context, call, call.caller, id, (before) => {
    if (!withoutKey) requireKey(context, before.repository, call.caller)
    return decide(before)
  })
  tell()
  return found
}
