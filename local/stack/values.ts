import { AwsError } from '../gateway/service.ts'

/** What a template is made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** A mistake in a template, with the place where it stands (`Resources.Queue.Properties.RedrivePolicy`). */
export const templateError = (at: string, message: string): AwsError =>
  new AwsError('ValidationError', `Template error at ${at}: ${message}`)

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectAt = (value: unknown, at: string): JsonObject => {
  if (isObject(value)) return value
  throw templateError(at, 'must be an object')
}

export const listAt = (value: unknown, at: string): readonly Json[] => {
  if (Array.isArray(value)) return value
  throw templateError(at, 'must be a list')
}

/** Text of a scalar, as CloudFormation turns numbers and booleans into strings. */
export const textAt = (value: unknown, at: string): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw templateError(at, 'must be a string')
}
