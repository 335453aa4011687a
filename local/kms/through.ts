import { randomUUID } from 'node:crypto'
import type { Kms } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'

/** On whose behalf something is encrypted: a caller, or a service that hands something on. */
export type KeyUser = Caller | Sender

/** What a service needs of KMS for resources that name a key. */
export type KeyUsing = Pick<Kms, 'resolve' | 'use' | 'useAsService'>

/**
 * Uses the key that a resource names, by any of KMS's names for it.
 * @param place of the resource: where a bare id or alias is looked for
 * @returns the key's ARN
 * @throws {AwsError} what `Kms.resolve` and `Kms.use` throw
 */
export const useThrough = (
  kms: KeyUsing,
  user: KeyUser,
  {
    place,
    keyId,
    ...how
  }: Omit<Parameters<Kms['use']>[0], 'caller' | 'keyArn'> & {
    readonly place: Parameters<Kms['resolve']>[0]
    readonly keyId: string
  },
): string => {
  const keyArn = kms.resolve(place, keyId)
  if ('arn' in user) kms.use({ ...how, keyArn, caller: user })
  else kms.useAsService({ ...how, keyArn, sender: user })
  return keyArn
}

/**
 * Runs what asks KMS, and passes its errors on as a service does.
 * @param words the service's error, by KMS's error code; the others are thrown as they are
 */
export const inWordsOf = <T>(
  words: Readonly<Record<string, (message: string) => AwsError>>,
  ask: () => T,
): T => {
  try {
    return ask()
  } catch (error) {
    const word = error instanceof AwsError && Object.hasOwn(words, error.code) ? words[error.code] : undefined
    throw word && error instanceof AwsError ? word(passedOn(error)) : error
  }
}

/** A KMS error's text within another service's, as recorded of SQS, SNS and DynamoDB. */
const passedOn = ({ code, message }: AwsError): string =>
  `${message} (Service: AWSKMS; Status Code: 400; Error Code: ${code}; Request ID: ${randomUUID()}; Proxy: null)`
