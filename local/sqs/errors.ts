import { AwsError } from '../gateway/service.ts'

// Names are those of the JSON protocol's error shapes (SQS API Reference, "Errors" of each action); codes of the older query
// protocol, such as QueueAlreadyExists for QueueNameExists, are the gateway's translation.

export const noSuchQueue = (): AwsError =>
  new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')

export const invalidValue = (value: unknown, parameter: string, reason: string): AwsError =>
  new AwsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )

export const missing = (parameter: string): AwsError =>
  new AwsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`)

export const invalidHandle = (): AwsError =>
  new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.')
