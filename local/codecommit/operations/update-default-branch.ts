import type { UpdateDefaultBranchInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { branchName, existing, reject } from '../validate.ts'

export const updateDefaultBranch =
  (context: Context) =>
  async (input: UpdateDefaultBranchInput, call: Call): Promise<undefined> => {
    const repository = existing(context, call, input.repositoryName)
    const branch = branchName(input.defaultBranchName)
    const bare = bareOf(context, repository)
    if ((await bare.tip(`refs/heads/${branch}`)) === undefined) {
      reject('BranchDoesNotExist', `Branch ${branch} does not exist`)
    }
    await bare.setHead(branch)
    context.repositories.update(repository, { modifiedAt: context.parts.now() })
  }
