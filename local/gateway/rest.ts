import type { NormalizedSchema } from '@smithy/core/schema'
import { decodeJson, encodeJson, parseJsonBody } from './json.ts'
import { decodeText } from './query.ts'
import { queryPairs, type WireRequest } from './request.ts'
import { AwsError } from './service.ts'

interface Bindings {
  readonly httpLabel?: 1
  readonly httpQuery?: string
  readonly httpQueryParams?: 1
  readonly httpHeader?: string
  readonly httpPrefixHeaders?: string
  readonly httpPayload?: 1
  readonly httpResponseCode?: 1
  readonly jsonName?: string
}

const bindingsOf = (member: NormalizedSchema): Bindings => member.getMergedTraits() as Bindings

/**
 * Path, query, headers and body become what the SDK's command takes: Smithy, "AWS restJson1 protocol" and "HTTP binding traits".
 * @throws {AwsError} SerializationException for a value of another type than the schema's
 */
export const decodeRest = (
  schema: NormalizedSchema,
  labels: ReadonlyMap<string, string>,
  request: WireRequest,
): Record<string, unknown> => {
  const input: Record<string, unknown> = {}
  if (!schema.isStructSchema()) return input
  const query = queryPairs(request.query).filter(([name]) => !name.startsWith('X-Amz-'))
  let body: Record<string, unknown> | undefined
  for (const [name, member] of schema.structIterator()) {
    const bindings = bindingsOf(member)
    const value = (() => {
      if (bindings.httpLabel) return textValue(member, labels.get(name))
      if (bindings.httpQuery) return queryValue(member, bindings.httpQuery, query)
      if (bindings.httpQueryParams) return Object.fromEntries(query)
      if (bindings.httpHeader)
        return textValue(member, request.headers.get(bindings.httpHeader.toLowerCase()))
      if (bindings.httpPrefixHeaders) return undefined
      if (bindings.httpPayload) return payloadValue(member, request.body)
      body ??= parseJsonBody(request.body)
      const key = bindings.jsonName ?? name
      return Object.hasOwn(body, key) ? decodeJson(member, body[key]) : undefined
    })()
    if (value !== undefined) input[name] = value
  }
  return input
}

const textValue = (schema: NormalizedSchema, text: string | undefined): unknown => {
  if (text === undefined) return undefined
  try {
    return decodeText(schema, text)
  } catch (error) {
    // the same mistake has another name under the query protocol
    if (error instanceof AwsError) throw new AwsError('SerializationException', error.message)
    throw error
  }
}

const queryValue = (
  schema: NormalizedSchema,
  name: string,
  query: readonly (readonly [string, string])[],
): unknown => {
  const values = query.filter(([key]) => key === name).map(([, value]) => value)
  if (values.length === 0) return undefined
  if (!schema.isListSchema()) return textValue(schema, values[0])
  return values.map((value) => textValue(schema.getValueSchema(), value))
}

const payloadValue = (schema: NormalizedSchema, body: Buffer): unknown => {
  if (body.length === 0) return undefined
  if (schema.isBlobSchema()) return new Uint8Array(body)
  if (schema.isStringSchema()) return body.toString('utf8')
  return decodeJson(schema, parseJsonBody(body))
}

/** What a REST answer consists of before it is written. */
export interface RestOutput {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  /** undefined: there is nothing to send */
  readonly body: Buffer | string | undefined
}

/** What an operation returned, spread over status, headers and body as its schema binds them. */
export const encodeRest = (
  schema: NormalizedSchema,
  output: Readonly<Record<string, unknown>>,
): RestOutput => {
  const headers: Record<string, string> = {}
  const rest: Record<string, unknown> = {}
  let status: number | undefined
  let payload: Buffer | string | undefined
  if (schema.isStructSchema())
    for (const [name, member] of schema.structIterator()) {
      const bindings = bindingsOf(member)
      const value = output[name]
      if (value === undefined || value === null) continue
      if (bindings.httpResponseCode) status = Number(value)
      else if (bindings.httpHeader) headers[bindings.httpHeader] = String(value)
      else if (bindings.httpPayload) {
        const bytes = member.isBlobSchema() || member.isStringSchema()
        payload = bytes ? Buffer.from(value as Uint8Array) : JSON.stringify(encodeJson(member, value))
      } else rest[bindings.jsonName ?? name] = encodeJson(member, value)
    }
  const bound = schema.isStructSchema() && hasPayload(schema)
  const body = bound ? payload : schema.isUnitSchema() ? undefined : JSON.stringify(rest)
  return { status, headers, body }
}

const hasPayload = (schema: NormalizedSchema): boolean => {
  for (const [, member] of schema.structIterator()) if (bindingsOf(member).httpPayload) return true
  return false
}
