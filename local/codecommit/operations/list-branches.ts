import type { ListBranchesInput, ListBranchesOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { page } from '../paging.ts'
import { existing } from '../validate.ts'

export const listBranches =
  (context: Context) =>
  async (input: ListBranchesInput, call: Call): Promise<ListBranchesOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const refs = await bareOf(context, repository).refs('refs/heads/')
    const names = [...refs.keys()].map((ref) => ref.slice('refs/heads/'.length)).sort()
    const { items, nextToken } = page(names, {
      size: context.limits.branchesPerPage,
      scope: `ListBranches ${repository.id}`,
      token: input.nextToken,
      placeOf: (name) => name,
    })
    return { branches: items, ...(nextToken !== undefined && { nextToken }) }
  }
