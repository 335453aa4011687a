import { AwsError, type Caller } from '../gateway/service.ts'
import { inWordsOf, type KeyUsing, useThrough } from '../kms/through.ts'

/** Encryption of tables at rest: DynamoDB developer guide, "DynamoDB encryption at rest: usage notes". */
export interface TableKeys {
  /**
   * the key that CreateTable or UpdateTable asks for, which its caller must be allowed to use and to grant
   * @returns its ARN; `'owned'`: DynamoDB's own key, which nobody is asked about; undefined: nothing is said
   * @throws {AwsError} ValidationException, AccessDeniedException, InternalServerError
   */
  choose(table: TableRequest, specification: unknown): string | undefined
  /** to be asked before items are read or written: DynamoDB opens the table's key in the caller's name. Throws as `choose` */
  open(table: TableRequest, keyArn: string): void
}

export interface TableRequest {
  readonly account: string
  readonly region: string
  readonly table: string
  /** absent: the cloud itself, whose own permissions are not judged */
  readonly caller: Caller | undefined
}

export const OWNED = 'owned'

/** As the guide lists them, "Key policy for a customer managed key"; the first two in the order in which refusals were recorded. */
const CHOOSING = [
  ...['kms:DescribeKey', 'kms:CreateGrant', 'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom'],
  ...['kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
]
/** All that is asked for a table in use (same guide, "Monitoring DynamoDB interaction with AWS KMS"), for writing too. */
const OPENING = ['kms:Decrypt']

/** @param kms absent: no key is asked for */
export const createTableKeys = (kms: KeyUsing | undefined): TableKeys => {
  const ask = (request: TableRequest, keyId: string, actions: readonly string[]): string => {
    const { account, region, table, caller } = request
    if (!kms) return keyId
    return inWordsOf(WORDS, () =>
      useThrough(kms, caller ?? itself(account), {
        place: { account, region },
        keyId,
        actions,
        via: 'dynamodb',
        encryptionContext: { 'aws:dynamodb:tableName': table, 'aws:dynamodb:subscriberId': account },
      }),
    )
  }
  return {
    choose: (table, specification) => {
      const keyId = chosenKey(specification)
      return keyId === undefined || keyId === OWNED ? keyId : ask(table, keyId, CHOOSING)
    },
    open: (table, keyArn) => {
      ask(table, keyArn, OPENING)
    },
  }
}

const itself = (account: string): Caller => ({
  kind: 'service',
  account,
  arn: 'dynamodb.amazonaws.com',
  userId: 'dynamodb.amazonaws.com',
})

interface Specification {
  readonly Enabled?: unknown
  readonly SSEType?: unknown
  readonly KMSMasterKeyId?: unknown
}

const invalid = (message: string) => new AwsError('ValidationException', message)
const wrong = (what: string) => invalid(`One or more parameter values were invalid: ${what}`)

/** Texts as recorded. */
const chosenKey = (specification: unknown): string | undefined => {
  if (typeof specification !== 'object' || specification === null) return undefined
  const { Enabled, SSEType, KMSMasterKeyId } = specification as Specification
  if (KMSMasterKeyId === '')
    throw invalid(
      "1 validation error detected: Value '' at 'sSESpecification.kMSMasterKeyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  if (Enabled !== true) {
    if (SSEType !== undefined) throw wrong('SSEType can not be specified if Enabled is false')
    if (KMSMasterKeyId !== undefined) throw wrong('KMSMasterKeyId can not be specified if Enabled is false')
    return OWNED
  }
  if (SSEType === 'AES256') throw wrong('SSEType AES256 is not supported')
  if (typeof KMSMasterKeyId !== 'string') return 'alias/aws/dynamodb'
  if (SSEType === undefined) throw wrong('SSEType KMS is required if KMSMasterKeyId is specified')
  return KMSMasterKeyId
}

const KMS = 'com.amazonaws.services.kms.model'
const NOT_SYMMETRIC =
  'EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.'

/** Recorded, of data operations as of CreateTable and UpdateTable. */
const WORDS = {
  AccessDeniedException: (message: string) =>
    new AwsError('AccessDeniedException', `KMS key access denied error: ${KMS}.AWSKMSException: ${message}`),
  DisabledException: (message: string) =>
    invalid(`KMS key disabled error: ${KMS}.DisabledException: ${message}`),
  KMSInvalidStateException: (message: string) =>
    invalid(`KMS validation error: ${KMS}.KMSInvalidStateException: ${message}`),
  NotFoundException: (message: string) =>
    invalid(`KMS validation error: ${KMS}.NotFoundException: ${message}`),
  InvalidKeyUsageException: (message: string) =>
    new AwsError(
      'InternalServerError',
      `KMS internal error: ${KMS}.AWSKMSException: ${NOT_SYMMETRIC}${message.slice(message.indexOf(' (Service')).replace('InvalidKeyUsageException', 'ValidationException')}`,
      500,
    ),
}
