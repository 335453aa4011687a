import type { ListTagsForResourceInput, ListTagsForResourceOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { taggedRepository } from '../tags.ts'

/** All tags at once: there are fifty at most. */
export const listTagsForResource =
  (context: Context) =>
  (input: ListTagsForResourceInput, call: Call): ListTagsForResourceOutput => ({
    tags: { ...taggedRepository(context, call, input.resourceArn).tags },
  })
