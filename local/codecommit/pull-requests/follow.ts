import type { Context } from '../context.ts'
import type { Actor } from '../envelope.ts'
import type { Change } from '../events.ts'
import type { Repository } from '../repositories.ts'
import { changeQuietly, type Outcome } from './change.ts'
import { sentences } from './events.ts'
import { type History, openHistory } from './history.ts'
import type { Merge, Place, PullRequest } from './records.ts'
import { revised } from './revise.ts'

/**
 * Brings a repository's open pull requests in step with its refs, after these changes. Whatever order changes are told in, the refs as
 * they are now decide; a change tells besides that a branch was gone in between. Does nothing when no pull request is touched.
 * @returns what tells of it, to be called when the refs themselves are told
 */
export const followRefs = async (
  context: Context,
  repository: Repository,
  actor: Actor,
  changes: readonly Change[],
): Promise<(() => void)[]> => {
  const { queue, pullRequests } = context
  const touched = new Set(changes.map(({ ref }) => ref))
  // one that is just being made reads the refs itself, before or after they moved: then it is waited for
  if (queue.idle(repository.id) && pullRequests.touching(repository.id, touched).length === 0) return []
  return queue(repository.id, async () => {
    const gone = new Set(changes.filter((change) => change.new === undefined).map(({ ref }) => ref))
    const look = { context, repository, actor, gone, history: openHistory(context, repository) }
    const tells: (() => void)[] = []
    for (const pullRequest of pullRequests.touching(repository.id, touched)) {
      tells.push(await follow(look, pullRequest))
    }
    return tells
  })
}

/** At the start: what a killed cloud did not get to. Who moved the refs is not known any more; the account itself is named. */
export const catchUp = async (context: Context): Promise<void> => {
  for (const repository of context.repositories.all()) {
    const actor = { arn: `arn:aws:iam::${repository.account}:root`, kind: 'root' } as const
    const history = openHistory(context, repository)
    for (const pullRequest of context.pullRequests.of(repository.id, 'OPEN')) {
      const tell = await follow({ context, repository, actor, gone: new Set(), history }, pullRequest)
      tell()
      // no merge outlives its process: one that is still noted did not happen
      forgetMerge(context, repository, pullRequest.id)
    }
  }
}

/** Merges of one pull request, and whatever must not happen during one, are queued under this. */
export const mergeKey = ({ account, region }: Place, id: string): string => `merge ${account} ${region} ${id}`

/** After a merge by the API that moved nothing. */
export const forgetMerge = ({ parts, pullRequests }: Context, place: Place, id: string): void =>
  parts.store.transaction(() => {
    const { merging, ...pullRequest } = pullRequests.find(place, id) ?? {}
    if (merging !== undefined) pullRequests.put(pullRequest as PullRequest)
  })

/** On whose behalf, and with what, pull requests of a repository are looked at. */
interface Look {
  readonly context: Context
  readonly repository: Repository
  readonly actor: Actor
  /** refs that were deleted, even if they are back */
  readonly gone: ReadonlySet<string>
  readonly history: History
}

/** What is found in the repository about one pull request. */
interface Findings {
  /** tips; undefined: the branch is gone */
  readonly source: string | undefined
  readonly destination: string | undefined
  /** undefined when there is none, or when it is looked up only once somebody asks */
  readonly mergeBase: string | undefined
  readonly merge: Merge | undefined
}

/** A pull request that cannot be brought in step is logged, and does not hold up the others. @returns what tells of it */
const follow = async (look: Look, pullRequest: PullRequest): Promise<() => void> => {
  const { context, repository, actor } = look
  try {
    const findings = await lookAt(look, pullRequest)
    return changeQuietly(context, repository, actor, pullRequest.id, ({ pullRequest: now }) =>
      now.status === 'OPEN' ? outcomeOf(context, repository, actor, now, findings) : {},
    ).tell
  } catch (error) {
    context.parts.log('codecommit', 'a pull request could not be brought in step with its branches', {
      repository: repository.name,
      pullRequestId: pullRequest.id,
      error: String(error),
    })
    return () => undefined
  }
}

const lookAt = async (look: Look, pullRequest: PullRequest): Promise<Findings> => {
  const { gone, history } = look
  const { sourceReference, destinationReference, sourceCommit, destinationCommit } = pullRequest
  const [source, destination] = await Promise.all(
    [sourceReference, destinationReference].map((ref) => (gone.has(ref) ? undefined : history.tip(ref))),
  )
  const merge =
    destination === undefined || destination === destinationCommit
      ? undefined
      : await mergeIn(look, pullRequest, source, destination)
  const baseOf = async (): Promise<string | undefined> => {
    if (merge !== undefined || source === undefined || destination === undefined) {
      return pullRequest.mergeBase ?? history.mergeBase(sourceCommit, destinationCommit)
    }
    if (source !== sourceCommit) return history.mergeBase(source, destination)
    return destination === destinationCommit ? pullRequest.mergeBase : undefined
  }
  return { source, destination, mergeBase: await baseOf(), merge }
}

/**
 * How the destination took the source in: by the API's merge that was under way, or by a push, which counts when it is a fast-forward
 * (codecommit user guide, "Merge a pull request").
 */
const mergeIn = async (
  { history, actor }: Look,
  pullRequest: PullRequest,
  source: string | undefined,
  destination: string,
): Promise<Merge | undefined> => {
  const branch = { from: pullRequest.destinationCommit, to: destination }
  const { merging } = pullRequest
  if (merging !== undefined && (await history.fastForwarded(branch, merging.commitId))) return merging
  const commitId = source ?? pullRequest.sourceCommit
  return (await history.fastForwarded(branch, commitId))
    ? { option: 'FAST_FORWARD_MERGE', commitId, mergedBy: actor.arn }
    : undefined
}

const outcomeOf = (
  context: Context,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  { source, destination, mergeBase, merge }: Findings,
): Outcome => {
  const at = context.parts.now()
  const { mergeBase: _, ...rest } = pullRequest
  const found = { ...rest, ...(mergeBase !== undefined && { mergeBase }) }
  if (merge !== undefined) {
    // a source that moved by the same push was merged as it is then
    const fastForward = merge.option === 'FAST_FORWARD_MERGE' && { sourceCommit: merge.commitId }
    return merged(repository, actor, { ...found, ...fastForward, merge, activeAt: at })
  }
  if (source === undefined || destination === undefined) return closed(actor, { ...found, activeAt: at })
  const sourceMoved = source !== pullRequest.sourceCommit
  if (!sourceMoved && destination === pullRequest.destinationCommit) return {}
  const followed: PullRequest = { ...found, destinationCommit: destination }
  if (!sourceMoved) return { pullRequest: followed }
  const next = revised(context.pullRequests, followed, { sourceCommit: source, activeAt: at })
  return {
    pullRequest: next,
    happened: {
      type: 'PULL_REQUEST_SOURCE_REFERENCE_UPDATED',
      metadata: {
        pullRequestSourceReferenceUpdatedEventMetadata: {
          repositoryName: repository.name,
          beforeCommitId: pullRequest.sourceCommit,
          afterCommitId: source,
          ...(mergeBase !== undefined && { mergeBase }),
        },
      },
    },
    told: { event: 'pullRequestSourceBranchUpdated', sentence: sentences.sourceMoved(next, actor) },
  }
}

/** A pull request whose `merge` says how its destination took it in. */
export const merged = (
  repository: Repository,
  actor: Actor,
  { merging: _, ...pullRequest }: PullRequest,
): Outcome => {
  const { option, commitId, mergedBy } = pullRequest.merge as Merge
  return {
    pullRequest: { ...pullRequest, status: 'CLOSED' },
    happened: {
      type: 'PULL_REQUEST_MERGE_STATE_CHANGED',
      metadata: {
        pullRequestMergedStateChangedEventMetadata: {
          repositoryName: repository.name,
          destinationReference: pullRequest.destinationReference,
          mergeMetadata: { isMerged: true, mergedBy, mergeCommitId: commitId, mergeOption: option },
        },
      },
    },
    told: {
      event: 'pullRequestMergeStatusUpdated',
      fields: { mergeOption: option },
      sentence: sentences.merged(pullRequest, actor),
    },
  }
}

/** A pull request that ends without a merge. */
export const closed = (actor: Actor, { merging: _, ...pullRequest }: PullRequest): Outcome => ({
  pullRequest: { ...pullRequest, status: 'CLOSED' },
  happened: {
    type: 'PULL_REQUEST_STATUS_CHANGED',
    metadata: { pullRequestStatusChangedEventMetadata: { pullRequestStatus: 'CLOSED' } },
  },
  told: { event: 'pullRequestStatusChanged', sentence: sentences.closed(pullRequest, actor) },
})
