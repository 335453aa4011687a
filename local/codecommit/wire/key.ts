import type { Kms } from '../../contracts.ts'
import { AwsError, type Caller } from '../../gateway/service.ts'
import type { Repository } from '../repositories.ts'

/** codecommit user guide, "AWS KMS and encryption": what CodeCommit does with the key on the caller's behalf. */
const ACTIONS: Readonly<Record<'GitPull' | 'GitPush', readonly string[]>> = {
  GitPull: ['kms:Decrypt', 'kms:DescribeKey'],
  GitPush: [
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:DescribeKey',
  ],
}

/** the user guide's words for the AWS managed key, which others' errors only vary */
const NOT_AUTHORIZED =
  "User is not authorized for the KMS default master key for CodeCommit 'aws/codecommit' in your account"

/** Why Git cannot reach what is encrypted, as CodeCommit names it; undefined when the caller may use the key. */
export const keyProblem = (
  { kms }: { readonly kms?: Pick<Kms, 'managedKey' | 'resolve' | 'use'> | undefined },
  caller: Caller,
  { account, region, kmsKeyId }: Repository,
  action: 'GitPull' | 'GitPush',
): { code: string; message: string } | undefined => {
  if (kms === undefined) return undefined
  try {
    const keyArn =
      kmsKeyId === undefined
        ? kms.managedKey(account, region, 'codecommit')
        : kms.resolve({ account, region }, kmsKeyId)
    kms.use({ keyArn, actions: ACTIONS[action], caller, via: 'codecommit' })
    return undefined
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return named(error, kmsKeyId === undefined)
  }
}

const NAMES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'EncryptionKeyAccessDeniedException',
  DisabledException: 'EncryptionKeyDisabledException',
  NotFoundException: 'EncryptionKeyNotFoundException',
  KMSInvalidStateException: 'EncryptionKeyUnavailableException',
}

const named = (error: AwsError, managed: boolean): { code: string; message: string } => {
  const code = NAMES[error.code] ?? 'EncryptionKeyUnavailableException'
  const denied = code === 'EncryptionKeyAccessDeniedException'
  return { code, message: denied && managed ? NOT_AUTHORIZED : error.message }
}
