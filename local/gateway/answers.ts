import { encodeJson } from './json.ts'
import type { OperationSchema } from './models.ts'
import { element, structBody } from './query.ts'
import type { Dialect } from './recognise.ts'
import { encodeRest } from './rest.ts'

/** One HTTP answer, whole. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** text leaves in one piece with its headers */
  readonly body: Buffer | string
}

/** A successful answer, encoded by the operation's output schema. */
export const encodeOutput = (
  dialect: Dialect,
  schema: OperationSchema,
  output: object | undefined,
  requestId: string,
): Answer => {
  const value = (output ?? {}) as Record<string, unknown>
  if (dialect.protocol === 'query') return xml(dialect, schema, value, requestId)
  if (dialect.protocol === 'restJson1') return rest(schema, value, requestId)
  return {
    status: 200,
    headers: {
      'content-type':
        dialect.protocol === 'json1.0' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1',
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify(schema.output.isUnitSchema() ? {} : encodeJson(schema.output, value)),
  }
}

const rest = (schema: OperationSchema, value: Record<string, unknown>, requestId: string): Answer => {
  const { status = schema.status, headers, body } = encodeRest(schema.output, value)
  // 204 has no body: RFC 9110, section 15.3.5
  const sent = status === 204 ? undefined : body
  return {
    status,
    headers: {
      ...(sent && { 'content-type': 'application/json' }),
      'x-amzn-requestid': requestId,
      ...headers,
    },
    body: sent ?? '',
  }
}

const xml = (
  dialect: Dialect,
  schema: OperationSchema,
  value: Record<string, unknown>,
  requestId: string,
): Answer => {
  const unit = schema.output.isUnitSchema()
  const members = unit ? '' : structBody(schema.output, value)
  const name = dialect.operation
  const namespace = dialect.model?.xmlNamespace
  const metadata = element('ResponseMetadata', element('RequestId', requestId))
  const body = (unit ? '' : element(`${name}Result`, members)) + metadata
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${name}Response${namespace ? ` xmlns="${namespace}"` : ''}>${body}</${name}Response>`,
  }
}
