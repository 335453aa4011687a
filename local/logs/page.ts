import { invalidToken } from './errors.ts'

/**
 * One page of a list that is in order of `nameOf`; the token is the last name that was shown, so that what comes and goes between two
 * pages neither repeats nor hides anything.
 */
export const pageOf = <T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  limit: number,
  token: string | undefined,
): { page: readonly T[]; nextToken?: string } => {
  const after = token === undefined ? undefined : decode(token)
  const from = after === undefined ? 0 : items.findIndex((item) => nameOf(item) === after) + 1
  if (after !== undefined && from === 0 && items.length > 0) {
    const next = items.findIndex((item) => nameOf(item) > after)
    return cut(next < 0 ? [] : items.slice(next), nameOf, limit)
  }
  return cut(items.slice(from), nameOf, limit)
}

const cut = <T>(rest: readonly T[], nameOf: (item: T) => string, limit: number) => {
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return last === undefined || rest.length <= limit ? { page } : { page, nextToken: encode(nameOf(last)) }
}

const encode = (name: string): string => Buffer.from(`after:${name}`).toString('base64url')

const decode = (token: string): string => {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  if (!text.startsWith('after:')) throw invalidToken()
  return text.slice('after:'.length)
}
