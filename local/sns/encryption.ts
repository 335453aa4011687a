import { AwsError } from '../gateway/service.ts'
import { inWordsOf, type KeyUser, type KeyUsing, useThrough } from '../kms/through.ts'
import type { Topic } from './types.ts'

/**
 * To be asked before a message is taken for a topic, on behalf of who publishes it (SNS developer guide, "Key management"). Delivering
 * asks nobody: SNS opens what it has sealed.
 * @throws {AwsError} KMSAccessDenied, KMSDisabled, KMSInvalidState, KMSNotFound
 */
export type SealFor = (topic: Topic, user: KeyUser) => void

/** @param kms absent: no key is asked for */
export const createSealFor =
  (kms: KeyUsing | undefined): SealFor =>
  ({ arn, account, region, attributes: { KmsMasterKeyId } }, user) => {
    if (!KmsMasterKeyId || !kms) return
    inWordsOf(WORDS, () =>
      useThrough(kms, user, {
        place: { account, region },
        keyId: KmsMasterKeyId,
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        via: 'sns',
        encryptionContext: { 'aws:sns:topicArn': arn },
      }),
    )
  }

const word = (code: string) => (message: string) => new AwsError(code, message)
const WORDS = {
  AccessDeniedException: word('KMSAccessDenied'),
  DisabledException: word('KMSDisabled'),
  KMSInvalidStateException: word('KMSInvalidState'),
  NotFoundException: word('KMSNotFound'),
  // inferred: SNS has no error of its own for keys that do not encrypt symmetrically
  InvalidKeyUsageException: word('KMSInvalidState'),
}
