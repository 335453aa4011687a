import { reject } from '../reject.ts'
import { checkedResolution } from './resolution.ts'
import type { MergeSettings } from './types.ts'

const OPTIONS = ['FAST_FORWARD_MERGE', 'SQUASH_MERGE', 'THREE_WAY_MERGE']
const DETAILS = ['FILE_LEVEL', 'LINE_LEVEL']
const STRATEGIES = ['NONE', 'ACCEPT_SOURCE', 'ACCEPT_DESTINATION', 'AUTOMERGE']

/** The members that all merging operations have, as they come in. */
interface MergeInput {
  readonly mergeOption?: string | undefined
  readonly conflictDetailLevel?: string | undefined
  readonly conflictResolutionStrategy?: string | undefined
  readonly conflictResolution?: MergeSettings['resolution']
  readonly keepEmptyFolders?: boolean | undefined
}

/**
 * @param fixed the option of operations that have only one; absent: the input must name it
 * @param except options that the operation does not take
 * @throws MergeOptionRequired, InvalidMergeOption, InvalidConflictDetailLevel, InvalidConflictResolutionStrategy, and what
 *   {@link checkedResolution} throws
 */
export const mergeSettings = (
  input: MergeInput,
  fixed?: MergeSettings['option'],
  except: readonly MergeSettings['option'][] = [],
): MergeSettings => {
  const option = fixed ?? input.mergeOption ?? undefined
  if (option === undefined) return reject('MergeOptionRequired', 'A merge option is required.')
  if (!OPTIONS.includes(option) || except.includes(option as MergeSettings['option'])) {
    reject(
      'InvalidMergeOption',
      `The merge option ${JSON.stringify(option)} is not valid for this operation.`,
    )
  }
  const detail = input.conflictDetailLevel ?? 'FILE_LEVEL'
  if (!DETAILS.includes(detail)) {
    reject(
      'InvalidConflictDetailLevel',
      `The conflict detail level is not valid. It is ${DETAILS.join(' or ')}.`,
    )
  }
  const strategy = input.conflictResolutionStrategy ?? 'NONE'
  if (!STRATEGIES.includes(strategy)) {
    reject(
      'InvalidConflictResolutionStrategy',
      `The conflict resolution strategy is not valid. It is one of ${STRATEGIES.join(', ')}.`,
    )
  }
  checkedResolution(input.conflictResolution, strategy)
  return {
    option: option as MergeSettings['option'],
    detail: detail as MergeSettings['detail'],
    strategy: strategy as MergeSettings['strategy'],
    ...(input.conflictResolution && { resolution: input.conflictResolution }),
    keepEmptyFolders: input.keepEmptyFolders ?? false,
  }
}
