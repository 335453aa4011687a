import type {
  GetMergeOptionsInput,
  GetMergeOptionsOutput,
  MergeOptionTypeEnum,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { mergeSettings, planMerge } from '../merging/merging.ts'
import { existing } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

/** Which ways of merging are open: a fast-forward where the destination lies in the source's history, the others without conflicts. */
export const getMergeOptions =
  (context: Context) =>
  async (input: GetMergeOptionsInput, call: Call): Promise<GetMergeOptionsOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input, 'THREE_WAY_MERGE')
    const { source, destination } = await endsOf(context, repository, input)
    const { mergeable, baseCommitId } = await planMerge(context, repository, {
      ...settings,
      source,
      destination,
    })
    const mergeOptions: MergeOptionTypeEnum[] = [
      ...(baseCommitId === destination ? ['FAST_FORWARD_MERGE' as const] : []),
      ...(mergeable ? (['SQUASH_MERGE', 'THREE_WAY_MERGE'] as const) : []),
    ]
    return {
      mergeOptions,
      sourceCommitId: source,
      destinationCommitId: destination,
      // the model requires it; unrelated histories have none
      baseCommitId,
    }
  }
