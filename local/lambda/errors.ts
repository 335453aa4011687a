import { AwsError } from '../gateway/service.ts'

/** Every exception of Lambda's own carries whose fault it is. */
const user = (code: string, message: string, status: number, more: object = {}) =>
  new AwsError(code, message, status, { Type: 'User', ...more })

export const invalid = (message: string) => user('InvalidParameterValueException', message, 400)

export const notFound = (message: string) => user('ResourceNotFoundException', message, 404)

export const conflict = (message: string) => user('ResourceConflictException', message, 409)

export const missingFunction = (arn: string) => notFound(`Function not found: ${arn}`)

export const missingResource = () => notFound('The resource you requested does not exist.')

export const staleRevision = (read = 'GetFunction/GetAlias') =>
  user(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${read} API to retrieve the latest Revision Id`,
    412,
  )

export const tooLarge = (message: string) => user('RequestEntityTooLargeException', message, 413)

export const tooMany = (reserved: boolean) =>
  user('TooManyRequestsException', 'Rate Exceeded.', 429, {
    Reason: reserved
      ? 'ReservedFunctionConcurrentInvocationLimitExceeded'
      : 'ConcurrentInvocationLimitExceeded',
  })

/** Lambda's own checks of a request against its model: all that is wrong with it, at once. */
export const violated = (...violations: readonly string[]) =>
  new AwsError(
    'ValidationException',
    `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: ${violations.join('; ')}`,
  )

export const violation = (value: unknown, member: string, constraint: string): string =>
  `Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`

/** @throws AwsError ValidationException unless the number lies within */
export const within = (member: string, value: number, least: number, most: number): number => {
  if (value < least)
    throw violated(violation(value, member, `Member must have value greater than or equal to ${least}`))
  if (value > most)
    throw violated(violation(value, member, `Member must have value less than or equal to ${most}`))
  return value
}
