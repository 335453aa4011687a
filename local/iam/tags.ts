import type { Operation } from '../gateway/service.ts'
import { invalid, invalidInput, limitExceeded } from './errors.ts'
import { findRole, findUser } from './find.ts'
import { findOwnPolicy } from './find-policy.ts'
import { type PageInput, page } from './names.ts'
import { keyOf, type Records, type Tag } from './records.ts'

interface Input extends PageInput {
  readonly UserName: string
  readonly RoleName: string
  readonly PolicyArn: string
  readonly Tags: readonly Tag[]
  readonly TagKeys: readonly string[]
}

/** IAM user guide, "Tags for AWS Identity and Access Management resources". */
const TAGS_MAX = 50
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const PATTERN = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+'

/** Keys of users' and roles' tags are not case-sensitive, those of policies' are. */
export type Case = 'ignored' | 'kept'

/**
 * Tags that a call brings.
 * @throws {AwsError} ValidationException, InvalidInputException
 */
export const checkTags = (tags: readonly Tag[] = [], keys: Case = 'ignored'): readonly Tag[] => {
  const broken = (where: string, why: string) =>
    invalid(
      `1 validation error detected: Value at '${where}' failed to satisfy constraint: Member must ${why}`,
    )
  if (tags.length > TAGS_MAX) throw broken('tags', `have length less than or equal to ${TAGS_MAX}`)
  for (const [index, { Key, Value }] of tags.entries()) {
    const at = `tags.${index + 1}.member`
    if (Key.length > 128) throw broken(`${at}.key`, 'have length less than or equal to 128')
    if (!KEY.test(Key)) throw broken(`${at}.key`, `satisfy regular expression pattern: ${PATTERN}`)
    if (Value.length > 256) throw broken(`${at}.value`, 'have length less than or equal to 256')
    if (!VALUE.test(Value))
      throw broken(`${at}.value`, `satisfy regular expression pattern: ${PATTERN.replace('+$', '*')}`)
    if (/^aws:/i.test(Key))
      throw invalidInput('Tag keys that begin with aws: are reserved for AWS and cannot be set.')
  }
  if (new Set(tags.map(({ Key }) => fold(Key, keys))).size < tags.length)
    throw invalidInput(
      keys === 'kept'
        ? 'Duplicate tag keys found.'
        : 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
  return tags
}

const fold = (key: string, keys: Case): string => (keys === 'kept' ? key : key.toLowerCase())

/** @throws {AwsError} ValidationException, InvalidInputException, LimitExceededException */
export const withTags = (
  former: readonly Tag[] = [],
  added: readonly Tag[],
  keys: Case = 'ignored',
): readonly Tag[] => {
  checkTags(added, keys)
  const replaced = new Set(added.map(({ Key }) => fold(Key, keys)))
  const tags = [...former.filter(({ Key }) => !replaced.has(fold(Key, keys))), ...added]
  if (tags.length > TAGS_MAX) throw limitExceeded('The number of tags has reached the maximum limit.')
  return tags
}

const withoutTags = (former: readonly Tag[] = [], gone: readonly string[], keys: Case): readonly Tag[] => {
  const broken = (why: string) =>
    invalid(
      `1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must ${why}`,
    )
  if (gone.length > TAGS_MAX) throw broken(`have length less than or equal to ${TAGS_MAX}`)
  if (gone.some((key) => key.length > 128 || !KEY.test(key)))
    throw broken(
      `satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${PATTERN}, Member must not be null]`,
    )
  const folded = new Set(gone.map((key) => fold(key, keys)))
  return former.filter(({ Key }) => !folded.has(fold(Key, keys)))
}

/** In order of key, capitals first. */
export const sortedTags = (tags: readonly Tag[] = []): readonly Tag[] =>
  [...tags].sort((a, b) => (a.Key < b.Key ? -1 : a.Key > b.Key ? 1 : 0))

const listed = (tags: readonly Tag[] | undefined, input: PageInput) => {
  const { items, ...rest } = page(sortedTags(tags), input)
  return { Tags: items, ...rest }
}

/** Tags of users, roles and policies. */
export const tagOperations = (records: Records): Readonly<Record<string, Operation>> => ({
  TagUser: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName)
    records.users.put(keyOf(account, user.name), { ...user, tags: withTags(user.tags, input.Tags) })
    return {}
  },
  UntagUser: (input: Input, { account }) => {
    const user = findUser(records, account, input.UserName)
    const tags = withoutTags(user.tags, input.TagKeys, 'ignored')
    records.users.put(keyOf(account, user.name), { ...user, tags })
    return {}
  },
  ListUserTags: (input: Input, { account }) => listed(findUser(records, account, input.UserName).tags, input),
  TagRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    records.roles.put(keyOf(account, role.name), { ...role, tags: withTags(role.tags, input.Tags) })
    return {}
  },
  UntagRole: (input: Input, { account }) => {
    const role = findRole(records, account, input.RoleName)
    const tags = withoutTags(role.tags, input.TagKeys, 'ignored')
    records.roles.put(keyOf(account, role.name), { ...role, tags })
    return {}
  },
  ListRoleTags: (input: Input, { account }) => listed(findRole(records, account, input.RoleName).tags, input),
  TagPolicy: (input: Input, { account }) => {
    const policy = findOwnPolicy(records, account, input.PolicyArn)
    records.policies.put(policy.arn, { ...policy, tags: withTags(policy.tags, input.Tags, 'kept') })
    return {}
  },
  UntagPolicy: (input: Input, { account }) => {
    const policy = findOwnPolicy(records, account, input.PolicyArn)
    records.policies.put(policy.arn, { ...policy, tags: withoutTags(policy.tags, input.TagKeys, 'kept') })
    return {}
  },
  ListPolicyTags: (input: Input, { account }) =>
    listed(findOwnPolicy(records, account, input.PolicyArn).tags, input),
})
