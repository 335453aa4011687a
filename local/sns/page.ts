/** Entries per page: SNS API Reference, ListTopics, ListSubscriptions. */
const PAGE = 100

/** One page of what is sorted by `key`; the token is the last key of the page before. */
export const page = <T>(
  all: readonly T[],
  token: string | undefined,
  key: (one: T) => string,
  shape: (part: readonly T[]) => object,
): object => {
  const after = token ? Buffer.from(token, 'base64url').toString() : ''
  const rest = all.filter((one) => key(one) > after)
  const part = rest.slice(0, PAGE)
  const last = part.at(-1)
  const more = last !== undefined && rest.length > part.length
  return { ...shape(part), ...(more ? { NextToken: Buffer.from(key(last)).toString('base64url') } : {}) }
}
