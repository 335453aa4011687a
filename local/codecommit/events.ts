import type { Envelope } from '../gateway/wires.ts'
import { parseRef } from './refs.ts'
import { type RepositoryKey, repositoryArn } from './repositories.ts'

/** A ref that was really moved. Ids are 40 hexadecimal digits; a created ref has no `old`, a deleted one no `new`. */
export interface Change {
  readonly ref: string
  readonly old?: string
  readonly new?: string
  /** a merge by the API moved it */
  readonly merge?: MergeFacts
}

/** What the event of a merge tells besides; the API spells `conflictDetailLevel`, events do not. */
export interface MergeFacts {
  /** absent when the two have no ancestor in common */
  readonly baseCommitId?: string
  readonly sourceCommitId: string
  readonly destinationCommitId: string
  readonly mergeOption: string
  readonly conflictDetailsLevel: string
  readonly conflictResolutionStrategy: string
}

export type ChangeKind = 'created' | 'updated' | 'deleted'

export const kindOf = ({ old, new: target }: Change): ChangeKind =>
  target === undefined ? 'deleted' : old === undefined ? 'created' : 'updated'

export interface ChangedRepository extends RepositoryKey {
  readonly id: string
}

/**
 * The EventBridge event of one change (codecommit user guide, "Monitoring CodeCommit events in Amazon EventBridge"): a deletion names
 * the old commit only, a creation the new one only.
 * @param at milliseconds since the epoch
 */
export const stateChange = (
  repository: ChangedRepository,
  callerArn: string,
  change: Change,
  { id, at }: { id: string; at: number },
): Envelope => {
  const name = parseRef(change.ref)
  const names = { created: 'referenceCreated', updated: 'referenceUpdated', deleted: 'referenceDeleted' }
  return repositoryEvent(repository, callerArn, { id, at }, names[kindOf(change)], {
    referenceType: name?.type,
    referenceName: name?.short,
    referenceFullName: change.ref,
    ...(change.new !== undefined && { commitId: change.new }),
    ...(change.old !== undefined && { oldCommitId: change.old }),
    ...change.merge,
  })
}

/** The event of CreateUnreferencedMergeCommit: no ref moved. @param at milliseconds since the epoch */
export const unreferencedMerge = (
  repository: ChangedRepository,
  callerArn: string,
  merged: MergeFacts & { readonly commitId: string },
  stamp: { id: string; at: number },
): Envelope => repositoryEvent(repository, callerArn, stamp, 'unreferencedMergeCommitCreated', merged)

const repositoryEvent = (
  repository: ChangedRepository,
  callerArn: string,
  { id, at }: { id: string; at: number },
  event: string,
  facts: object,
): Envelope => ({
  version: '0',
  id,
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: repository.account,
  time: `${new Date(at).toISOString().slice(0, 19)}Z`,
  region: repository.region,
  resources: [repositoryArn(repository)],
  detail: {
    event,
    repositoryName: repository.name,
    repositoryId: repository.id,
    callerUserArn: callerArn,
    ...facts,
  },
})
