import type { TagResourceInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { checkedTags, taggedRepository } from '../tags.ts'
import { reject } from '../validate.ts'

export const tagResource =
  (context: Context) =>
  (input: TagResourceInput, call: Call): undefined => {
    const repository = taggedRepository(context, call, input.resourceArn)
    if (input.tags === undefined) reject('TagsMapRequired', 'A map of tags is required.')
    context.repositories.update(repository, { tags: checkedTags(input.tags, repository.tags) })
  }
