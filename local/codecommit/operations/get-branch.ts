import type { GetBranchInput, GetBranchOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { branchName, existing, reject } from '../validate.ts'

export const getBranch =
  (context: Context) =>
  async (input: GetBranchInput, call: Call): Promise<GetBranchOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const branch = branchName(input.branchName)
    const tip = await bareOf(context, repository).tip(`refs/heads/${branch}`)
    if (tip === undefined) return reject('BranchDoesNotExist', `Branch ${branch} does not exist`)
    return { branch: { branchName: branch, commitId: tip } }
  }
