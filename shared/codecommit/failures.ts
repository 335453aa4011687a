import { awsName } from '../runtime/aws-failures.ts'
import { type Code, codeOf, type ErrorData, RelayError } from '../runtime/errors.ts'
import { addressText, type ReachableRepository } from './address.ts'

const DENIED =
  /^(?:AccessDenied|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|OptInRequired|NotAuthorized|OperationNotAllowed|EncryptionKeyAccessDenied)/
const THROTTLED =
  /^(?:Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|BandwidthLimitExceeded|ProvisionedThroughputExceeded|PriorRequestNotComplete)/
const BAD_NAME = /^(?:InvalidRepositoryName|InvalidBranchName|RepositoryNameRequired|BranchNameRequired)/
const NETWORK_NAME = /^(?:TimeoutError|AbortError|CredentialsProviderError|NetworkingError)$/
const NETWORK_CODE =
  /^(?:ECONN|ENOTFOUND|EAI_|ETIMEDOUT|ESOCKET|EPIPE|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|UND_ERR)/

interface SdkError {
  readonly name?: string
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

/**
 * A failed AWS SDK call as one of ours. Decides by the error's name, its status and the socket's code, never by its text,
 * which stays in `cause` alone. Credentials that could not be found count as unreachable: in a task they come over the
 * network, and a retry is right. Names: the Common Error Types of AWS's API references, and CodeCommit's own.
 * @param facts what was being done, to what
 */
export const failureOf = (error: unknown, facts: ErrorData): RelayError => {
  if (codeOf(error) !== undefined) return error as RelayError
  const { name, code, $metadata } = (error ?? {}) as SdkError
  const more: ErrorData = {
    ...facts,
    aws: awsName(error),
    status: $metadata?.httpStatusCode,
    requestId: $metadata?.requestId,
  }
  return new RelayError(relayCode(name ?? '', code, $metadata?.httpStatusCode), more, { cause: error })
}

/** Whether the SDK threw AWS's exception of this name. */
export const isAwsError = (error: unknown, name: string): boolean => (error as SdkError | null)?.name === name

/** What CodeCommit does with a key for whoever uses a repository (CodeCommit user guide, "AWS KMS and encryption"). */
const KEY_ACTIONS = 'kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey*, kms:ReEncrypt*'

/**
 * KEY_REFUSED, when CodeCommit would not make a repository because of the key that was wanted for it: which key, who wanted to
 * use it, and what that takes. Undefined for every other failure.
 */
export const keyFailureOf = (
  error: unknown,
  repository: ReachableRepository,
  kmsKey: string | undefined,
): RelayError | undefined => {
  const name = awsName(error)
  if (!name.startsWith('EncryptionKey')) return undefined
  const facts = {
    repository: addressText(repository),
    key: kmsKey ?? 'aws/codecommit',
    user: repository.role ?? 'this process’s role',
    needs: KEY_ACTIONS,
    aws: name,
  }
  return new RelayError('KEY_REFUSED', facts, { cause: error })
}

const relayCode = (name: string, code: unknown, status: number | undefined): Code => {
  if (THROTTLED.test(name) || status === 429) return 'REMOTE_THROTTLED'
  if (DENIED.test(name) || status === 401 || status === 403) return 'REMOTE_DENIED'
  if (BAD_NAME.test(name)) return 'NAME_INVALID'
  if (NETWORK_NAME.test(name)) return 'REMOTE_UNREACHABLE'
  return typeof code === 'string' && NETWORK_CODE.test(code) ? 'REMOTE_UNREACHABLE' : 'REMOTE_FAILED'
}
