import type { UntagResourceInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { checkedTagKeys, taggedRepository } from '../tags.ts'

export const untagResource =
  (context: Context) =>
  (input: UntagResourceInput, call: Call): undefined => {
    const repository = taggedRepository(context, call, input.resourceArn)
    const gone = checkedTagKeys(input.tagKeys)
    const tags = Object.fromEntries(Object.entries(repository.tags).filter(([key]) => !gone.includes(key)))
    context.repositories.update(repository, { tags })
  }
