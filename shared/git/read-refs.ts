import http from 'node:http'
import https from 'node:https'
import { type Code, RelayError } from '../runtime/errors.ts'
import {
  ADVERTISEMENT_LIMITS,
  type Advertisement,
  type AdvertisementLimits,
  advertisementReader,
  type GitService,
} from './advertisement.ts'
import { lookup } from './loopback.ts'

export interface ReadRefsRequest {
  /** of the repository, without credentials: `https://host/v1/repos/name` */
  readonly url: string
  readonly service: GitService
  /** value of the Authorization header */
  readonly authorization: string
  /** for the whole exchange, from connecting to the last byte */
  readonly timeoutMs: number
  readonly limits?: AdvertisementLimits
}

/** How much of a refusal's body is looked at for its wording. */
const MAX_REFUSAL_BYTES = 4096

const agents = {
  'http:': new http.Agent({ keepAlive: true, lookup }),
  'https:': new https.Agent({ keepAlive: true, lookup }),
}

/**
 * Asks a Git server over smart HTTP for its refs. Connections are kept and used again; redirects are not followed, since the
 * credential is for this host only.
 * Source: git's gitprotocol-http ("Discovering References"): the answer's content type must be checked.
 * @returns undefined when there is no such repository (404)
 * @throws RelayError REMOTE_DENIED (401, 403), REMOTE_THROTTLED (429, 503, or the words "Rate Exceeded"), REMOTE_FAILED
 * (any other status), REMOTE_UNREACHABLE (network, time-out), GIT_PROTOCOL and GIT_LIMIT; each with host and path
 */
export const readRefs = async (request: ReadRefsRequest): Promise<Advertisement | undefined> => {
  const { host, pathname } = new URL(request.url)
  const facts = { host, path: pathname, service: request.service }
  const signal = AbortSignal.timeout(request.timeoutMs)
  const fail = (code: Code, more: Record<string, string | number> = {}, cause?: unknown): never => {
    throw new RelayError(code, { ...facts, ...more }, { cause })
  }
  try {
    const response = await send(request, signal)
    const status = response.statusCode ?? 0
    if (status === 200) return await readAdvertisement(response, request)
    const words = await readStart(response)
    if (status === 404) return undefined
    return fail(codeOfStatus(status, words), { status })
  } catch (error) {
    if (error instanceof RelayError) {
      throw error.data.host === undefined
        ? new RelayError(error.code, { ...facts, ...error.data }, { cause: error })
        : error
    }
    if (signal.aborted) return fail('REMOTE_UNREACHABLE', { timeoutMs: request.timeoutMs }, error)
    return fail('REMOTE_UNREACHABLE', { error: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error)
  }
}

const codeOfStatus = (status: number, words: string): Code => {
  if (status === 429 || status === 503 || /rate exceeded/i.test(words)) return 'REMOTE_THROTTLED'
  return status === 401 || status === 403 ? 'REMOTE_DENIED' : 'REMOTE_FAILED'
}

const send = async (request: ReadRefsRequest, signal: AbortSignal): Promise<http.IncomingMessage> => {
  for (;;) {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
    const sent = get(request, signal)
    sent.once('response', resolve)
    sent.once('error', reject)
    try {
      return await promise
    } catch (error) {
      // A kept connection may have been closed by the server meanwhile (a frozen Lambda always finds it so). The next
      // attempt takes another kept one or a fresh one, so this ends.
      if (!sent.reusedSocket || signal.aborted) throw error
    }
  }
}

const get = ({ url, service, authorization }: ReadRefsRequest, signal: AbortSignal): http.ClientRequest => {
  const target = new URL(`${url}/info/refs?service=${service}`)
  const secure = target.protocol === 'https:'
  return (secure ? https : http).get(target, {
    agent: agents[secure ? 'https:' : 'http:'],
    signal,
    headers: { authorization, accept: '*/*', 'user-agent': 'git/codecommit-relay', pragma: 'no-cache' },
  })
}

const readAdvertisement = async (
  response: http.IncomingMessage,
  { service, limits = ADVERTISEMENT_LIMITS }: ReadRefsRequest,
): Promise<Advertisement> => {
  const type = response.headers['content-type']
  if (type !== `application/x-${service}-advertisement`) {
    response.destroy()
    throw new RelayError('GIT_PROTOCOL', { problem: 'content type' })
  }
  const reader = advertisementReader(service, limits)
  for await (const chunk of response) reader.push(chunk as Buffer)
  return reader.end()
}

/** First bytes of a refusal. A longer body costs the connection, so that it cannot be used to hold us up. */
const readStart = async (response: http.IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of response) {
    text += (chunk as Buffer).toString('latin1')
    if (text.length > MAX_REFUSAL_BYTES) break
  }
  return text.slice(0, MAX_REFUSAL_BYTES)
}
