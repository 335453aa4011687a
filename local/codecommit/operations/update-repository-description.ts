import type { UpdateRepositoryDescriptionInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { existing, repositoryDescription } from '../validate.ts'

/** Without a description the old one is cleared, as with an empty text (API reference, UpdateRepositoryDescription). */
export const updateRepositoryDescription =
  (context: Context) =>
  (input: UpdateRepositoryDescriptionInput, call: Call): undefined => {
    const description = repositoryDescription(input.repositoryDescription) ?? ''
    const repository = existing(context, call, input.repositoryName)
    context.repositories.update(repository, { description, modifiedAt: context.parts.now() })
  }
