import { AwsError } from '../gateway/service.ts'
import { isObject, type Json, type JsonObject } from './values.ts'

const wrong = (name: string, message: string) =>
  new AwsError('ValidationError', `property ${name} ${message}`)

/** Readers of resolved properties; each throws naming the property. CloudFormation turns scalars into the type that is asked for. */
export const text = (properties: JsonObject, name: string): string | undefined => {
  const value = properties[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object') throw wrong(name, 'must be a string')
  return String(value)
}

export const needText = (properties: JsonObject, name: string): string => {
  const value = text(properties, name)
  if (value === undefined || value === '') throw wrong(name, 'is required')
  return value
}

export const number = (properties: JsonObject, name: string): number | undefined => {
  const value = text(properties, name)
  if (value === undefined) return undefined
  if (value.trim() === '' || Number.isNaN(Number(value)))
    throw wrong(name, `must be a number, not '${value}'`)
  return Number(value)
}

export const flag = (properties: JsonObject, name: string): boolean | undefined => {
  const value = text(properties, name)
  if (value === undefined) return undefined
  if (value !== 'true' && value !== 'false') throw wrong(name, `must be true or false, not '${value}'`)
  return value === 'true'
}

export const object = (properties: JsonObject, name: string): JsonObject | undefined => {
  const value = properties[name]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw wrong(name, 'must be an object')
  return value
}

const list = (properties: JsonObject, name: string): readonly Json[] => {
  const value = properties[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw wrong(name, 'must be a list')
  return value
}

export const texts = (properties: JsonObject, name: string): string[] =>
  list(properties, name).map((item) => {
    if (typeof item === 'object') throw wrong(name, 'must be a list of strings')
    return String(item)
  })

export const objects = (properties: JsonObject, name: string): JsonObject[] =>
  list(properties, name).map((item) => {
    if (!isObject(item)) throw wrong(name, 'must be a list of objects')
    return item
  })

/** The document as the API takes it: JSON text, whether the template has it as text or as an object. */
export const document = (properties: JsonObject, name: string): string | undefined => {
  const value = properties[name]
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
}

/** An object without its undefined members: `exactOptionalPropertyTypes` has a point at run time too. */
export const defined = (input: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))

/** A member only if it is there. */
export const tagMap = (properties: JsonObject): Record<string, string> | undefined => {
  const tags = objects(properties, 'Tags')
  if (tags.length === 0) return undefined
  return Object.fromEntries(tags.map((tag) => [needText(tag, 'Key'), text(tag, 'Value') ?? '']))
}
