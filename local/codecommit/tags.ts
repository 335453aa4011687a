import type { Context } from './context.ts'
import type { Repository, RepositoryKey } from './repositories.ts'
import { isRepositoryName, reject } from './validate.ts'

const MAX_TAGS = 50
const ALLOWED = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u

/** @returns the parts of a repository's ARN; undefined for anything else */
export const parseArn = (arn: string): RepositoryKey | undefined => {
  const [, region, account, name] = /^arn:aws[a-z-]*:codecommit:([a-z0-9-]+):(\d{12}):(.+)$/.exec(arn) ?? []
  return region === undefined || account === undefined || name === undefined
    ? undefined
    : { account, region, name }
}

/** The repository that a tagging call names; throws ResourceArnRequired, InvalidResourceArn, InvalidRepositoryName, RepositoryDoesNotExist. */
export const taggedRepository = (
  { repositories }: Pick<Context, 'repositories'>,
  { account, region }: { account: string; region: string },
  arn: unknown,
): Repository => {
  if (arn === undefined || arn === null) reject('ResourceArnRequired', 'A resource ARN is required.')
  const key = typeof arn === 'string' ? parseArn(arn) : undefined
  if (key === undefined) return reject('InvalidResourceArn', 'The resource ARN is not that of a repository.')
  if (!isRepositoryName(key.name)) reject('InvalidRepositoryName', 'The repository name is not valid.')
  const found = key.account === account && key.region === region ? repositories.find(key) : undefined
  return found ?? reject('RepositoryDoesNotExist', `${key.name} does not exist`)
}

/**
 * Checks tags that are to be set (codecommit user guide, "Quotas"; API reference, TagKey and TagValue). Throws InvalidTagsMap,
 * InvalidSystemTagUsage, and TooManyTags when more than 50 would result.
 */
export const checkedTags = (
  tags: unknown,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  if (typeof tags !== 'object' || tags === null)
    return reject('InvalidTagsMap', 'The map of tags is not valid.')
  const entries = Object.entries(tags)
  for (const [key, value] of entries) {
    checkKey(key, 'InvalidTagsMap')
    if (typeof value !== 'string' || value.length > 256 || !ALLOWED.test(value)) {
      reject('InvalidTagsMap', `The value of the tag ${key} is not valid.`)
    }
  }
  const after = { ...before, ...Object.fromEntries(entries) }
  if (Object.keys(after).length > MAX_TAGS) {
    reject('TooManyTags', `A repository can have at most ${MAX_TAGS} tags.`)
  }
  return after
}

/** @returns the keys; throws TagKeysListRequired, InvalidTagKeysList, InvalidSystemTagUsage, TooManyTags */
export const checkedTagKeys = (keys: unknown): string[] => {
  if (keys === undefined || keys === null) {
    return reject('TagKeysListRequired', 'A list of tag keys is required.')
  }
  if (!Array.isArray(keys)) return reject('InvalidTagKeysList', 'The list of tag keys is not valid.')
  if (keys.length > MAX_TAGS) reject('TooManyTags', `At most ${MAX_TAGS} tags can be removed at once.`)
  return keys.map((key) => checkKey(String(key), 'InvalidTagKeysList'))
}

const checkKey = (key: string, otherwise: string): string => {
  if (/^aws:/i.test(key)) reject('InvalidSystemTagUsage', 'Tag keys that begin with aws: are reserved.')
  if (key.length < 1 || key.length > 128 || !ALLOWED.test(key)) reject(otherwise, 'A tag key is not valid.')
  return key
}
