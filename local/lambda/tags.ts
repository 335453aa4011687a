import type { Operation } from '../gateway/service.ts'
import { invalid, missingResource, violated, violation } from './errors.ts'
import type { Functions } from './functions.ts'
import type { Mappings } from './mappings.ts'
import { namedFunction } from './names.ts'

const MAX_TAGS = 50
const PATTERN =
  'arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'

type Tags = Readonly<Record<string, string>>

/** @throws AwsError InvalidParameterValueException for too many */
export const checkTags = (tags: Tags): Tags => {
  if (Object.keys(tags).length > MAX_TAGS) throw invalid('Number of tags exceeds resource tag limit.')
  const own = Object.keys(tags).find((key) => key.toLowerCase().startsWith('aws:'))
  if (own !== undefined)
    throw invalid(`System tags cannot be added/updated by requester. The tag key is ${own}.`)
  return tags
}

/** Tags of functions and event source mappings: API reference, TagResource. */
export const tagOperations = (functions: Functions, mappings: Mappings): Record<string, Operation> => {
  const taggedAt = (arn: string): { tags: Tags; put: (tags: Tags) => void } => {
    const [, , service, region = '', account = '', kind, id = '', qualifier] = arn.split(':')
    if (service !== 'lambda' || !account)
      throw violated(violation(arn, 'resource', `Member must satisfy regular expression pattern: ${PATTERN}`))
    if (kind === 'event-source-mapping') {
      const mapping = mappings.find({ account, region }, id)
      if (!mapping) throw missingResource()
      return { tags: mapping.tags ?? {}, put: (tags) => mappings.put({ ...mapping, tags }) }
    }
    if (kind !== 'function')
      throw violated(violation(arn, 'resource', `Member must satisfy regular expression pattern: ${PATTERN}`))
    if (qualifier !== undefined)
      throw invalid('Tags on function aliases and versions are not supported. Please specify a function ARN.')
    const record = functions.get(arn, namedFunction(arn, { account, region }))
    return {
      tags: record.tags ?? {},
      put: (tags) => functions.put({ ...record, tags }),
    }
  }
  return {
    TagResource: (input) => {
      if (Object.keys(input.Tags ?? {}).length === 0)
        throw invalid('An error occurred and the request cannot be processed.')
      const { tags, put } = taggedAt(input.Resource)
      put(checkTags({ ...tags, ...input.Tags }))
      return {}
    },
    UntagResource: (input) => {
      if (!input.TagKeys?.length)
        throw violated(
          violation('null', 'tagKeys', 'Member must not be null').replace("Value 'null'", 'Value null'),
        )
      const { tags, put } = taggedAt(input.Resource)
      put(Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))))
      return {}
    },
    ListTags: (input) => ({ Tags: taggedAt(input.Resource).tags }),
  }
}
