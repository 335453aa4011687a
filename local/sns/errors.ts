import { AwsError } from '../gateway/service.ts'

// Codes are those of the query protocol: SNS API Reference, "Errors" of each action.

export const invalidParameter = (text: string): AwsError =>
  new AwsError('InvalidParameter', `Invalid parameter: ${text}`)

export const invalidAttributeValue = (text: string): AwsError => new AwsError('ParameterValueInvalid', text)

export const notFound = (what: string): AwsError => new AwsError('NotFound', `${what} does not exist`, 404)
