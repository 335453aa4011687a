import { invalid } from './errors.ts'

/** Amazon SQS quotas, "Quotas related to queues": tags; the texts are inferred. */
const MAX_TAGS = 50

/** @throws AwsError InvalidParameterValueException */
export const checkTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS)
    throw invalid(`Too many tags added for queue. A queue can have ${MAX_TAGS} tags.`)
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > 128)
      throw invalid('Tag keys must be between 1 and 128 characters in length.')
    if (value.length > 256) throw invalid('Tag values must be between 0 and 256 characters in length.')
    if (/^aws:/i.test(key)) throw invalid("Tag keys can't start with 'aws:'.")
  }
  return tags
}
