import { AwsError } from '../gateway/service.ts'

// Names are those of the JSON protocol's error shapes (SQS API Reference, "Errors" of each action); codes of the older query
// protocol, such as QueueAlreadyExists for QueueNameExists, are the gateway's translation. Texts as recorded from AWS.

export const noSuchQueue = (): AwsError =>
  new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')

export const invalid = (text: string): AwsError => new AwsError('InvalidParameterValueException', text)

export const invalidValue = (value: unknown, parameter: string, reason: string): AwsError =>
  invalid(`Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`)

export const unknownAttribute = (name: string): AwsError =>
  new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)

export const invalidAttribute = (name: string, reason?: string): AwsError =>
  new AwsError(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}.${reason ? ` Reason: ${reason}` : ''}`,
  )

export const missing = (parameter: string): AwsError =>
  new AwsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`)

export const invalidHandle = (handle: string): AwsError =>
  new AwsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  )

/** What the entries of a batch call an error: the query protocol's code. */
export const batchCode = (error: AwsError): string =>
  error.code === 'MissingRequiredParameterException'
    ? 'MissingParameter'
    : error.code.replace(/^InvalidParameterValueException$/, 'InvalidParameterValue')
