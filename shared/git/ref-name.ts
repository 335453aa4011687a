/** Longest full ref name. CodeCommit allows 256 characters after `refs/heads/` ("Quotas in AWS CodeCommit", branch names). */
const MAX_SHORT_NAME = 256

const NAMESPACE = /^refs\/(?:heads|tags)\//

// git-check-ref-format(1), rules 4, 5 and 10: control characters and these are never part of a ref name.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the rule is about control characters
const FORBIDDEN = /[\x00-\x20\x7f~^:?*[\\]/

/**
 * Whether this is a full branch or tag name that git itself would accept.
 * Source: git-check-ref-format(1); the rules that concern a single-level name do not arise below `refs/heads/`.
 */
export const isRefName = (name: string): boolean =>
  (PLAIN.test(name) && !name.includes('.lock')) || keepsAllRules(name)

/** What nearly all names look like: seen at once to keep every rule but that of `.lock`. */
const PLAIN = /^refs\/(?:heads|tags)\/[\w-]+(?:[./][\w-]+)*$/

const keepsAllRules = (name: string): boolean =>
  NAMESPACE.test(name) &&
  !FORBIDDEN.test(name) &&
  !name.includes('..') &&
  !name.includes('@{') &&
  !name.endsWith('.') &&
  name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))

/**
 * Whether CodeCommit takes this full branch or tag name: git's rules, 1 to 256 characters after the namespace, and neither
 * `@` alone nor something that looks like an object id.
 * Source: "Quotas in AWS CodeCommit", branch names; that tags obey the same is inferred.
 */
export const isCodeCommitRefName = (name: string): boolean => {
  const short = name.replace(NAMESPACE, '')
  return (
    isRefName(name) &&
    [...short].length <= MAX_SHORT_NAME &&
    short !== '@' &&
    !/^[0-9a-fA-F]{40}$/.test(short)
  )
}
