import type {
  BatchGetRepositoriesError,
  BatchGetRepositoriesErrorCodeEnum,
  BatchGetRepositoriesInput,
  BatchGetRepositoriesOutput,
  RepositoryMetadata,
} from '@aws-sdk/client-codecommit'
import { AwsError, type Call, type Caller } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { requireKey } from '../keys.ts'
import { metadataOf } from '../metadata.ts'
import type { Repository } from '../repositories.ts'
import { reject, repositoryName } from '../validate.ts'

const MAX_NAMES = 100

export const batchGetRepositories =
  (context: Context) =>
  async (
    { repositoryNames }: BatchGetRepositoriesInput,
    { account, region, caller }: Call,
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
    const read = await Promise.all(
      found.flatMap(({ repository }) => (repository ? [readOne(context, repository, caller)] : [])),
    )
    return {
      repositories: read.flatMap(({ metadata }) => (metadata ? [metadata] : [])),
      repositoriesNotFound: found.filter(({ repository }) => !repository).map(({ name }) => name),
      errors: read.flatMap(({ error }) => (error ? [error] : [])),
    }
  }

/** A repository whose key cannot be used is an error of its own, beside the others. */
const readOne = async (
  context: Context,
  repository: Repository,
  caller: Caller,
): Promise<{ metadata?: RepositoryMetadata; error?: BatchGetRepositoriesError }> => {
  try {
    requireKey(context, repository, caller)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return {
      error: {
        repositoryId: repository.id,
        repositoryName: repository.name,
        errorCode: error.code as BatchGetRepositoriesErrorCodeEnum,
        errorMessage: error.message,
      },
    }
  }
  return { metadata: await metadataOf(context, repository) }
}
