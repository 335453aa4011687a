import { AwsError } from '../gateway/service.ts'

// IAM API reference: each operation's errors

export const noSuch = (message: string): AwsError => new AwsError('NoSuchEntityException', message, 404)

export const alreadyExists = (message: string): AwsError =>
  new AwsError('EntityAlreadyExistsException', message, 409)

export const conflict = (message: string): AwsError => new AwsError('DeleteConflictException', message, 409)

export const invalidInput = (message: string): AwsError => new AwsError('InvalidInputException', message)

export const invalid = (message: string): AwsError => new AwsError('ValidationException', message)

export const malformed = (message: string): AwsError =>
  new AwsError('MalformedPolicyDocumentException', message)

export const limitExceeded = (message: string): AwsError =>
  new AwsError('LimitExceededException', message, 409)

/** A key, token or session that nobody knows, or that may not be used here. */
export const unrecognized = (): AwsError =>
  new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
