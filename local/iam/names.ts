import { invalid } from './errors.ts'

const NAME = /^[\w+=,.@-]+$/
const PATH = /^\/$|^\/[\u0021-\u007e]+\/$/

/** @throws {AwsError} ValidationException, by the lengths and patterns of the IAM API reference */
export const checkName = (name: string, max: number, member: string): void => {
  if (!NAME.test(name))
    throw invalid(
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  if (name.length > max)
    throw invalid(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
    )
}

/** @throws {AwsError} ValidationException */
export const checkPath = (path = '/'): string => {
  if (!PATH.test(path) || path.length > 512)
    throw invalid(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
  return path
}

/** @throws {AwsError} ValidationException */
export const checkPathPrefix = (prefix = '/'): string => {
  if (!/^\/[\u0021-\u007f]*$/.test(prefix))
    throw invalid(
      'The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.',
    )
  return prefix
}

export interface PageInput {
  readonly Marker?: string
  readonly MaxItems?: number
}

/**
 * One page of a list, as IAM's `Marker` and `MaxItems` cut it.
 * @throws {AwsError} ValidationException
 */
export const page = <T>(
  items: readonly T[],
  { Marker, MaxItems }: PageInput,
): { items: readonly T[]; IsTruncated: boolean; Marker?: string } => {
  const start = Marker === undefined ? 0 : markedPlace(Marker)
  const size = MaxItems ?? 100
  if (!(size >= 1 && size <= 1000)) throw invalid('MaxItems must be between 1 and 1000.')
  const end = start + size
  const more = end < items.length
  return {
    items: items.slice(start, end),
    IsTruncated: more,
    ...(more && { Marker: Buffer.from(`after ${end}`).toString('base64url') }),
  }
}

const markedPlace = (marker: string): number => {
  const place = /^after (\d{1,9})$/.exec(Buffer.from(marker, 'base64url').toString('utf8'))?.[1]
  if (place === undefined) throw invalid('Invalid Marker.')
  return Number(place)
}
