import { toDate } from '../dates.ts'
import { invalid } from '../errors.ts'
import type { TemporaryCredentials } from '../sessions.ts'
import { packedSize, type SessionPolicyInput } from './session-policies.ts'
import type { SessionTagInput } from './session-tags.ts'

/**
 * How long a session is good for.
 * @throws {AwsError} ValidationException, in the words of the model's bounds
 */
export const secondsWithin = (wanted: number, min: number, max: number): number => {
  const bound = (what: string, limit: number) =>
    invalid(
      `1 validation error detected: Value '${wanted}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${what} than or equal to ${limit}`,
    )
  if (!(wanted >= min && Number.isInteger(wanted))) throw bound('greater', min)
  if (wanted > max) throw bound('less', max)
  return wanted
}

export const describeCredentials = (credentials: TemporaryCredentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: toDate(credentials.expiration),
})

/** How much of a session's room policies and tags take; undefined when there are none. */
export const packedSizeOf = (input: SessionPolicyInput & SessionTagInput): number | undefined => {
  const { Policy, PolicyArns = [], Tags = [] } = input
  if (Policy === undefined && PolicyArns.length === 0 && Tags.length === 0) return undefined
  const arns = PolicyArns.reduce((sum, { arn = '' }) => sum + arn.length, 0)
  const tags = Tags.reduce((sum, { Key, Value }) => sum + Key.length + Value.length, 0)
  return packedSize((Policy ?? '').length + arns + tags)
}
