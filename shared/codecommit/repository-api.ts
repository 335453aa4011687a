import { isCodeCommitRefName } from '../git/ref-name.ts'
import { RelayError } from '../runtime/errors.ts'
import { addressText, type ReachableRepository } from './address.ts'
import { type Api, unless } from './api.ts'
import { isAwsError, keyFailureOf } from './failures.ts'

export interface RepositoryDescription {
  /** short name; absent while the repository is empty */
  readonly defaultBranch?: string
  readonly description?: string
  readonly arn?: string
  /** ARN of the KMS key it is encrypted with */
  readonly kmsKey?: string
}

/** What a repository is made with. */
export interface NewRepository {
  /** at most 1,000 characters */
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** ARN, id or alias; absent: `aws/codecommit` */
  readonly kmsKey?: string | undefined
}

export interface RepositoryApi {
  /** names, in this account */
  listRepositories(region: string): Promise<string[]>
  /** undefined where there is no such repository */
  describe(repository: ReachableRepository): Promise<RepositoryDescription | undefined>
  /**
   * A repository that is there is left as it is.
   * @throws RelayError KEY_REFUSED when the KMS key that is wanted cannot be used
   */
  ensureRepository(repository: ReachableRepository, wanted: NewRepository): Promise<'created' | 'present'>
  /** with all that is in it */
  deleteRepository(repository: ReachableRepository): Promise<'deleted' | 'absent'>
  /** @param branch short name; false: the repository has no such branch */
  setDefaultBranch(repository: ReachableRepository, branch: string): Promise<boolean>
}

export const repositoryApi = ({ call, inRegion }: Api): RepositoryApi => ({
  listRepositories: (region) =>
    inRegion('ListRepositories', region, async (client, { paginateListRepositories }) => {
      const names: string[] = []
      for await (const { repositories = [] } of paginateListRepositories({ client }, {})) {
        for (const { repositoryName } of repositories) if (repositoryName) names.push(repositoryName)
      }
      return names
    }),

  describe: (repository) =>
    call('GetRepository', repository, async (client, { GetRepositoryCommand }) => {
      const command = new GetRepositoryCommand({ repositoryName: repository.name })
      const answer = await client.send(command).catch(unless(undefined, 'RepositoryDoesNotExist'))
      if (!answer) return undefined
      const { defaultBranch, repositoryDescription, Arn, kmsKeyId } = answer.repositoryMetadata ?? {}
      return {
        ...(defaultBranch && { defaultBranch }),
        ...(repositoryDescription && { description: repositoryDescription }),
        ...(Arn && { arn: Arn }),
        ...(kmsKeyId && { kmsKey: kmsKeyId }),
      }
    }),

  ensureRepository: (repository, { description, tags = {}, kmsKey }) =>
    call('CreateRepository', repository, async (client, { CreateRepositoryCommand }) => {
      const command = new CreateRepositoryCommand({
        repositoryName: repository.name,
        repositoryDescription: description,
        ...(Object.keys(tags).length > 0 && { tags: { ...tags } }),
        ...(kmsKey !== undefined && { kmsKeyId: kmsKey }),
      })
      try {
        await client.send(command)
        return 'created'
      } catch (error) {
        if (isAwsError(error, 'RepositoryNameExistsException')) return 'present'
        throw keyFailureOf(error, repository, kmsKey) ?? error
      }
    }),

  deleteRepository: (repository) =>
    call('DeleteRepository', repository, async (client, { DeleteRepositoryCommand }) => {
      // one that is not there is no error: the answer lacks its id (CodeCommit API Reference, DeleteRepository)
      const command = new DeleteRepositoryCommand({ repositoryName: repository.name })
      return (await client.send(command)).repositoryId === undefined ? 'absent' : 'deleted'
    }),

  setDefaultBranch: async (repository, branch) => {
    const facts = { operation: 'UpdateDefaultBranch', repository: addressText(repository), branch }
    if (!isCodeCommitRefName(`refs/heads/${branch}`)) throw new RelayError('NAME_INVALID', facts)
    return call(
      'UpdateDefaultBranch',
      repository,
      async (client, { UpdateDefaultBranchCommand }) => {
        const command = new UpdateDefaultBranchCommand({
          repositoryName: repository.name,
          defaultBranchName: branch,
        })
        return client.send(command).then(
          () => true,
          (error: unknown) => {
            if (isAwsError(error, 'RepositoryDoesNotExistException')) {
              throw new RelayError('REPLICA_MISSING', facts, { cause: error })
            }
            return unless(false, 'BranchDoesNotExist')(error)
          },
        )
      },
      { branch },
    )
  },
})
