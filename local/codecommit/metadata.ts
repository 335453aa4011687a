import type { RepositoryMetadata } from '@aws-sdk/client-codecommit'
import { bareOf, type Context } from './context.ts'
import { keyOf } from './keys.ts'
import { type Repository, repositoryArn } from './repositories.ts'

/** A repository as the API shows it; without `defaultBranch` while it is empty. */
export const metadataOf = async (context: Context, repository: Repository): Promise<RepositoryMetadata> => {
  const { account, region, name } = repository
  const defaultBranch = await bareOf(context, repository).defaultBranch()
  const kmsKeyId = keyOf(context, repository)
  return {
    accountId: account,
    repositoryId: repository.id,
    repositoryName: name,
    ...(repository.description !== undefined && { repositoryDescription: repository.description }),
    ...(defaultBranch !== undefined && { defaultBranch }),
    lastModifiedDate: new Date(repository.modifiedAt),
    creationDate: new Date(repository.createdAt),
    cloneUrlHttp: `${context.gitBaseUrl(region)}/v1/repos/${name}`,
    cloneUrlSsh: `ssh://git-codecommit.${region}.amazonaws.com/v1/repos/${name}`,
    Arn: repositoryArn(repository),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
  }
}
