import { invalidParameter } from './records.ts'

const MAX_RESULTS = 100

/** A page of ARNs or names as `{ [member]: items, nextToken }`; the token is the last that was shown. */
export const pageOf = (
  member: string,
  items: readonly string[],
  input: { maxResults?: number | undefined; nextToken?: string | undefined },
): object => {
  const size = input.maxResults ?? MAX_RESULTS
  if (!Number.isInteger(size) || size < 1 || size > MAX_RESULTS)
    throw invalidParameter(`maxResults must be between 1 and ${MAX_RESULTS}.`)
  const after = input.nextToken ? decode(input.nextToken) : undefined
  const from = after === undefined ? 0 : items.indexOf(after) + 1
  const page = items.slice(from, from + size)
  const last = page.at(-1)
  return {
    [member]: page,
    ...(last === undefined || from + size >= items.length
      ? {}
      : { nextToken: Buffer.from(`after:${last}`).toString('base64url') }),
  }
}

const decode = (token: string): string => {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  if (!text.startsWith('after:')) throw invalidParameter('Invalid token.')
  return text.slice('after:'.length)
}
