import type { GetMergeCommitInput, GetMergeCommitOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { mergeBase, mergeSettings } from '../merging/merging.ts'
import { mergeCommitOf } from '../merging/remembered.ts'
import { existing } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

/** The commit that merged the source into the destination; there is none for a fast-forward, nor for what was never merged. */
export const getMergeCommit =
  (context: Context) =>
  async (input: GetMergeCommitInput, call: Call): Promise<GetMergeCommitOutput> => {
    const repository = existing(context, call, input.repositoryName)
    mergeSettings(input, 'THREE_WAY_MERGE')
    const { source, destination } = await endsOf(context, repository, {
      sourceCommitSpecifier: input.sourceCommitSpecifier,
      destinationCommitSpecifier: input.destinationCommitSpecifier,
    })
    const [baseCommitId, mergedCommitId] = await Promise.all([
      mergeBase(context, repository, source, destination),
      mergeCommitOf(context, repository, { source, destination }),
    ])
    return {
      sourceCommitId: source,
      destinationCommitId: destination,
      ...(baseCommitId !== undefined && { baseCommitId }),
      ...(mergedCommitId !== undefined && { mergedCommitId }),
    }
  }
