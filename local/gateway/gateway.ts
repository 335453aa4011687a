import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CodeCommit, Log } from '../contracts.ts'
import type { Answer } from './answers.ts'
import { BODY_LIMIT_BYTES, CODE_LIMIT_BYTES, readBody } from './body.ts'
import { type Control, plainJson, refusedControl } from './control.ts'
import { createDispatcher, type DispatcherNeeds } from './dispatch.ts'
import { type Front, takeTls } from './front.ts'
import { wireRequest } from './request.ts'
import type { Service } from './service.ts'
import { createUnderWay } from './under-way.ts'

/** How long requests under way may still take once the gateway stops, or the cloud forgets everything. */
const STOP_GRACE_MS = 1_000
/** How long the headers of a request may take to arrive. */
const HEADERS_MS = 30_000
/** Session tokens alone may be several thousand characters, and presigned requests carry them in their first line. */
const HEADERS_MAX_BYTES = 32_768

export interface Gateway {
  /**
   * @param port 0 lets the system choose
   * @returns the port
   * @throws what node:http throws: EADDRINUSE when the port is taken
   */
  listen(port: number, host?: string): Promise<number>
  /** from now on these are behind the door */
  serve(needs: GatewayNeeds): void
  /** requests wait until the function that this returns is called */
  pause(): () => void
  /** settles when no request is under way any more: those that take long are not waited for */
  settled(): Promise<void>
  /** ends every connection; the services behind are stopped by whoever made them */
  stop(): Promise<void>
}

/** A request that may be one of those that AWS takes without a signature. */
export interface UnsignedRequest {
  readonly method: string
  /** path and query */
  readonly url: string
  readonly signed: boolean
  /** form of a POST */
  readonly body?: string
}

/** Whatever stands behind the door: replaced as a whole when the cloud forgets everything. */
export interface GatewayNeeds extends DispatcherNeeds {
  readonly git: CodeCommit['handleGit']
  /** what a service answers without a signature: the links in SNS's messages; undefined for everything else */
  readonly unsigned?: (request: UnsignedRequest) => Answer | undefined
}

export interface GatewayOptions {
  /** the same port then takes TLS too; PEM */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** asked for what is below `/_relay/`, before anybody else */
  readonly control?: Control
}

/** The one door of the local cloud: AWS API calls to the services, Git to CodeCommit, on loopback only. */
export const createGateway = (initial: GatewayNeeds, options: GatewayOptions = {}): Gateway => {
  let needs = initial
  let dispatch = createDispatcher(needs)
  let open: Promise<void> | undefined
  const underWay = createUnderWay()
  /** Nothing is waited for between the open door and the count of who is inside. */
  const inside = async (work: () => Promise<void>): Promise<void> => {
    while (open) await open
    return underWay.run(work)
  }
  const log: Log = (...args) => needs.parts.log(...args)
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '/' } = request
    if (url.startsWith('/_relay/') && (await ownAnswer(options.control, request, response))) return
    if (isGit(request)) return inside(() => needs.git(request, response))
    const { method = 'GET', rawHeaders, socket } = request
    const own = url.startsWith('/_relay/')
    const limit = url.startsWith('/2015-03-31/functions') ? CODE_LIMIT_BYTES : BODY_LIMIT_BYTES
    const body = own ? NOTHING : await readBody(request, limit)
    if (body === 'gone') return void response.destroy()
    if (body === 'too large') return write(response, tooLarge())
    const secure = 'encrypted' in socket
    const sourceIp = socket.remoteAddress?.replace(/^::ffff:/, '')
    return inside(async () => {
      const unsigned = needs.unsigned && unsignedAnswer(needs.unsigned, request, body)
      if (unsigned) return write(response, unsigned)
      if (own) return write(response, ownFallback(needs.services, request))
      const answer = await dispatch(wireRequest({ method, url, rawHeaders, body, secure, sourceIp }))
      // clients set their clocks by it, so that it must be ours even where that is wrong on purpose
      write(response, answer, dateOf(needs.parts.now()))
    })
  }
  const server = createServer({ maxHeaderSize: HEADERS_MAX_BYTES }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log('gateway', 'a request failed', { url: request.url, error: String(error) })
      if (response.headersSent) response.destroy()
      else write(response, { status: 500, headers: {}, body: 'internal failure\n' })
    })
  })
  tune(server, log)
  const front = options.tls && takeTls(server, options.tls)
  return {
    serve: (next) => {
      needs = next
      dispatch = createDispatcher(next)
    },
    pause: () => {
      let resume = () => {}
      open = new Promise((resolve) => {
        resume = () => {
          open = undefined
          resolve()
        }
      })
      return resume
    },
    settled: () => underWay.settled(STOP_GRACE_MS),
    listen: (port, host = '127.0.0.1') => listen(server, port, host, log),
    stop: () => stop(server, front),
  }
}

const NOTHING = Buffer.alloc(0)

/** The answer to one of the requests that need no signature: a link, or a form. */
const unsignedAnswer = (
  ask: NonNullable<GatewayNeeds['unsigned']>,
  request: IncomingMessage,
  body: Buffer,
): Answer | undefined => {
  const { method = 'GET', url = '/', headers } = request
  const signed = headers.authorization !== undefined
  if (method === 'GET') return ask({ method, url, signed })
  return isForm(request) && !signed ? ask({ method, url, signed, body: body.toString('utf8') }) : undefined
}

const isForm = ({ method, headers }: IncomingMessage): boolean =>
  method === 'POST' && /x-www-form-urlencoded/i.test(headers['content-type'] ?? '')

const tune = (server: Server, log: Log): void => {
  // a large push over a slow disk may take longer than node:http's five minutes; only this machine can reach us
  server.requestTimeout = 0
  server.headersTimeout = HEADERS_MS
  // clients keep idle connections for long: closing first would reset their next request
  server.keepAliveTimeout = 120_000
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // a client that went away, as clients do
    if (error.code === 'ECONNRESET') return socket.destroy()
    log('gateway', 'not HTTP', { error: error.message })
    if (socket.writable) socket.end(malformed(error.code))
    else socket.destroy()
  })
}

/** IAM API reference, "Common errors": MalformedHttpRequestException. */
const malformed = (code: string | undefined): string => {
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  const name = 'MalformedHttpRequestException'
  const body = JSON.stringify({ __type: name, message: 'Problems with the request at the HTTP level.' })
  return [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: application/x-amz-json-1.1',
    `x-amzn-ErrorType: ${name}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

const listen = (server: Server, port: number, host: string, log: Log): Promise<number> => {
  if (!['127.0.0.1', '::1', 'localhost'].includes(host))
    return Promise.reject(new Error(`the local cloud listens on loopback only, not on ${host}`))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.removeListener('error', reject)
      server.on('error', (error) => log('gateway', 'server error', { error: error.message }))
      resolve((server.address() as AddressInfo).port)
    })
  })
}

const stop = (server: Server, front: Front | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) return resolve()
    const force = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    front?.stop()
    server.closeIdleConnections()
  })

/** By host, as AWS tells Git from its API; by path for clients that reach us by another name. */
const isGit = (request: IncomingMessage): boolean =>
  /^([a-z0-9-]+\.)?git-codecommit(-fips)?\.[a-z0-9-]+\./i.test(request.headers.host ?? '') ||
  (request.url ?? '').startsWith('/v1/repos/')

const HEALTH = '/_relay/health'

/** True when a request to the cloud itself was answered: by its control, or because it may not come in. */
const ownAnswer = async (
  control: Control | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> => {
  const { method = 'GET', url = '/', headers } = request
  const cut = url.indexOf('?')
  const path = cut < 0 ? url : url.slice(0, cut)
  if (path === HEALTH) return false
  const refused = refusedControl(headers, request.socket.localPort ?? 0)
  if (refused !== undefined) {
    write(response, plainJson(403, { error: refused }))
    return true
  }
  const body = await readBody(request, BODY_LIMIT_BYTES)
  if (body === 'gone') response.destroy()
  else if (body === 'too large') write(response, tooLarge())
  else {
    const query = cut < 0 ? '' : url.slice(cut + 1)
    const answer = await control?.({ method, path, query, headers, body })
    if (!answer) return false
    write(response, answer)
  }
  return true
}

const ownFallback = (services: readonly Service[], { method, url }: IncomingMessage): Answer => {
  const path = url?.split('?', 1)[0]
  return path === HEALTH
    ? plainJson(200, { ready: true, services: services.map(({ name }) => name) })
    : plainJson(404, { error: `The local cloud has nothing at ${method} ${path}.` })
}

let second = 0
let shown = ''
/** The Date header, written once a second. */
const dateOf = (now: number): string => {
  const at = Math.floor(now / 1000)
  if (at !== second) {
    second = at
    shown = new Date(now).toUTCString()
  }
  return shown
}

const write = (response: ServerResponse, answer: Answer, date?: string): void => {
  // a length is wrong beside 204: RFC 9110, section 8.6
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) }
  response.writeHead(answer.status, { ...answer.headers, ...length, ...(date !== undefined && { date }) })
  // to HEAD node:http sends the headers alone
  response.end(answer.body)
}

const tooLarge = (): Answer => {
  const name = 'RequestEntityTooLargeException'
  const message = `The request is larger than ${BODY_LIMIT_BYTES} bytes.`
  return {
    status: 413,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': name,
      connection: 'close',
    },
    body: JSON.stringify({ __type: name, message }),
  }
}
