import type { UpdateRepositoryNameInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { named, reject, repositoryName } from '../validate.ts'

/** Changes ARN and clone address; id, refs, tags and triggers stay (inferred). */
export const updateRepositoryName =
  (context: Context) =>
  ({ oldName, newName }: UpdateRepositoryNameInput, call: Call): undefined => {
    repositoryName(oldName)
    const name = repositoryName(newName)
    const repository = named(context, call, oldName)
    if (context.repositories.find({ account: call.account, region: call.region, name }) !== undefined) {
      reject('RepositoryNameExists', `Repository named ${name} already exists`)
    }
    context.repositories.update(repository, { name, modifiedAt: context.parts.now() })
  }
