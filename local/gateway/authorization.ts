import { queryPairs, type WireRequest } from './request.ts'
import { AwsError } from './service.ts'

/** What a request says about who signed it, and how. Nothing of it is verified yet. */
export interface Authorization {
  readonly accessKeyId: string
  /** `YYYYMMDD` of the credential scope */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `YYYYMMDDTHHMMSSZ` */
  readonly timestamp: string
  readonly sessionToken: string | undefined
  /** the signature stands in the query, good for so many seconds from its timestamp on */
  readonly presignedSeconds?: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
/** "The maximum is seven days": IAM user guide, "Authenticating requests: using query parameters". */
export const PRESIGNED_SECONDS_MAX = 604_800

/**
 * Reads the Authorization header, or the `X-Amz-*` parameters of a presigned request: IAM user guide, "Elements of an AWS API
 * request signature".
 * @throws {AwsError} MissingAuthenticationTokenException, IncompleteSignatureException
 */
export const parseAuthorization = (request: WireRequest): Authorization => {
  const header = request.headers.get('authorization')
  if (header !== undefined) return fromHeader(request, header)
  if (/(^|&)X-Amz-(Signature|Algorithm|Credential)=/.test(request.query)) return fromQuery(request)
  throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token')
}

/** The service that a request claims to be signed for: to know the protocol of one whose path tells nothing. */
export const claimedService = (request: WireRequest): string | undefined => {
  const header = request.headers.get('authorization')
  const credential =
    header === undefined
      ? queryPairs(request.query).find(([name]) => name === 'X-Amz-Credential')?.[1]
      : header.slice(header.indexOf('Credential=')).split(',', 1)[0]
  return credential?.split('/')[3]
}

const fromHeader = (request: WireRequest, header: string): Authorization => {
  const space = header.indexOf(' ')
  const algorithm = space < 0 ? header : header.slice(0, space)
  if (algorithm !== ALGORITHM)
    throw algorithm.startsWith('AWS4-')
      ? incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 40)}'.`)
      : new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token')
  const fields = new Map<string, string>()
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const equals = part.indexOf('=')
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const complaints = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`)
  const timestamp = request.headers.get('x-amz-date') ?? isoBasic(request.headers.get('date'))
  if (!timestamp)
    complaints.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  if (complaints.length > 0) throw incomplete(complaints.join(' '))
  return {
    ...scopeOf(fields.get('Credential') ?? ''),
    signedHeaders: (fields.get('SignedHeaders') ?? '').toLowerCase().split(';'),
    signature: fields.get('Signature') ?? '',
    timestamp: checkedTimestamp(timestamp ?? ''),
    sessionToken: request.headers.get('x-amz-security-token'),
  }
}

const REQUIRED = ['Algorithm', 'Credential', 'Date', 'SignedHeaders', 'Signature']

const fromQuery = (request: WireRequest): Authorization => {
  const given = new Map(queryPairs(request.query))
  const of = (name: string) => given.get(`X-Amz-${name}`) ?? ''
  const missing = REQUIRED.filter((name) => of(name) === '')
  if (missing.length > 0)
    throw incomplete(
      `${missing.map((name) => `AWS query-string parameters must include 'X-Amz-${name}'.`).join(' ')} Re-examine the query-string parameters.`,
    )
  if (of('Algorithm') !== ALGORITHM)
    throw incomplete(`Unsupported AWS 'algorithm': '${of('Algorithm').slice(0, 40)}'.`)
  return {
    ...scopeOf(of('Credential')),
    signedHeaders: of('SignedHeaders').toLowerCase().split(';'),
    signature: of('Signature'),
    timestamp: checkedTimestamp(of('Date')),
    sessionToken: given.get('X-Amz-Security-Token') ?? request.headers.get('x-amz-security-token'),
    presignedSeconds: checkedExpires(given.get('X-Amz-Expires')),
  }
}

/** Without `X-Amz-Expires` a presigned request is good for as long as a signed header would be. */
const checkedExpires = (text: string | undefined): number => {
  if (text === undefined) return 300
  if (!/^-?\d+$/.test(text)) throw incomplete('X-Amz-Expires should be a number')
  const seconds = Number(text)
  if (seconds < 1) throw incomplete('X-Amz-Expires must be non-negative')
  if (seconds > PRESIGNED_SECONDS_MAX)
    throw incomplete(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${PRESIGNED_SECONDS_MAX} seconds`,
    )
  return seconds
}

const scopeOf = (credential: string) => {
  const scope = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', end = ''] = scope
  if (scope.length !== 5 || scope.includes(''))
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    )
  if (end !== 'aws4_request')
    throw incomplete("Credential should be scoped with a valid terminator: 'aws4_request'.")
  return { accessKeyId, date, region, service }
}

const checkedTimestamp = (timestamp: string): string => {
  if (/^\d{8}T\d{6}Z$/.test(timestamp)) return timestamp
  throw incomplete("Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601.")
}

/** `YYYYMMDDTHHMMSSZ`; a text that is no date stays as it is. */
export const isoBasic = (date: string | number | undefined): string | undefined => {
  if (date === undefined) return undefined
  const time = typeof date === 'number' ? date : Date.parse(date)
  return Number.isNaN(time) ? String(date) : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

const incomplete = (message: string) => new AwsError('IncompleteSignatureException', message)
