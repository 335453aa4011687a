import type { DeleteBranchInput, DeleteBranchOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { moved } from '../moved.ts'
import { branchName, existing, reject } from '../validate.ts'

/** A branch that is not there is deleted without an answer: the API lists no BranchDoesNotExistException for it. */
export const deleteBranch =
  (context: Context) =>
  async (input: DeleteBranchInput, call: Call): Promise<DeleteBranchOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const branch = branchName(input.branchName)
    const bare = bareOf(context, repository)
    if ((await bare.defaultBranch()) === branch) {
      reject(
        'DefaultBranchCannotBeDeleted',
        'The default branch cannot be deleted. Choose another one first.',
      )
    }
    const ref = `refs/heads/${branch}`
    const tip = await bare.tip(ref)
    if (tip === undefined) return {}
    await bare.moveRef(ref, tip, undefined)
    await moved(context, repository, call, { ref, old: tip })
    return { deletedBranch: { branchName: branch, commitId: tip } }
  }
