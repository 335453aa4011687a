import type { Store } from '../../state/store.ts'
import type { Place, RepositoryReference } from '../pull-requests/records.ts'

export interface CommentLocation {
  readonly filePath: string
  /** line, from 1; absent: the whole file */
  readonly filePosition?: number
  readonly relativeFileVersion: 'BEFORE' | 'AFTER'
}

/** What a thread of comments is about. */
export interface Subject {
  readonly repository: RepositoryReference
  /** absent: a comparison of commits */
  readonly pullRequestId?: string
  /** absent: a first commit, which is compared with nothing */
  readonly beforeCommitId?: string
  readonly afterCommitId: string
  readonly location?: CommentLocation
  readonly beforeBlobId?: string
  readonly afterBlobId?: string
}

export interface CommentRecord extends Place {
  readonly id: string
  readonly subject: Subject
  readonly inReplyTo?: string
  readonly content: string
  readonly authorArn: string
  readonly clientRequestToken?: string
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly modifiedAt: number
  readonly deleted: boolean
  /** place among all comments of the account and region */
  readonly number: number
}

export interface ReactionRecord {
  readonly userArn: string
  /** without colons */
  readonly shortCode: string
  /** milliseconds since the epoch */
  readonly at: number
}

export interface Comments {
  find(place: Place, id: string): CommentRecord | undefined
  /** numbers and stores a new one */
  add(comment: Omit<CommentRecord, 'number'>): CommentRecord
  put(comment: CommentRecord): void
  /** of a repository's comparisons or of one pull request, oldest first */
  of(repositoryId: string, about: { pullRequestId: string } | { afterCommitId: string }): CommentRecord[]
  /** one for each user, in order of ARN */
  reactions(comment: CommentRecord): ReactionRecord[]
  putReaction(comment: CommentRecord, reaction: ReactionRecord): void
  removeReaction(comment: CommentRecord, userArn: string): void
  /** ids of the repositories that have any */
  repositories(): Set<string>
  forget(repositoryId: string): void
}

/** Opens what is remembered of comments. Callers bundle their changes in a transaction of the store. */
export const openComments = (store: Store): Comments => {
  const records = store.collection<CommentRecord>('codecommit.comments')
  const index = store.collection<string>('codecommit.comments.by-subject')
  const numbers = store.collection<number>('codecommit.comments.numbers')
  const reactions = store.collection<ReactionRecord>('codecommit.comments.reactions')
  const keyOf = ({ account, region, id }: Place & { id: string }) => `${account}/${region}/${id}`

  return {
    find: (place, id) => records.get(keyOf({ ...place, id })),
    add: (draft) => {
      const counter = `${draft.account}/${draft.region}`
      const number = (numbers.get(counter) ?? 0) + 1
      numbers.put(counter, number)
      const comment = { ...draft, number }
      records.put(keyOf(comment), comment)
      const { repository, ...about } = comment.subject
      index.put(`${subjectKey(repository.id, about)}/${String(number).padStart(12, '0')}`, keyOf(comment))
      return comment
    },
    put: (comment) => records.put(keyOf(comment), comment),
    of: (repositoryId, about) =>
      index.entries(`${subjectKey(repositoryId, about)}/`).flatMap(([, key]) => records.get(key) ?? []),
    reactions: (comment) => reactions.entries(`${keyOf(comment)}/`).map(([, reaction]) => reaction),
    putReaction: (comment, reaction) =>
      reactions.put(`${keyOf(comment)}/${encodeURIComponent(reaction.userArn)}`, reaction),
    removeReaction: (comment, userArn) =>
      void reactions.delete(`${keyOf(comment)}/${encodeURIComponent(userArn)}`),
    repositories: () => new Set(index.entries().map(([key]) => key.split('/')[0] ?? '')),
    forget: (repositoryId) => {
      for (const [entry, key] of index.entries(`${repositoryId}/`)) {
        for (const [reaction] of reactions.entries(`${key}/`)) reactions.delete(reaction)
        records.delete(key)
        index.delete(entry)
      }
    },
  }
}

const subjectKey = (
  repositoryId: string,
  about: { readonly pullRequestId?: string; readonly afterCommitId?: string },
): string =>
  about.pullRequestId === undefined
    ? `${repositoryId}/commit/${about.afterCommitId}`
    : `${repositoryId}/pull-request/${about.pullRequestId}`
