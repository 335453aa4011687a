import type { CreateBranchInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { moved } from '../moved.ts'
import { branchName, commitId, existing, reject } from '../validate.ts'

/** A new branch at a known commit; never changes the default branch. */
export const createBranch =
  (context: Context) =>
  async (input: CreateBranchInput, call: Call): Promise<undefined> => {
    const repository = existing(context, call, input.repositoryName)
    const branch = branchName(input.branchName)
    const id = commitId(input.commitId)
    const bare = bareOf(context, repository)
    const ref = `refs/heads/${branch}`
    const taken = () => reject('BranchNameExists', `Branch named ${branch} already exists`)
    if ((await bare.tip(ref)) !== undefined) taken()
    if (!(await bare.commits([id])).has(id)) reject('CommitDoesNotExist', `Commit ${id} does not exist`)
    try {
      await bare.moveRef(ref, undefined, id)
    } catch (cause) {
      // somebody else was quicker
      if ((await bare.tip(ref)) !== undefined) taken()
      if (!/cannot create|exists/.test(String(cause))) throw cause
      reject('InvalidBranchName', `The branch name is not valid: another branch is in its way.`)
    }
    await moved(context, repository, call, { ref, new: id })
  }
