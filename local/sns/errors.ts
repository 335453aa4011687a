import { AwsError } from '../gateway/service.ts'

// Codes are those of the query protocol: SNS API Reference, "Errors" of each action. Texts as recorded from AWS.

export const invalidParameter = (text: string): AwsError =>
  new AwsError('InvalidParameter', `Invalid parameter: ${text}`)

export const invalidAttributeValue = (text: string): AwsError => new AwsError('ParameterValueInvalid', text)

export const notFound = (what: string): AwsError => new AwsError('NotFound', `${what} does not exist`, 404)

export const resourceNotFound = (): AwsError =>
  new AwsError('ResourceNotFound', 'Resource does not exist', 404)

/** For what SNS has and this cloud does not. */
export const notServed = (what: string): AwsError =>
  invalidParameter(`${what} is not served by this local cloud`)
