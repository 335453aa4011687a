import { isUtf8 } from 'node:buffer'
import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from './service.ts'

/**
 * JSON from the wire becomes what the SDK's command takes: Dates, Uint8Arrays; unknown members and nulls are left out.
 * Timestamps are seconds since the epoch, blobs base64: Smithy, "AWS JSON 1.1 protocol".
 * @throws {AwsError} SerializationException for a value of another type than the schema's
 */
export const decodeJson = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === null || value === undefined) return undefined
  if (schema.isDocumentSchema()) return value
  if (schema.isStructSchema()) {
    const object = expectObject(value)
    const members: [string, unknown][] = []
    for (const [name, member] of schema.structIterator()) {
      const decoded = Object.hasOwn(object, name) ? decodeJson(member, object[name]) : undefined
      if (decoded !== undefined) members.push([name, decoded])
    }
    return Object.fromEntries(members)
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw unexpected(value)
    const item = schema.getValueSchema()
    return value.map((entry) => decodeJson(item, entry)).filter((entry) => entry !== undefined)
  }
  if (schema.isMapSchema()) {
    const item = schema.getValueSchema()
    return Object.fromEntries(
      Object.entries(expectObject(value))
        .map(([key, entry]) => [key, decodeJson(item, entry)] as const)
        .filter(([, entry]) => entry !== undefined),
    )
  }
  if (schema.isUnitSchema()) return undefined
  return decodeSimple(schema, value)
}

const decodeSimple = (schema: NormalizedSchema, value: unknown): unknown => {
  if (schema.isStringSchema()) return expectType(value, 'string', 'String')
  if (schema.isBooleanSchema()) return expectType(value, 'boolean', 'Boolean')
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema())
    return expectType(value, 'number', 'Integer')
  if (schema.isTimestampSchema()) {
    const time = typeof value === 'number' ? value * 1000 : Date.parse(String(value))
    if (Number.isNaN(new Date(time).getTime()))
      throw serialization(`${kindOf(value)} can not be converted to a Timestamp`)
    return new Date(Math.round(time))
  }
  if (schema.isBlobSchema()) {
    const text = expectType(value, 'string', 'Blob') as string
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw serialization('the text is not base64')
    return new Uint8Array(Buffer.from(text, 'base64'))
  }
  throw new Error(`the gateway does not know schema ${schema.getName(true)}`)
}

/** What an operation returned, as the wire has it. Members that the schema does not name are left out. */
export const encodeJson = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === null || value === undefined) return undefined
  if (schema.isStructSchema()) {
    const object = value as Record<string, unknown>
    const members: [string, unknown][] = []
    for (const [name, member] of schema.structIterator()) {
      const encoded = encodeJson(member, object[name])
      if (encoded !== undefined) members.push([name, encoded])
    }
    return Object.fromEntries(members)
  }
  if (schema.isListSchema()) {
    const item = schema.getValueSchema()
    return Array.from(value as Iterable<unknown>, (entry) => encodeJson(item, entry) ?? null)
  }
  if (schema.isMapSchema()) {
    const item = schema.getValueSchema()
    return Object.fromEntries(
      Object.entries(value as object).map(([key, entry]) => [key, encodeJson(item, entry)]),
    )
  }
  if (schema.isTimestampSchema()) return (value as Date).getTime() / 1000
  if (schema.isBlobSchema()) return Buffer.from(value as Uint8Array).toString('base64')
  return value
}

/**
 * The body of a JSON request.
 * @throws {AwsError} SerializationException unless it is one JSON object
 */
export const parseJsonBody = (body: Buffer): Record<string, unknown> => {
  if (body.length === 0) return {}
  if (!isUtf8(body)) throw serialization('the request body is not UTF-8')
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    // the parser's own message would quote the payload
    throw serialization('the request body is not JSON')
  }
  return expectObject(value)
}

const expectObject = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(value)
  return value as Record<string, unknown>
}

const expectType = (value: unknown, type: 'string' | 'boolean' | 'number', wanted: string): unknown => {
  if (typeof value === type) return value
  if (typeof value === 'object') throw unexpected(value)
  throw serialization(
    `${kindOf(value)} can not be converted to ${/^[AEIOU]/.test(wanted) ? 'an' : 'a'} ${wanted}`,
  )
}

/** As AWS words a value of another structure than the schema's. */
const unexpected = (value: unknown) =>
  serialization(
    typeof value === 'object' && value !== null
      ? `${kindOf(value)} found where not expected.`
      : `Unexpected token: ${kindOf(value)}`,
  )

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'Start of list'
  if (value === true) return 'TRUE_VALUE'
  if (value === false) return 'FALSE_VALUE'
  if (typeof value === 'object') return 'Start of structure or map'
  return `${typeof value}`.toUpperCase().concat('_VALUE')
}

const serialization = (message: string) => new AwsError('SerializationException', message)
