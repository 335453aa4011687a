import { AwsError } from '../gateway/service.ts'

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message)

export const missingGroup = () =>
  new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')

export const missingStream = () =>
  new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')

/** API reference of CloudWatch Logs: what a name may look like. */
const GROUP = /^[.\-_/#A-Za-z0-9]+$/
const STREAM = /^[^:*]+$/
const MAX_NAME = 512

const violation = (value: string, member: string, constraint: string) =>
  invalidParameter(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  )

/** @throws AwsError InvalidParameterException for what is no name of a group */
export const checkGroupName = (name: string): string => {
  if (name.length > MAX_NAME)
    throw invalidParameter(
      `Invalid LogGroup or LogStream, both must have length less than or equal to ${MAX_NAME}.`,
    )
  if (!GROUP.test(name))
    throw violation(
      name,
      'logGroupName',
      'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+',
    )
  return name
}

/** @throws AwsError InvalidParameterException for what is no name of a stream */
export const checkStreamName = (name: string): string => {
  if (name.length > MAX_NAME)
    throw invalidParameter(
      `Invalid LogGroup or LogStream, both must have length less than or equal to ${MAX_NAME}.`,
    )
  if (!STREAM.test(name))
    throw violation(name, 'logStreamName', 'Member must satisfy regular expression pattern: [^:*]*')
  return name
}

/** How many results a page may have. @throws AwsError InvalidParameterException past the most */
export const checkLimit = (limit: number | undefined, most: number): number => {
  const value = limit ?? most
  if (value > most)
    throw violation(String(value), 'limit', `Member must have value less than or equal to ${most}`)
  if (value < 1) throw violation(String(value), 'limit', 'Member must have value greater than or equal to 1')
  return value
}

export const invalidToken = () => invalidParameter('The specified nextToken is invalid.')
