import type { Log } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import { inWordsOf, type KeyUser, type KeyUsing, useThrough } from '../kms/through.ts'
import type { QueueRecord, Sealed, StoredMessage } from './types.ts'

/** Encryption with keys of KMS: SQS developer guide, "Encryption at rest", "Key management". */
export interface Encryption {
  /**
   * to be asked before a message is stored, on behalf of who sends it; undefined: the queue names no key
   * @throws {AwsError} KmsAccessDenied, KmsDisabled, KmsInvalidState, KmsNotFound, KmsInvalidKeyUsage
   */
  seal(queue: QueueRecord, user: KeyUser): Sealed | undefined
  /** to be asked before a message is shown; throws as `seal` */
  open(message: Pick<StoredMessage, 'sealed'>, user: KeyUser): void
}

/** @param kms absent: no key is asked for */
export const createEncryption = (kms: KeyUsing | undefined, log: Log): Encryption => {
  const ask = (keyId: string, queue: string, actions: readonly string[], user: KeyUser): string => {
    const [, , , region = '', account = ''] = queue.split(':')
    if (!kms) return keyId
    return inWordsOf(WORDS, () =>
      useThrough(kms, user, {
        place: { account, region },
        keyId,
        actions,
        via: 'sqs',
        encryptionContext: { 'aws:sqs:arn': queue },
      }),
    )
  }
  return {
    seal: ({ arn, attributes: { KmsMasterKeyId } }, user) =>
      KmsMasterKeyId ? { key: ask(KmsMasterKeyId, arn, SENDING, user), queue: arn } : undefined,
    open: ({ sealed }, user) => {
      if (!sealed) return
      try {
        ask(sealed.key, sealed.queue, RECEIVING, user)
      } catch (error) {
        // others of the same receipt may have been readable: then nobody else tells of this one
        log('sqs', 'a message could not be decrypted for its reader', {
          ...{ queue: sealed.queue, key: sealed.key, reader: 'arn' in user ? user.arn : user.service },
          error: error instanceof Error ? error.message : String(error),
        })
        throw error
      }
    },
  }
}

/** A new data key, and a look whether it is what it should be. */
const SENDING = ['kms:GenerateDataKey', 'kms:Decrypt']
const RECEIVING = ['kms:Decrypt']

const word = (code: string) => (message: string) => new AwsError(code, message)
const WORDS = {
  AccessDeniedException: word('KmsAccessDenied'),
  DisabledException: word('KmsDisabled'),
  KMSInvalidStateException: word('KmsInvalidState'),
  NotFoundException: word('KmsNotFound'),
  InvalidKeyUsageException: word('KmsInvalidKeyUsage'),
}

/** The older protocol's name of the errors above, by which a task tells why it failed: `KmsNotFound` is `KMS.NotFoundException`. */
export const olderCode = (code: string): string =>
  code === 'KmsInvalidKeyUsage'
    ? 'KMS.InvalidKeyUsageException'
    : code.replace(/^Kms(.+)$/, 'KMS.$1Exception')
