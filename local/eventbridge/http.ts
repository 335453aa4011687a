import { type LookupAddress, lookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { AwsError } from '../gateway/service.ts'

export interface HttpRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter?: string
  readonly body: string
}

/** An endpoint has five seconds: EventBridge user guide, "API destinations". */
const TIMEOUT_MS = 5_000
/** Of an answer no more is read than EventBridge asks for by its Range header. */
const MOST_BYTES = 1_048_576

// where clouds tell their machines their credentials: never a target of somebody's event
const FORBIDDEN = new BlockList()
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4')
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6')
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6')

const isForbidden = (address: string): boolean =>
  FORBIDDEN.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

const refusal = () =>
  new AwsError('ValidationException', 'An endpoint with a link-local address is not called.')

/** Resolves a name and refuses it when it leads to a link-local address. */
const guardedLookup = (
  host: string,
  options: object,
  done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void => {
  lookup(host, options, (error, found, family) => {
    const addresses = (Array.isArray(found) ? found : [{ address: found }]) as { address: string }[]
    if (!error && addresses.some(({ address }) => isForbidden(address))) done(refusal(), '')
    else done(error, found as string | LookupAddress[], family)
  })
}

/**
 * Makes one request; redirects are answers like others.
 * @throws AwsError ValidationException for a link-local address; whatever the connection throws
 */
export const send = ({ url, method, headers, body, signal }: HttpRequest): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) && isForbidden(host)) {
      reject(refusal())
      return
    }
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    const sent = request(
      url,
      {
        method,
        headers: body === undefined ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) },
        lookup: guardedLookup as never,
        agent: false,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= MOST_BYTES) chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          const retryAfter = response.headers['retry-after']
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            ...(retryAfter === undefined ? {} : { retryAfter }),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
