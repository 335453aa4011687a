import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { CreateRepositoryInput, CreateRepositoryOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { initBare } from '../bare.ts'
import type { Context } from '../context.ts'
import { chosenKey, keyOf, requireKey } from '../keys.ts'
import { metadataOf } from '../metadata.ts'
import { checkedTags } from '../tags.ts'
import { reject, repositoryDescription, repositoryName } from '../validate.ts'

/** Makes an empty repository; without a key of its own it has the account's AWS managed one, which the first of a region brings along. */
export const createRepository =
  (context: Context) =>
  async (
    input: CreateRepositoryInput,
    { account, region, caller }: Call,
  ): Promise<CreateRepositoryOutput> => {
    const { repositories, parts, git, limits } = context
    const name = repositoryName(input.repositoryName)
    const description = repositoryDescription(input.repositoryDescription)
    const tags = input.tags === undefined ? {} : checkedTags(input.tags)
    const kmsKeyId =
      input.kmsKeyId === undefined
        ? keyOf(context, { account, region })
        : chosenKey(context, { account, region }, input.kmsKeyId)
    const taken = () => reject('RepositoryNameExists', `Repository named ${name} already exists`)
    if (repositories.find({ account, region, name }) !== undefined) taken()
    if (repositories.list(account, region).length >= limits.repositories) {
      reject('RepositoryLimitExceeded', 'The account has as many repositories as it may have.')
    }
    const now = parts.now()
    const repository = {
      id: randomUUID(),
      account,
      region,
      name,
      ...(description !== undefined && { description }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      tags,
      createdAt: now,
      modifiedAt: now,
      triggers: [],
    }
    requireKey(context, repository, caller)
    const directory = repositories.directory(repository)
    await initBare(git, directory)
    if (!repositories.add(repository)) {
      await rm(directory, { recursive: true, force: true })
      taken()
    }
    return { repositoryMetadata: await metadataOf(context, repository) }
  }
