import type { DeleteRepositoryInput, DeleteRepositoryOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { forgetMerges } from '../merging/remembered.ts'
import { forgetReviews } from '../pull-requests/forget.ts'
import { repositoryName } from '../validate.ts'

/** Deleting what is not there succeeds, without an id (API reference, DeleteRepository). */
export const deleteRepository =
  (context: Context) =>
  async (input: DeleteRepositoryInput, { account, region }: Call): Promise<DeleteRepositoryOutput> => {
    const { repositories } = context
    const name = repositoryName(input.repositoryName)
    const repository = repositories.find({ account, region, name })
    if (repository === undefined) return {}
    await repositories.remove(repository)
    forgetReviews(context, repository.id)
    forgetMerges(context, repository)
    return { repositoryId: repository.id }
  }
