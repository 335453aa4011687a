import { AwsError, type Caller } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { reject } from './reject.ts'
import type { Repository } from './repositories.ts'

/** What CodeCommit does with a key for whoever uses a repository: codecommit user guide, "AWS KMS and encryption". */
const ACTIONS = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
]

type Place = Pick<Repository, 'account' | 'region'>

/** What KMS says, in CodeCommit's words (API reference, errors of every operation on a repository). */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  AccessDeniedException: ['EncryptionKeyAccessDenied', 'An encryption key could not be accessed.'],
  DisabledException: ['EncryptionKeyDisabled', 'The encryption key is disabled.'],
  NotFoundException: ['EncryptionKeyNotFound', 'No encryption key was found.'],
  KMSInvalidStateException: ['EncryptionKeyUnavailable', 'The encryption key is not available.'],
  InvalidKeyUsageException: [
    'EncryptionKeyInvalidUsage',
    'The encryption key cannot be used for a repository.',
  ],
  InvalidArnException: ['EncryptionKeyInvalidId', 'The Key Management Service encryption key is not valid.'],
}

const inOurWords = <T>(ask: () => T): T => {
  try {
    return ask()
  } catch (error) {
    const words =
      error instanceof AwsError && Object.hasOwn(WORDS, error.code) ? WORDS[error.code] : undefined
    if (words === undefined) throw error
    return reject(...words)
  }
}

/** ARN of the key of a repository: its own, else the AWS managed one. Undefined in a cloud without KMS unless it was given one. */
export const keyOf = ({ kms }: Pick<Context, 'kms'>, repository: Place & Pick<Repository, 'kmsKeyId'>) =>
  repository.kmsKeyId ?? kms?.managedKey(repository.account, repository.region, 'codecommit')

/**
 * Nothing is read from or written to a repository without its key, on the caller's behalf. To be asked before each API call and each Git
 * request.
 * @throws EncryptionKeyAccessDenied, EncryptionKeyDisabled, EncryptionKeyNotFound, EncryptionKeyUnavailable
 */
export const requireKey = (
  context: Pick<Context, 'kms'>,
  repository: Place & Pick<Repository, 'id' | 'kmsKeyId'>,
  caller: Caller,
): void => {
  const { kms } = context
  const keyArn = keyOf(context, repository)
  if (kms === undefined || keyArn === undefined) return
  inOurWords(() =>
    kms.use({
      keyArn,
      actions: ACTIONS,
      caller,
      via: 'codecommit',
      // that it is the repository's id is documented, the name of the key is not
      encryptionContext: { 'aws:codecommit:id': repository.id },
    }),
  )
}

/**
 * The key that a repository shall have, by any of KMS's names for it (KMS API reference, KeyId).
 * @returns its ARN; the text itself in a cloud without KMS
 * @throws EncryptionKeyInvalidId, EncryptionKeyNotFound
 */
export const chosenKey = ({ kms }: Pick<Context, 'kms'>, place: Place, keyId: string): string => {
  if (!/^[a-zA-Z0-9:/_-]+$/.test(keyId)) {
    reject('EncryptionKeyInvalidId', 'The Key Management Service encryption key is not valid.')
  }
  if (kms === undefined) return keyId
  if (/(^|:)alias\/aws\/codecommit$/.test(keyId)) kms.managedKey(place.account, place.region, 'codecommit')
  return inOurWords(() => kms.resolve({ account: place.account, region: place.region }, keyId))
}

/** A repository whose key went with the database falls back on the AWS managed one: its data were never really encrypted here. */
export const withKnownKey = ({ kms }: Pick<Context, 'kms'>, repository: Repository): Repository => {
  const { kmsKeyId, ...rest } = repository
  if (kmsKeyId === undefined || kms === undefined) return repository
  try {
    kms.resolve(repository, kmsKeyId)
    return repository
  } catch {
    return rest
  }
}
