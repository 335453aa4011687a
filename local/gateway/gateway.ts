import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CodeCommit, DynamoDb, Faults, Iam, Log, Parts, Trail } from '../contracts.ts'
import type { ControlRequest } from '../control.ts'
import type { Answer } from './answers.ts'
import { createDispatcher } from './dispatch.ts'
import { AwsError, type Service } from './service.ts'

/** The largest API request: DynamoDB's BatchWriteItem, 16 MB, is the largest of the services here. */
export const BODY_LIMIT_BYTES = 16 * 1024 * 1024

/** How long requests under way may still take once the gateway stops. */
const STOP_GRACE_MS = 1_000

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
  /** ends every connection; the services behind are stopped by whoever made them */
  stop(): Promise<void>
}

/** Whatever stands behind the door: replaced as a whole when the cloud forgets everything. */
export interface GatewayNeeds {
  readonly parts: Parts
  readonly iam: Iam
  readonly services: readonly Service[]
  readonly git: CodeCommit['handleGit']
  readonly dynamodb: DynamoDb
  readonly trail?: Pick<Trail, 'record'>
  readonly faults?: Pick<Faults, 'call'>
}

/** The one door of the local cloud: AWS API calls to the services, Git to CodeCommit, on loopback only. */
export const createGateway = (
  initial: GatewayNeeds,
  options: { readonly control?: (request: ControlRequest) => Promise<Answer | undefined> } = {},
): Gateway => {
  let needs = initial
  let dispatch = createDispatcher(needs)
  let open: Promise<void> | undefined
  const log: Log = (...args) => needs.parts.log(...args)
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.startsWith('/_relay/') && options.control) {
      const [path = '', body] = [request.url.split('?', 1)[0], await readBody(request)]
      const answer = body && (await options.control({ method: request.method ?? 'GET', path, body }))
      if (answer) return write(response, answer)
    }
    await open
    if (isGit(request)) return needs.git(request, response)
    const path = request.url?.split('?', 1)[0]
    if (path === '/_relay/health') return write(response, health(needs.services))
    const body = await readBody(request)
    if (!body) return write(response, tooLarge())
    const { method = 'GET', url = '/', rawHeaders } = request
    write(response, await dispatch({ method, url, rawHeaders, body }))
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      log('gateway', 'a request failed', { url: request.url, error: String(error) })
      if (response.headersSent) response.destroy()
      else write(response, { status: 500, headers: {}, body: Buffer.from('internal failure\n') })
    })
  })
  // a large push over a slow disk may take longer than node:http's five minutes; only this machine can reach us
  server.requestTimeout = 0
  // clients keep idle connections for long: closing first would reset their next request
  server.keepAliveTimeout = 120_000
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // a client that went away, as clients do
    if (error.code === 'ECONNRESET') return socket.destroy()
    log('gateway', 'not HTTP', { error: error.message })
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
  })
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
    listen: (port, host = '127.0.0.1') => {
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
    },
    stop: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve()
        const force = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
        server.close(() => {
          clearTimeout(force)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

/** By host, as AWS tells Git from its API; by path for clients that reach us by another name. */
const isGit = (request: IncomingMessage): boolean =>
  /^([a-z0-9-]+\.)?git-codecommit(-fips)?\.[a-z0-9-]+\./i.test(request.headers.host ?? '') ||
  (request.url ?? '').startsWith('/v1/repos/')

/** The whole body, or undefined when it is larger than {@link BODY_LIMIT_BYTES}. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  // an early return must not destroy the socket that the refusal is still to be written to
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

const write = (response: ServerResponse, answer: Answer): void => {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  // to HEAD node:http sends the headers alone
  response.end(answer.body)
}

const tooLarge = (): Answer => {
  const error = new AwsError(
    'RequestEntityTooLargeException',
    `The request is larger than ${BODY_LIMIT_BYTES} bytes.`,
    413,
  )
  return {
    status: error.status,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': error.code,
      connection: 'close',
    },
    body: Buffer.from(JSON.stringify({ __type: error.code, message: error.message })),
  }
}

const health = (services: readonly Service[]): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(`${JSON.stringify({ ready: true, services: services.map(({ name }) => name) })}\n`),
})
