import type { GetMergeConflictsInput, GetMergeConflictsOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { conflictsBetween, mergeSettings, type PathConflict } from '../merging/merging.ts'
import { page, pageSize } from '../paging.ts'
import { existing } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

/** Whether a merge would go through, and the files that keep it from it, page by page. */
export const getMergeConflicts =
  (context: Context) =>
  async (input: GetMergeConflictsInput, call: Call): Promise<GetMergeConflictsOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input)
    const size = pageSize(input.maxConflictFiles, context.limits.entriesPerPage, 'InvalidMaxConflictFiles')
    const { source, destination } = await endsOf(context, repository, input)
    let nextToken: string | undefined
    const pick = (all: readonly PathConflict[]) => {
      const { items, nextToken: next } = page(all, {
        size,
        scope: `GetMergeConflicts ${repository.id} ${source} ${destination} ${JSON.stringify(settings)}`,
        token: input.nextToken,
        placeOf: ({ path }) => path,
      })
      nextToken = next
      return items
    }
    const found = await conflictsBetween(context, repository, { ...settings, source, destination }, pick)
    return {
      mergeable: found.mergeable,
      destinationCommitId: destination,
      sourceCommitId: source,
      ...(found.baseCommitId !== undefined && { baseCommitId: found.baseCommitId }),
      conflictMetadataList: found.conflicts.flatMap(({ conflictMetadata }) =>
        conflictMetadata ? [conflictMetadata] : [],
      ),
      ...(nextToken !== undefined && { nextToken }),
    }
  }
