import { expect, test } from '@jest/globals'
import { failureOf } from '../../../shared/codecommit/failures.ts'
import { RelayError } from '../../../shared/runtime/errors.ts'

const sdk = (name: string, status = 400) =>
  Object.assign(new Error('words'), { name, $metadata: { httpStatusCode: status, requestId: 'r-1' } })

test.each([
  ['REMOTE_DENIED', sdk('AccessDeniedException')],
  ['REMOTE_DENIED', sdk('AccessDenied', 403)],
  ['REMOTE_DENIED', sdk('UnrecognizedClientException')],
  ['REMOTE_DENIED', sdk('EncryptionKeyAccessDeniedException')],
  ['REMOTE_DENIED', sdk('OperationNotAllowedException')],
  ['REMOTE_DENIED', sdk('SomethingNew', 403)],
  ['REMOTE_THROTTLED', sdk('ThrottlingException')],
  ['REMOTE_THROTTLED', sdk('TooManyRequestsException', 429)],
  ['REMOTE_THROTTLED', sdk('Unknown', 429)],
  ['NAME_INVALID', sdk('InvalidRepositoryNameException')],
  ['REMOTE_UNREACHABLE', Object.assign(new Error('x'), { name: 'TimeoutError' })],
  ['REMOTE_UNREACHABLE', Object.assign(new Error('x'), { name: 'CredentialsProviderError' })],
  ['REMOTE_UNREACHABLE', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
  ['REMOTE_UNREACHABLE', Object.assign(new Error('x'), { code: 'EAI_AGAIN' })],
  ['REMOTE_FAILED', sdk('ServiceUnavailable', 503)],
  ['REMOTE_FAILED', sdk('RepositoryLimitExceededException')],
  ['REMOTE_FAILED', new Error('x')],
  ['REMOTE_FAILED', 'a thrown text'],
  ['REMOTE_FAILED', undefined],
])('%s', (code, error) => {
  const failure = failureOf(error, { operation: 'GetRepository' })
  expect(failure.code).toBe(code)
  expect(failure.data.operation).toBe('GetRepository')
  expect(failure.cause).toBe(error)
})

test('AWS’s words stay in the cause; its name, status and request id are told', () => {
  const failure = failureOf(sdk('AccessDeniedException'), {})
  expect(failure.data).toEqual({ aws: 'AccessDeniedException', status: 400, requestId: 'r-1' })
  expect(failure.message).not.toContain('words')
})

test('what is coded already passes', () => {
  const ours = new RelayError('NAME_INVALID')
  expect(failureOf(ours, {})).toBe(ours)
})
