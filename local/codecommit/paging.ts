import { reject } from './validate.ts'

/**
 * One page of an ordered list. The token is opaque and holds the last item's place, so that items which come or go between two pages are
 * neither repeated nor passed over.
 * @param scope what the token belongs to; another list's token is refused with InvalidContinuationTokenException
 * @param placeOf text that orders the items: the list must be sorted by it, ascending or descending
 */
export const page = <T>(
  items: readonly T[],
  {
    size,
    scope,
    token,
    placeOf,
    descending = false,
  }: {
    size: number
    scope: string
    token: string | undefined
    placeOf: (item: T) => string
    descending?: boolean
  },
): { items: T[]; nextToken?: string } => {
  const after = token === undefined ? undefined : readToken(token, scope)
  const left =
    after === undefined
      ? items
      : items.filter((item) => (descending ? placeOf(item) < after : placeOf(item) > after))
  const shown = left.slice(0, size)
  const last = shown.at(-1)
  return left.length > size && last !== undefined
    ? { items: shown, nextToken: writeToken(scope, placeOf(last)) }
    : { items: shown }
}

/**
 * How many items one answer holds at most.
 * @param most what the service gives at most, whatever is asked for
 * @throws the named exception, InvalidMaxResults by default, for anything but a positive whole number
 */
export const pageSize = (
  asked: number | undefined,
  most: number,
  otherwise = 'InvalidMaxResults',
): number => {
  if (asked === undefined || asked === null) return most
  if (!Number.isInteger(asked) || asked < 1) {
    reject(otherwise, 'The maximum number of results is not valid. It must be a positive whole number.')
  }
  return Math.min(asked, most)
}

const writeToken = (scope: string, place: string): string =>
  Buffer.from(JSON.stringify([scope, place])).toString('base64url')

const readToken = (token: string, scope: string): string => {
  const parts = parse(Buffer.from(String(token), 'base64url').toString('utf8'))
  if (!Array.isArray(parts) || parts[0] !== scope || typeof parts[1] !== 'string') {
    return reject('InvalidContinuationToken', 'The specified continuation token is not valid.')
  }
  return parts[1]
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
