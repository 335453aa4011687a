import type { BatchGetRepositoriesInput, BatchGetRepositoriesOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { metadataOf } from '../metadata.ts'
import { reject, repositoryName } from '../validate.ts'

const MAX_NAMES = 100

export const batchGetRepositories =
  (context: Context) =>
  async (
    { repositoryNames }: BatchGetRepositoriesInput,
    { account, region }: Call,
  ): Promise<BatchGetRepositoriesOutput> => {
    if (!repositoryNames?.length) {
      return reject('RepositoryNamesRequired', 'At least one repository name is required.')
    }
    if (repositoryNames.length > MAX_NAMES) {
      reject('MaximumRepositoryNamesExceeded', `At most ${MAX_NAMES} repositories can be named.`)
    }
    const found = [...new Set(repositoryNames.map(repositoryName))].map((name) => ({
      name,
      repository: context.repositories.find({ account, region, name }),
    }))
    return {
      repositories: await Promise.all(
        found.flatMap(({ repository }) => (repository ? [metadataOf(context, repository)] : [])),
      ),
      repositoriesNotFound: found.filter(({ repository }) => !repository).map(({ name }) => name),
      errors: [],
    }
  }
