import type {
  CreateUnreferencedMergeCommitInput,
  CreateUnreferencedMergeCommitOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import { factsOf, merge, mergeSettings } from '../merging/merging.ts'
import { HIDDEN_REFS } from '../refs.ts'
import { existing } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

/**
 * A merge that no branch shows: for a look at what would come of it. A hidden ref keeps it from housekeeping and lets `git fetch` have it
 * by its id (API reference, CreateUnreferencedMergeCommit).
 */
export const createUnreferencedMergeCommit =
  (context: Context) =>
  async (
    input: CreateUnreferencedMergeCommitInput,
    call: Call,
  ): Promise<CreateUnreferencedMergeCommitOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input, undefined, ['FAST_FORWARD_MERGE'])
    const author = authorOf(call.caller.arn, input.authorName, input.email)
    const { sourceCommitSpecifier: source, destinationCommitSpecifier: destination } = input
    const message = messageOf(input.commitMessage, `Merge ${source} into ${destination}`)
    const tips = await endsOf(context, repository, input)
    const made = await merge(context, repository, { ...settings, ...tips, author, message })
    const bare = bareOf(context, repository)
    const ref = `${HIDDEN_REFS}/unreferenced/${made.commitId}`
    await bare.moveRef(ref, await bare.tip(ref), made.commitId)
    context.announce.unreferenced(repository, call.caller, {
      commitId: made.commitId,
      ...factsOf({ ...settings, ...tips }, made.base),
    })
    return { commitId: made.commitId, treeId: made.treeId }
  }
