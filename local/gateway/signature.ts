import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AwsError } from './service.ts'

/** A request as it came over the wire: nothing decoded, nothing joined. */
export interface WireRequest {
  readonly method: string
  /** path and query, as sent */
  readonly url: string
  /** name, value, name, value ... as node:http gives them */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** What an `Authorization: AWS4-HMAC-SHA256 ...` header says. */
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
}

/** How far a signature's time may be from ours: "within five minutes", IAM user guide, "Elements of an AWS API request signature". */
export const CLOCK_SKEW_MS = 5 * 60_000

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** One header's value; repeated headers joined by commas, as the canonical request wants them. */
export const headerOf = (request: Pick<WireRequest, 'rawHeaders'>, name: string): string | undefined => {
  const values: string[] = []
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === name) values.push(request.rawHeaders[i + 1] ?? '')
  return values.length > 0 ? values.join(',') : undefined
}

/**
 * Reads the Authorization header and the request's time. Nothing is verified yet.
 * @throws {AwsError} MissingAuthenticationTokenException, IncompleteSignatureException
 */
export const parseAuthorization = (request: WireRequest): Authorization => {
  const header = headerOf(request, 'authorization')
  if (header === undefined) {
    if (/[?&]X-Amz-(Signature|Algorithm)=/i.test(request.url))
      throw new AwsError(
        'IncompleteSignatureException',
        'Presigned requests are not served by the local cloud: sign with an Authorization header.',
      )
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token')
  }
  const space = header.indexOf(' ')
  if (header.slice(0, space) !== ALGORITHM)
    throw new AwsError(
      header.startsWith('AWS4-') ? 'IncompleteSignatureException' : 'MissingAuthenticationTokenException',
      `Unsupported AWS 'algorithm': only ${ALGORITHM} is known.`,
    )
  const fields = new Map<string, string>()
  for (const part of header.slice(space + 1).split(',')) {
    const equals = part.indexOf('=')
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name))
  const timestamp = headerOf(request, 'x-amz-date') ?? isoBasic(headerOf(request, 'date'))
  const complaints = missing.map((name) => `Authorization header requires '${name}' parameter.`)
  if (!timestamp)
    complaints.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  const scope = (fields.get('Credential') ?? '').split('/')
  const [accessKeyId = '', date = '', region = '', service = '', end = ''] = scope
  if (missing.length === 0 && (scope.length !== 5 || scope.includes('')))
    complaints.push(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    )
  else if (missing.length === 0 && end !== 'aws4_request')
    complaints.push("Credential should be scoped with a valid terminator: 'aws4_request'.")
  if (timestamp && !/^\d{8}T\d{6}Z$/.test(timestamp))
    complaints.push("Date must be in ISO-8601 'basic format'.")
  if (complaints.length > 0) throw new AwsError('IncompleteSignatureException', complaints.join(' '))
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (fields.get('SignedHeaders') ?? '').toLowerCase().split(';'),
    signature: fields.get('Signature') ?? '',
    timestamp: timestamp ?? '',
  }
}

/**
 * Refuses a signature that is too old, too new, or leaves out what it must cover.
 * @param now milliseconds since the epoch
 * @throws {AwsError} InvalidSignatureException, worded as AWS answers
 */
export const checkScope = (request: WireRequest, authorization: Authorization, now: number): void => {
  const { timestamp, date, signedHeaders } = authorization
  const signedAt = Date.parse(timestamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  const ours = isoBasic(new Date(now).toISOString())
  const bound = (offset: number) => isoBasic(new Date(now + offset).toISOString())
  // a day that no calendar has parses to NaN and fails here too
  if (!(signedAt >= now - CLOCK_SKEW_MS))
    throw invalid(
      `Signature expired: ${timestamp} is now earlier than ${bound(-CLOCK_SKEW_MS)} (${ours} - 5 min.)`,
    )
  if (signedAt > now + CLOCK_SKEW_MS)
    throw invalid(
      `Signature not yet current: ${timestamp} is still later than ${bound(CLOCK_SKEW_MS)} (${ours} + 5 min.)`,
    )
  if (date !== timestamp.slice(0, 8))
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    )
  if (!signedHeaders.includes('host'))
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name of ['x-amz-date', 'x-amz-target'])
    if (headerOf(request, name) !== undefined && !signedHeaders.includes(name))
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
}

/**
 * Recomputes the signature and compares in constant time: IAM user guide, "Create a signed AWS API request".
 * @throws {AwsError} InvalidSignatureException
 */
export const checkSignature = (
  request: WireRequest,
  authorization: Authorization,
  secretAccessKey: string,
): void => {
  const { date, region, service, timestamp, signedHeaders } = authorization
  const payloadHash = sha256(request.body)
  const claimed = headerOf(request, 'x-amz-content-sha256')
  if (claimed !== undefined && claimed.toLowerCase() !== payloadHash) throw mismatch()
  const cut = request.url.indexOf('?')
  const path = cut < 0 ? request.url : request.url.slice(0, cut)
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(cut < 0 ? '' : request.url.slice(cut + 1)),
    ...signedHeaders.map((name) => `${name}:${(headerOf(request, name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = [ALGORITHM, timestamp, scope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`))
  const expected = hmac(key, toSign)
  const given = Buffer.from(
    /^[0-9a-f]{64}$/.test(authorization.signature) ? authorization.signature : '',
    'hex',
  )
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw mismatch()
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')

/** Every service but S3 signs the path with its escapes escaped once more, dot segments taken out. */
const canonicalPath = (path: string): string => {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  const trailing = path.endsWith('/') && segments.length > 0 ? '/' : ''
  return `/${segments.map(escapeUri).join('/')}${trailing}`
}

const canonicalQuery = (query: string): string =>
  query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0
        ? [escapeUri(unescapeUri(pair)), '']
        : [escapeUri(unescapeUri(pair.slice(0, equals))), escapeUri(unescapeUri(pair.slice(equals + 1)))]
    })
    // by bytes of the escaped text, not by a locale
    .sort(([a = '', x = ''], [b = '', y = '']) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const escapeUri = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const unescapeUri = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // a stray percent sign: then the text stands for itself
    return text
  }
}

const isoBasic = (date: string | undefined): string | undefined => {
  if (date === undefined) return undefined
  const time = Date.parse(date)
  return Number.isNaN(time) ? date : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

const invalid = (message: string) => new AwsError('InvalidSignatureException', message)

const mismatch = () =>
  invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
