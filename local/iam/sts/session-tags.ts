import { AwsError, type Caller } from '../../gateway/service.ts'
import { invalid } from '../errors.ts'
import type { SessionRecord, Tag } from '../records.ts'

export interface SessionTagInput {
  readonly Tags?: readonly Tag[]
  readonly TransitiveTagKeys?: readonly string[]
}

const TAGS_MAX = 50

/**
 * The tags of a new session: the call's own, and those that the calling session passes on.
 * @throws {AwsError} InvalidParameterValue, ValidationException
 */
export const sessionTagsOf = (
  { Tags = [], TransitiveTagKeys = [] }: SessionTagInput,
  calling: SessionRecord | undefined,
): Pick<SessionRecord, 'tags' | 'transitive'> => {
  if (Tags.length > TAGS_MAX)
    throw invalid(
      `1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to ${TAGS_MAX}`,
    )
  const keys = Tags.map(({ Key }) => Key.toLowerCase())
  if (new Set(keys).size < keys.length)
    throw refused('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (!TransitiveTagKeys.every((key) => keys.includes(key.toLowerCase())))
    throw refused('The specified transitive tag key must be included in the requested tags.')
  const { tags: former = {}, transitive: inherited = [] } = calling ?? {}
  const fixed = inherited.map((key) => key.toLowerCase())
  if (keys.some((key) => fixed.includes(key)))
    throw refused(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  const passedOn = Object.entries(former).filter(([key]) => fixed.includes(key.toLowerCase()))
  const tags = Object.fromEntries([...passedOn, ...Tags.map(({ Key, Value }) => [Key, Value] as const)])
  if (Object.keys(tags).length === 0) return {}
  return { tags, transitive: [...inherited, ...TransitiveTagKeys] }
}

/** `aws:RequestTag/<key>`, `aws:TagKeys`, `sts:TransitiveTagKeys`: Service Authorization Reference, STS. */
export const tagContext = ({ Tags = [], TransitiveTagKeys = [] }: SessionTagInput) => ({
  ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  ...(Tags.length > 0 && { 'aws:TagKeys': Tags.map(({ Key }) => Key) }),
  ...(TransitiveTagKeys.length > 0 && { 'sts:TransitiveTagKeys': TransitiveTagKeys }),
})

const refused = (message: string) => new AwsError('InvalidParameterValue', message)

/** The session that a caller signed with, if it was one. */
export const sessionOf = (
  sessions: { get(id: string): SessionRecord | undefined },
  { accessKeyId }: Caller,
): SessionRecord | undefined => (accessKeyId === undefined ? undefined : sessions.get(accessKeyId))
