import { AwsError } from '../gateway/service.ts'

interface Paging {
  readonly Limit?: number | undefined
  readonly NextToken?: string | undefined
}

/** The part of a sorted list that a call asks for, and the token of the next one. @throws AwsError ValidationException for a made-up token */
export const pageOf = <T>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  { Limit = 100, NextToken }: Paging,
): { part: readonly T[]; NextToken?: string } => {
  const after = NextToken === undefined ? undefined : Buffer.from(NextToken, 'base64').toString()
  if (after !== undefined && !after.startsWith('after:'))
    throw new AwsError('ValidationException', 'NextToken is not valid.')
  const rest =
    after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after.slice('after:'.length))
  const part = rest.slice(0, Limit)
  const last = part.at(-1)
  if (last === undefined || rest.length === part.length) return { part }
  return { part, NextToken: Buffer.from(`after:${keyOf(last)}`).toString('base64') }
}
