import type { DescribeMergeConflictsInput, DescribeMergeConflictsOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { filePath, joinPath } from '../files/paths.ts'
import { conflictsBetween, mergeSettings } from '../merging/merging.ts'
import { unchallenged } from '../merging/unchallenged.ts'
import { withObjects } from '../objects/objects.ts'
import { wireName } from '../objects/trees.ts'
import { page, pageSize } from '../paging.ts'
import { existing, reject } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

/** One file of a merge, hunk by hunk; a file that is not in conflict has none. */
export const describeMergeConflicts =
  (context: Context) =>
  async (input: DescribeMergeConflictsInput, call: Call): Promise<DescribeMergeConflictsOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input, undefined, ['FAST_FORWARD_MERGE'])
    const size = pageSize(input.maxMergeHunks, context.limits.entriesPerPage, 'InvalidMaxMergeHunks')
    const path = joinPath(filePath(input.filePath))
    const ends = await endsOf(context, repository, input)
    const found = await conflictsBetween(context, repository, { ...settings, ...ends }, (all) =>
      all.filter((conflict) => conflict.path === path),
    )
    const [conflict] = found.conflicts
    const shown =
      conflict ??
      (await withObjects(context, bareOf(context, repository).directory, (objects) =>
        unchallenged(objects, { ...ends, ...(found.baseCommitId && { base: found.baseCommitId }) }, path),
      )) ??
      reject('FileDoesNotExist', `Could not find path ${wireName(path)}`)
    const hunks = (shown.mergeHunks ?? []).map((hunk, index) => ({
      hunk,
      place: String(index).padStart(9, '0'),
    }))
    const { items, nextToken } = page(hunks, {
      size,
      scope: `DescribeMergeConflicts ${repository.id} ${path} ${JSON.stringify({ ...settings, ...ends })}`,
      token: input.nextToken,
      placeOf: ({ place }) => place,
    })
    return {
      conflictMetadata: shown.conflictMetadata,
      mergeHunks: items.map(({ hunk }) => hunk),
      ...(nextToken !== undefined && { nextToken }),
      destinationCommitId: ends.destination,
      sourceCommitId: ends.source,
      ...(found.baseCommitId !== undefined && { baseCommitId: found.baseCommitId }),
    }
  }
