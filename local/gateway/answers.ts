import { encodeJson } from './json.ts'
import type { LoadedModel, Model, OperationSchema, Protocol } from './models.ts'
import { element, escapeXml, structBody } from './query.ts'
import type { AwsError } from './service.ts'

/** One HTTP answer, whole. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** In which words one request is answered: found before anything else is known about it. */
export interface Dialect {
  readonly protocol: Protocol
  readonly operation: string
  readonly model: Model | undefined
}

/** Errors that any service may answer: IAM and each service's API reference, "Common errors" (JSON name → query code and status). */
const COMMON: Readonly<Record<string, readonly [queryCode: string, queryStatus: number]>> = {
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  IncompleteSignatureException: ['IncompleteSignature', 400],
  ExpiredTokenException: ['ExpiredToken', 403],
  AccessDeniedException: ['AccessDenied', 403],
  UnknownOperationException: ['InvalidAction', 400],
  ValidationException: ['ValidationError', 400],
  SerializationException: ['MalformedInput', 400],
  ThrottlingException: ['Throttling', 400],
}
const COMMON_BY_QUERY_CODE = new Map(Object.entries(COMMON).map(([name, [code]]) => [code, name]))

/** A successful answer, encoded by the operation's output schema. */
export const encodeOutput = (
  dialect: Dialect,
  schema: OperationSchema,
  output: object | undefined,
  requestId: string,
): Answer => {
  if (dialect.protocol !== 'query') {
    const value = schema.output.isUnitSchema() ? {} : encodeJson(schema.output, output ?? {})
    return json(200, dialect, requestId, value)
  }
  const unit = schema.output.isUnitSchema()
  const members = unit ? '' : structBody(schema.output, (output ?? {}) as Record<string, unknown>)
  const name = dialect.operation
  const body = (unit ? '' : element(`${name}Result`, members)) + metadata(requestId)
  return xml(200, requestId, `${name}Response`, dialect.model?.xmlNamespace, body)
}

/** An error in the words of the request's protocol: Smithy, "AWS JSON 1.1", "AWS query", "AWS query compatible errors". */
export const encodeError = (
  dialect: Dialect,
  error: AwsError,
  requestId: string,
  model: LoadedModel | undefined,
): Answer => {
  const schema = model?.error(error.code)
  const name = schema?.name ?? COMMON_BY_QUERY_CODE.get(error.code) ?? error.code
  const fault = (status: number) => (status >= 500 ? 'Receiver' : 'Sender')
  if (dialect.protocol === 'query') {
    const [commonCode, commonStatus] = COMMON[name] ?? [name, error.status]
    // SNS has a name of its own for what others call AccessDenied
    const own = name === 'AccessDeniedException' ? model?.error('AuthorizationErrorException') : schema
    const code = own?.queryCode ?? own?.name ?? commonCode
    const status = error.status !== 400 ? error.status : (own?.status ?? commonStatus)
    const inner =
      element('Type', fault(status)) +
      element('Code', escapeXml(code)) +
      element('Message', escapeXml(error.message))
    const body = element('Error', inner) + element('RequestId', requestId)
    return xml(status, requestId, 'ErrorResponse', dialect.model?.xmlNamespace, body)
  }
  const status = error.status !== 400 ? error.status : (schema?.status ?? 400) >= 500 ? 500 : 400
  const namespace = schema?.namespace ?? 'com.amazon.coral.service'
  const type = dialect.protocol === 'json1.0' ? `${namespace}#${name}` : name
  const answer = json(status, dialect, requestId, {
    __type: type,
    ...error.members,
    message: error.message,
  })
  const headers: Record<string, string> = { ...answer.headers, 'x-amzn-errortype': name }
  if (dialect.model?.queryCompatible)
    // inferred for the errors that are not in the service's model
    headers['x-amzn-query-error'] = `${schema?.queryCode ?? COMMON[name]?.[0] ?? name};${fault(status)}`
  return { ...answer, headers }
}

const metadata = (requestId: string): string => element('ResponseMetadata', element('RequestId', requestId))

const json = (status: number, dialect: Dialect, requestId: string, value: unknown): Answer => ({
  status,
  headers: {
    'content-type': `application/x-amz-json-${dialect.protocol === 'json1.0' ? '1.0' : '1.1'}`,
    'x-amzn-requestid': requestId,
  },
  body: Buffer.from(JSON.stringify(value)),
})

const xml = (
  status: number,
  requestId: string,
  root: string,
  namespace: string | undefined,
  body: string,
): Answer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
  body: Buffer.from(`<${root}${namespace ? ` xmlns="${namespace}"` : ''}>${body}</${root}>`),
})
