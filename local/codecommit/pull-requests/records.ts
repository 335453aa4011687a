import type { MergeOptionTypeEnum, PullRequestEvent as SdkEvent } from '@aws-sdk/client-codecommit'
import type { Store } from '../../state/store.ts'
import type { Repository } from '../repositories.ts'

export interface Place {
  readonly account: string
  readonly region: string
}

/** Where a review belongs: the repository by its id, and by the name it had last. */
export type RepositoryReference = Pick<Repository, 'account' | 'region' | 'id' | 'name'>

export interface ApprovalRuleRecord {
  readonly id: string
  readonly name: string
  readonly content: string
  readonly sha256: string
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly modifiedAt: number
  readonly modifiedBy: string
  /** the template that it was copied from */
  readonly template?: { readonly id: string; readonly name: string }
}

export interface Merge {
  readonly option: MergeOptionTypeEnum
  /** what the destination was set to */
  readonly commitId: string
  readonly mergedBy: string
}

/** A pull request; commits follow the tips of its branches while it is open. */
export interface PullRequest extends Place {
  readonly id: string
  readonly repository: RepositoryReference
  readonly title: string
  readonly description?: string
  readonly authorArn: string
  readonly clientRequestToken?: string
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly activeAt: number
  readonly status: 'OPEN' | 'CLOSED'
  /** full refs */
  readonly sourceReference: string
  readonly destinationReference: string
  readonly sourceCommit: string
  readonly destinationCommit: string
  /** absent: none, or not looked up since the destination moved */
  readonly mergeBase?: string
  readonly revisionId: string
  readonly rules: readonly ApprovalRuleRecord[]
  /** a merge by the API that may or may not have moved the branch yet: what is found there decides */
  readonly merging?: Merge
  readonly merge?: Merge
}

/** What was said about one state of a pull request. */
export interface Revision {
  /** ARNs of those who approve it */
  readonly approvers: readonly string[]
  readonly overrider?: string
}

/** One entry of DescribePullRequestEvents. */
export interface HappenedRecord {
  readonly type: NonNullable<SdkEvent['pullRequestEventType']>
  readonly actorArn: string
  /** milliseconds since the epoch */
  readonly at: number
  /** the member that this type of event has, under its name in the API */
  readonly metadata: Readonly<Record<string, object>>
}

export interface PullRequests {
  find(place: Place, id: string): PullRequest | undefined
  /** the next number of the account and region: numbers are never used again */
  nextId(place: Place): string
  /** stores a new or changed one */
  put(pullRequest: PullRequest): void
  /** in order of number */
  of(repositoryId: string, status?: PullRequest['status']): PullRequest[]
  countOpen(repositoryId: string): number
  /** open ones whose source or destination is among these refs, in order of number */
  touching(repositoryId: string, refs: ReadonlySet<string>): PullRequest[]
  revision(pullRequest: PullRequest, revisionId: string): Revision | undefined
  putRevision(pullRequest: PullRequest, revisionId: string, revision: Revision): void
  happened(pullRequest: PullRequest): HappenedRecord[]
  addHappened(pullRequest: PullRequest, record: HappenedRecord): void
  /** ids of the repositories that have any */
  repositories(): Set<string>
  /** all of a repository's, and everything about them */
  forget(repositoryId: string): void
}

interface Indexed {
  /** of its record */
  readonly key: string
  readonly refs: readonly string[]
}

const WIDTH = 12
const padded = (number: string | number): string => String(number).padStart(WIDTH, '0')
const keyOf = ({ account, region, id }: Place & { id: string }): string =>
  `${account}/${region}/${padded(id)}`

/** Opens what is remembered of pull requests. Callers bundle their changes in a transaction of the store. */
export const openPullRequests = (store: Store): PullRequests => {
  const records = store.collection<PullRequest>('codecommit.pull-requests')
  // with the refs, so that a push need not read all that is open
  const index = store.collection<Indexed>('codecommit.pull-requests.by-repository')
  const numbers = store.collection<number>('codecommit.pull-requests.numbers')
  const revisions = store.collection<Revision>('codecommit.pull-requests.revisions')
  const events = store.collection<HappenedRecord>('codecommit.pull-requests.events')

  const of: PullRequests['of'] = (repositoryId, status) =>
    (status === undefined ? (['OPEN', 'CLOSED'] as const) : [status])
      .flatMap((each) => index.entries(`${repositoryId}/${each}/`))
      .flatMap(([, { key }]) => records.get(key) ?? [])
      .sort((a, b) => Number(a.id) - Number(b.id))
  return {
    find: (place, id) => records.get(keyOf({ ...place, id })),
    nextId: ({ account, region }) => {
      const next = (numbers.get(`${account}/${region}`) ?? 0) + 1
      numbers.put(`${account}/${region}`, next)
      return String(next)
    },
    put: (pullRequest) => {
      const key = keyOf(pullRequest)
      const { repository, status, id, sourceReference, destinationReference } = pullRequest
      records.put(key, pullRequest)
      index.delete(`${repository.id}/${status === 'OPEN' ? 'CLOSED' : 'OPEN'}/${padded(id)}`)
      const refs = [sourceReference, destinationReference]
      index.put(`${repository.id}/${status}/${padded(id)}`, { key, refs })
    },
    of,
    countOpen: (repositoryId) => index.entries(`${repositoryId}/OPEN/`).length,
    touching: (repositoryId, touched) =>
      index
        .entries(`${repositoryId}/OPEN/`)
        .filter(([, { refs }]) => refs.some((ref) => touched.has(ref)))
        .flatMap(([, { key }]) => records.get(key) ?? []),
    revision: (pullRequest, revisionId) => revisions.get(`${keyOf(pullRequest)}/${revisionId}`),
    putRevision: (pullRequest, revisionId, revision) =>
      revisions.put(`${keyOf(pullRequest)}/${revisionId}`, revision),
    happened: (pullRequest) => events.entries(`${keyOf(pullRequest)}/`).map(([, record]) => record),
    addHappened: (pullRequest, record) => {
      const key = keyOf(pullRequest)
      const number = (numbers.get(key) ?? 0) + 1
      numbers.put(key, number)
      events.put(`${key}/${padded(number)}`, record)
    },
    repositories: () => new Set(index.entries().map(([key]) => key.split('/')[0] ?? '')),
    forget: (repositoryId) => {
      for (const [entry, { key }] of index.entries(`${repositoryId}/`)) {
        for (const each of [revisions, events]) {
          for (const [found] of each.entries(`${key}/`)) each.delete(found)
        }
        records.delete(key)
        numbers.delete(key)
        index.delete(entry)
      }
    },
  }
}
