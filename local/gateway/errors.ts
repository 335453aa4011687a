import type { Answer } from './answers.ts'
import type { ErrorSchema, LoadedModel } from './models.ts'
import { element, escapeXml } from './query.ts'
import type { Dialect } from './recognise.ts'
import { AwsError } from './service.ts'

interface Common {
  readonly queryCode: string
  readonly queryStatus: number
  /** under REST; the JSON protocols answer 400 to all of these */
  readonly restStatus: number
}

const common = (queryCode: string, queryStatus: number, restStatus: number): Common => ({
  queryCode,
  queryStatus,
  restStatus,
})

/** Errors that any service may answer: IAM and each service's API reference, "Common errors". */
const COMMON: Readonly<Record<string, Common>> = {
  MissingAuthenticationTokenException: common('MissingAuthenticationToken', 403, 403),
  UnrecognizedClientException: common('InvalidClientTokenId', 403, 403),
  InvalidSignatureException: common('SignatureDoesNotMatch', 403, 403),
  IncompleteSignatureException: common('IncompleteSignature', 400, 403),
  ExpiredTokenException: common('ExpiredToken', 403, 403),
  AccessDeniedException: common('AccessDenied', 403, 403),
  UnknownOperationException: common('InvalidAction', 400, 404),
  ValidationException: common('ValidationError', 400, 400),
  SerializationException: common('MalformedInput', 400, 400),
  ThrottlingException: common('Throttling', 400, 429),
  // SQS has no shapes for these two (recorded)
  InvalidParameterValueException: common('InvalidParameterValue', 400, 400),
  MissingRequiredParameterException: common('MissingParameter', 400, 400),
}
const COMMON_BY_QUERY_CODE = new Map(Object.entries(COMMON).map(([name, { queryCode }]) => [queryCode, name]))

/** An error in the words of the request's protocol: Smithy, "AWS JSON 1.1", "AWS restJson1", "AWS query", "AWS query compatible errors". */
export const encodeError = (
  dialect: Dialect,
  error: AwsError,
  requestId: string,
  model: LoadedModel | undefined,
): Answer => {
  const schema = model?.error(error.code)
  const name = schema?.name ?? COMMON_BY_QUERY_CODE.get(error.code) ?? error.code
  if (dialect.protocol === 'query') return queryError(dialect, error, name, schema, requestId, model)
  if (dialect.protocol === 's3') return s3Error(error, requestId)
  if (dialect.protocol === 'restJson1') return restError(error, name, schema, requestId)
  return jsonError(dialect, error, name, schema, requestId)
}

/** The code by which the caller of this protocol will know the error; CloudTrail keeps the same. */
export const codeOf = (dialect: Dialect, error: AwsError, model: LoadedModel | undefined): string => {
  const schema = model?.error(error.code)
  const name = schema?.name ?? COMMON_BY_QUERY_CODE.get(error.code) ?? error.code
  if (dialect.protocol !== 'query') return name
  return schema?.queryCode ?? COMMON[name]?.queryCode ?? name
}

const fault = (status: number) => (status >= 500 ? 'Receiver' : 'Sender')

const queryError = (
  dialect: Dialect,
  error: AwsError,
  name: string,
  schema: ErrorSchema | undefined,
  requestId: string,
  model: LoadedModel | undefined,
): Answer => {
  // SNS has a name of its own for what others call AccessDenied
  const own = name === 'AccessDeniedException' ? model?.error('AuthorizationErrorException') : schema
  const code = own?.queryCode ?? own?.name ?? COMMON[name]?.queryCode ?? name
  const status =
    error.status !== 400 ? error.status : (own?.status ?? COMMON[name]?.queryStatus ?? error.status)
  const inner =
    element('Type', fault(status)) +
    element('Code', escapeXml(code)) +
    element('Message', escapeXml(error.message)) +
    (dialect.model?.service === 'sqs' ? '<Detail/>' : '')
  const namespace = dialect.model?.xmlNamespace
  const body = element('Error', inner) + element('RequestId', requestId)
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<ErrorResponse${namespace ? ` xmlns="${namespace}"` : ''}>${body}</ErrorResponse>`,
  }
}

/** S3 API reference, "Error responses": NotImplemented is what its clients make of a service that is not there. */
const s3Error = (error: AwsError, requestId: string): Answer => {
  const code = error.code === 'UnknownOperationException' ? 'NotImplemented' : error.code
  const inner =
    element('Code', escapeXml(code)) +
    element('Message', escapeXml(error.message)) +
    element('RequestId', requestId)
  return {
    status: code === 'NotImplemented' ? 501 : error.status,
    headers: {
      'content-type': 'application/xml',
      'x-amz-request-id': requestId,
      'x-amzn-requestid': requestId,
    },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', inner)}`,
  }
}

const jsonError = (
  dialect: Dialect,
  error: AwsError,
  name: string,
  schema: ErrorSchema | undefined,
  requestId: string,
): Answer => {
  const status = jsonStatus(dialect, error, name, schema)
  const namespace = schema?.namespace ?? 'com.amazon.coral.service'
  const json10 = dialect.protocol === 'json1.0'
  const headers: Record<string, string> = {
    'content-type': `application/x-amz-json-${json10 ? '1.0' : '1.1'}`,
    'x-amzn-requestid': requestId,
    'x-amzn-errortype': name,
  }
  if (dialect.model?.queryCompatible)
    // inferred for the errors that are not in the service's model
    headers['x-amzn-query-error'] = `${schema?.queryCode ?? COMMON[name]?.queryCode ?? name};${fault(status)}`
  const body = {
    __type: json10 ? `${namespace}#${name}` : name,
    ...error.members,
    [messageKey(name, schema)]: error.message,
  }
  return { status, headers, body: JSON.stringify(body) }
}

/** 400 or 500 whatever the error is called; a service that once spoke the query protocol keeps that one's statuses. */
const jsonStatus = (
  { model }: Dialect,
  error: AwsError,
  name: string,
  schema: ErrorSchema | undefined,
): number => {
  if (error.status !== 400) return error.status
  if (model?.queryCompatible) return schema?.status ?? COMMON[name]?.queryStatus ?? 400
  return (schema?.status ?? 400) >= 500 ? 500 : 400
}

const restError = (
  error: AwsError,
  name: string,
  schema: ErrorSchema | undefined,
  requestId: string,
): Answer => {
  const status =
    error.status !== 400 ? error.status : (schema?.status ?? COMMON[name]?.restStatus ?? error.status)
  const type = schema?.members.includes('Type') ? { Type: status >= 500 ? 'Service' : 'User' } : {}
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': name,
    },
    body: JSON.stringify({ ...type, ...error.members, [messageKey(name, schema)]: error.message }),
  }
}

/** As the model has it; what comes before the model is read is `message`, but for two that AWS writes with a capital. */
const messageKey = (name: string, schema: ErrorSchema | undefined): 'message' | 'Message' => {
  if (schema?.members.includes('message')) return 'message'
  const capital = name === 'AccessDeniedException' || name === 'SerializationException'
  return schema?.members.includes('Message') || capital ? 'Message' : 'message'
}

/** What nobody foresaw: told to the log under its request id, and to nobody else. */
export const internalFailure = (): AwsError =>
  new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', 500)
