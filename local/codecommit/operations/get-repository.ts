import type { GetRepositoryInput, GetRepositoryOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { metadataOf } from '../metadata.ts'
import { existing } from '../validate.ts'

export const getRepository =
  (context: Context) =>
  async ({ repositoryName }: GetRepositoryInput, call: Call): Promise<GetRepositoryOutput> => ({
    repositoryMetadata: await metadataOf(context, existing(context, call, repositoryName)),
  })
