import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { gitSettings } from './bare.ts'
import { line, nameOf, readLines, refusalOf, withCapabilities } from './odd-git-wire.ts'

/** One request, as an oddity sees it. */
export interface OddRequest {
  readonly service: 'git-upload-pack' | 'git-receive-pack'
  /** the advertisement, or the exchange after it */
  readonly step: 'refs' | 'exchange'
  /** of this service and step, from 1 */
  readonly count: number
  readonly chunked: boolean
}

/** Lines of an exchange up to its first flush, once they were read. */
export interface OddExchange extends OddRequest {
  /** `want …`, or `old new ref`, without capabilities */
  readonly lines: readonly string[]
  readonly capabilities: readonly string[]
}

/** How a server is less, or worse, than git. All may be changed while it runs. */
export interface Oddities {
  /** names of capabilities that it does not offer */
  lacks?: readonly string[]
  /** capabilities that it offers besides */
  offers?: readonly string[]
  /** it speaks version 0 only */
  old?: boolean
  /** git's own settings: `receive.denyDeletes=true` */
  settings?: readonly string[]
  /** options of receive-pack */
  receive?: readonly string[]
  /** value that Authorization must have, else 401 */
  authorization?: string
  /** runs before git does; a status refuses */
  before?: (request: OddRequest) => number | undefined | Promise<number | undefined>
  /** value of Retry-After in a refusal */
  retryAfter?: string
  /** runs when the lines of an exchange were read, before git sees them; `ng`: words that refuse every command of a push */
  exchange?: (exchange: OddExchange) => Promise<{ ng: string } | undefined> | { ng: string } | undefined
  /** closes the connection after so many bytes of the request's body */
  cutBody?: (request: OddRequest) => number | undefined
  /** closes the connection after so many bytes of the answer's body */
  cutAnswer?: (request: OddRequest) => number | undefined
  /** milliseconds before each answer */
  delayMs?: number
  /** bytes of an answer are changed on their way */
  garble?: (request: OddRequest, piece: Buffer) => Buffer
}

export interface OddGitServer {
  readonly url: string
  readonly oddities: Oddities
  readonly requests: OddRequest[]
  readonly exchanges: OddExchange[]
  /** capabilities that were asked for without having been offered */
  readonly trespasses: string[]
  close(): Promise<void>
}

/**
 * One bare repository behind smart HTTP, served by git itself, with as many oddities as a test wants. Whoever asks for a
 * capability that was not offered is cut off, as CodeCommit does.
 */
export const startOddGitServer = async (folder: string, oddities: Oddities = {}): Promise<OddGitServer> => {
  const requests: OddRequest[] = []
  const exchanges: OddExchange[] = []
  const trespasses: string[] = []
  const children = new Set<ChildProcessWithoutNullStreams>()
  const counts = new Map<string, number>()

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = new URL(request.url ?? '/', 'http://host')
    const isRefs = target.pathname.endsWith('/info/refs')
    const service = (
      isRefs ? target.searchParams.get('service') : target.pathname.split('/').at(-1)
    ) as OddRequest['service']
    const step = isRefs ? 'refs' : 'exchange'
    const count = (counts.get(service + step) ?? 0) + 1
    counts.set(service + step, count)
    const seen = {
      service,
      step,
      count,
      chunked: request.headers['transfer-encoding'] === 'chunked',
    } as const
    requests.push(seen)
    if (oddities.authorization !== undefined && request.headers.authorization !== oddities.authorization) {
      return refuse(response, 401)
    }
    const status = await oddities.before?.(seen)
    if (status !== undefined) {
      if (oddities.retryAfter !== undefined) response.setHeader('retry-after', oddities.retryAfter)
      return refuse(response, status)
    }
    // nobody would hear that it closes a second time
    if (response.closed || request.socket.destroyed) return
    const version2 = !oddities.old && request.headers['git-protocol'] === 'version=2'
    const git = start(service, isRefs, version2)
    response.on('close', () => git.kill())
    const kind = `application/x-${service}-${isRefs ? 'advertisement' : 'result'}`
    response.setHeader('content-type', kind)
    response.setHeader('cache-control', 'no-cache')
    if (isRefs) {
      const advertised = await collect(git.stdout)
      const head = version2 ? Buffer.alloc(0) : Buffer.from(`${line(`# service=${service}\n`)}0000`)
      return send(response, seen, [
        Buffer.concat([head, version2 ? advertised : narrow(advertised, service)]),
      ])
    }
    return converse(request, response, seen, git, version2)
  }

  const start = (service: OddRequest['service'], isRefs: boolean, version2: boolean) => {
    const settings = (oddities.settings ?? []).flatMap((setting) => ['-c', setting])
    const options = service === 'git-receive-pack' ? (oddities.receive ?? []) : []
    const git = spawn(
      'git',
      [
        // what looks after each push whether it is time to tidy up
        ...['-c', 'receive.autogc=false'],
        ...settings,
        service.slice('git-'.length),
        ...options,
        '--stateless-rpc',
        ...(isRefs ? ['--http-backend-info-refs'] : []),
        folder,
      ],
      {
        env: { ...gitSettings(), ...(version2 && { GIT_PROTOCOL: 'version=2' }) },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    )
    git.stdin.on('error', () => undefined)
    git.stderr.resume()
    children.add(git)
    git.once('close', () => children.delete(git))
    return git
  }

  const offered = (service: OddRequest['service'], capabilities: readonly string[]) => [
    ...capabilities.filter((capability) => !oddities.lacks?.includes(nameOf(capability))),
    ...(service === 'git-receive-pack' ? (oddities.offers ?? []) : []),
  ]

  /** The advertisement as this server narrows it. */
  const narrow = (bytes: Buffer, service: OddRequest['service']): Buffer => {
    const narrowed = withCapabilities(bytes, (capabilities) => offered(service, capabilities))
    known.set(service, new Set(narrowed.capabilities.map(nameOf)))
    return narrowed.bytes
  }
  const known = new Map<string, Set<string>>()

  const converse = async (
    request: IncomingMessage,
    response: ServerResponse,
    seen: OddRequest,
    git: ChildProcessWithoutNullStreams,
    version2: boolean,
  ): Promise<void> => {
    const zipped = request.headers['content-encoding'] === 'gzip'
    const body: Readable = zipped ? request.pipe(createGunzip()) : request
    const most = oddities.cutBody?.(seen)
    const passed = new PassThrough()
    let read = 0
    let head: Buffer | undefined = Buffer.alloc(0)
    let refused: string | undefined
    void (async () => {
      try {
        for await (const piece of body as AsyncIterable<Buffer>) {
          read += piece.length
          if (most !== undefined && read > most) return void request.socket.destroy()
          if (head === undefined || version2) {
            passed.write(piece)
            continue
          }
          head = Buffer.concat([head, piece])
          const exchange = readLines(head, seen)
          if (!exchange) continue
          exchanges.push(exchange)
          const extra = trespassesOf(exchange)
          if (extra.length > 0) {
            trespasses.push(...extra)
            return void request.socket.destroy()
          }
          refused = (await oddities.exchange?.(exchange))?.ng
          if (refused !== undefined) return answerNo(exchange, refused, response, seen, body)
          passed.write(head)
          head = undefined
        }
        passed.end()
      } catch {
        // the client has gone: git sees the end of its input without the end of the pack
        git.kill()
      }
    })()
    passed.pipe(git.stdin)
    await send(response, seen, git.stdout)
  }

  const trespassesOf = ({ service, capabilities }: OddExchange): string[] => {
    const allowed = known.get(service)
    if (!allowed) return []
    return capabilities.filter((capability) => !allowed.has(nameOf(capability)))
  }

  const answerNo = async (
    { lines, capabilities }: OddExchange,
    words: string,
    response: ServerResponse,
    seen: OddRequest,
    body: Readable,
  ): Promise<void> => {
    body.resume()
    await send(response, seen, refusalOf(lines, words, capabilities.includes('side-band-64k')))
  }

  const send = async (
    response: ServerResponse,
    seen: OddRequest,
    pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): Promise<void> => {
    const most = oddities.cutAnswer?.(seen)
    let sent = 0
    if (oddities.delayMs) await new Promise((resolve) => setTimeout(resolve, oddities.delayMs))
    for await (const piece of pieces) {
      const bytes = oddities.garble ? oddities.garble(seen, piece) : piece
      if (most !== undefined && sent + bytes.length > most) {
        response.write(bytes.subarray(0, most - sent), () => response.destroy())
        return
      }
      sent += bytes.length
      if (response.destroyed) return
      if (!response.write(bytes)) await drained(response)
    }
    if (most === undefined) response.end()
    else response.destroy()
  }

  const server = createServer((request, response) => {
    // what fails in here fails the exchange, and with it the test
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/repository`,
    oddities,
    requests,
    exchanges,
    trespasses,
    close: async () => {
      for (const child of children) child.kill('SIGKILL')
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { connection: 'close' }).end()
}

const collect = async (stream: Readable): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
