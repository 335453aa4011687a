import { AwsError, type Caller } from '../gateway/service.ts'
import { type GrantRecord, type Keys, notFound, type Place } from './keys.ts'

interface Input {
  readonly KeyId?: string
  readonly GrantId?: string
  readonly GrantToken?: string
}

/**
 * The grant that RetireGrant names, by its token or by key and id (KMS API reference, RetireGrant).
 * @throws {AwsError} ValidationException, InvalidGrantTokenException, NotFoundException
 */
export const grantToRetire = (
  keys: Pick<Keys, 'findById' | 'grants'>,
  { KeyId, GrantId, GrantToken }: Input,
  place: Place,
): GrantRecord => {
  if (GrantToken !== undefined) {
    const found = keys.grants.entries().find(([, { token }]) => token === GrantToken)?.[1]
    if (!found) throw new AwsError('InvalidGrantTokenException', 'The grant token is not valid.')
    return found
  }
  if (KeyId === undefined || GrantId === undefined)
    throw new AwsError(
      'ValidationException',
      'Either a grant token, or a grant ID and a key ID must be specified.',
    )
  const grant = keys.grants.get(`${keys.findById(place, KeyId).arn}|${GrantId}`)
  if (!grant) throw notFound(`Grant ID ${GrantId} not found`)
  return grant
}

/**
 * Whether a grant itself lets somebody retire it: its retiring principal, and its grantee if the grant says so. KMS developer
 * guide, "Retiring and revoking grants".
 */
export const mayRetire = (grant: GrantRecord, { arn, roleArn }: Caller): boolean => {
  const is = (principal: string | undefined) =>
    principal !== undefined && (principal === arn || principal === roleArn)
  return (
    is(grant.retiringPrincipal) || (grant.operations.includes('RetireGrant') && is(grant.granteePrincipal))
  )
}
