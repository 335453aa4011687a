import type { Tag } from '@aws-sdk/client-sns'
import { AwsError } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'

/** SNS API Reference, TagResource. */
const MAX_TAGS = 50

/**
 * A topic's tags with those given over them.
 * @throws AwsError InvalidParameter, TagLimitExceeded
 */
export const checkTags = (
  given: readonly Tag[] | undefined,
  held: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  const entries = (given ?? []).map(({ Key = '', Value = '' }) => [Key, Value] as const)
  if (new Set(entries.map(([key]) => key)).size < entries.length)
    throw invalidParameter('Duplicated keys are not allowed.')
  for (const [key, value] of entries)
    if (key.length < 1 || key.length > 128 || value.length > 256 || /^aws:/i.test(key))
      throw invalidParameter('Tags')
  const tags = { ...held, ...Object.fromEntries(entries) }
  if (Object.keys(tags).length > MAX_TAGS)
    throw new AwsError('TagLimitExceeded', 'Could not complete request: tag quota of per resource exceeded')
  return tags
}

export const tagsOf = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
