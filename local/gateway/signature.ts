import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type Authorization, isoBasic } from './authorization.ts'
import { queryPairs, type WireRequest } from './request.ts'
import { AwsError } from './service.ts'

/** How far a signature's time may be from ours: "within five minutes", IAM user guide, "Elements of an AWS API request signature". */
export const CLOCK_SKEW_MS = 5 * 60_000

/**
 * Refuses a signature that is too old, too new, for another service or region, or leaves out what it must cover.
 * @param service the service that the request is for, where that is known
 * @param now milliseconds since the epoch
 * @throws {AwsError} InvalidSignatureException, worded as AWS answers
 */
export const checkScope = (
  request: WireRequest,
  authorization: Authorization,
  service: string,
  now: number,
): void => {
  checkTime(authorization, now)
  const { timestamp, date, region, signedHeaders } = authorization
  if (date !== timestamp.slice(0, 8))
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    )
  if (!signedHeaders.includes('host'))
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name of ['x-amz-date', 'x-amz-target'])
    if (request.headers.has(name) && !signedHeaders.includes(name))
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  if (authorization.service !== service)
    throw invalid(`Credential should be scoped to correct service: '${service}'.`)
  const host = /(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.(?:amazonaws\.com|api\.aws)/i
  const wanted = host.exec(request.headers.get('host') ?? '')?.[1]?.toLowerCase()
  if (!/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region) || (wanted !== undefined && wanted !== region))
    throw invalid(`Credential should be scoped to a valid region, not '${region.slice(0, 40)}'.`)
}

const checkTime = ({ timestamp, presignedSeconds }: Authorization, now: number): void => {
  const signedAt = Date.parse(timestamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  const lifetime = presignedSeconds === undefined ? CLOCK_SKEW_MS : presignedSeconds * 1000
  // a day that no calendar has parses to NaN and fails here too
  if (!(signedAt >= now - lifetime))
    throw invalid(
      `Signature expired: ${timestamp} is now earlier than ${isoBasic(now - lifetime)} (${isoBasic(now)} - ${lifetime / 60_000} min.)`,
    )
  if (signedAt > now + CLOCK_SKEW_MS)
    throw invalid(
      `Signature not yet current: ${timestamp} is still later than ${isoBasic(now + CLOCK_SKEW_MS)} (${isoBasic(now)} + 5 min.)`,
    )
}

/**
 * Recomputes the signature and compares in constant time: IAM user guide, "Create a signed AWS API request". None of the
 * services here takes an unsigned payload, so its hash is always that of the body.
 * @throws {AwsError} InvalidSignatureException
 */
export const checkSignature = (
  request: WireRequest,
  authorization: Authorization,
  secretAccessKey: string,
): void => {
  const { date, region, service, timestamp } = authorization
  const payloadHash = sha256(request.body)
  const claimed = request.headers.get('x-amz-content-sha256')
  if (claimed !== undefined && claimed.toLowerCase() !== payloadHash) throw mismatch()
  const canonical = sha256(canonicalRequest(request, authorization, payloadHash))
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${date}/${region}/${service}/aws4_request\n${canonical}`
  const key = signingKey(authorization, secretAccessKey)
  const expected = createHmac('sha256', key).update(toSign).digest('hex')
  const given = authorization.signature
  // only a signature of the right length is compared: how long it must be is no secret
  if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected)))
    throw mismatch()
}

const canonicalRequest = (
  { method, path, query, headers }: WireRequest,
  { signedHeaders, presignedSeconds }: Authorization,
  payloadHash: string,
): string => {
  let lines = ''
  for (const name of signedHeaders) lines += `${name}:${folded(headers.get(name) ?? '')}\n`
  const pairs = canonicalQuery(query, presignedSeconds !== undefined)
  return `${method}\n${canonicalPath(path)}\n${pairs}\n${lines}\n${signedHeaders.join(';')}\n${payloadHash}`
}

const folded = (value: string): string => value.trim().replace(/\s+/g, ' ')

/** Signing keys are good for a day: each is derived once. Bounded, and a changed secret makes a new one. */
const KEYS_MAX = 256
const keys = new Map<string, { readonly secret: string; readonly key: KeyObject }>()

const signingKey = ({ accessKeyId, date, region, service }: Authorization, secret: string): KeyObject => {
  const id = `${accessKeyId}/${date}/${region}/${service}`
  const known = keys.get(id)
  if (known?.secret === secret) return known.key
  const derived = [date, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secret}`))
  const key = createSecretKey(derived)
  if (keys.size >= KEYS_MAX) keys.clear()
  keys.set(id, { secret, key })
  return key
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (data: Buffer | string): string => hash('sha256', data)

/** Every service but S3 signs the path with its escapes escaped once more, dot segments taken out. */
const canonicalPath = (path: string): string => {
  if (path === '/' || path === '') return '/'
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  const trailing = path.endsWith('/') && segments.length > 0 ? '/' : ''
  return `/${segments.map(escapeUri).join('/')}${trailing}`
}

const canonicalQuery = (query: string, presigned: boolean): string =>
  queryPairs(query)
    .filter(([name]) => !(presigned && name === 'X-Amz-Signature'))
    .map(([name, value]) => [escapeUri(name), escapeUri(value)] as const)
    // by bytes of the escaped text, not by a locale
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const escapeUri = (text: string): string => {
  // half a surrogate pair cannot be escaped: no signer could have signed it
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return encodeURIComponent(whole).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const invalid = (message: string) => new AwsError('InvalidSignatureException', message)

const mismatch = () =>
  invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
