import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import zlib from 'node:zlib'
import { lookup } from './loopback.ts'
import { malformed } from './text.ts'

/** How long a server may keep us waiting. */
export interface Patience {
  /** until a connection stands, TLS included */
  readonly connectMs: number
  /** without a byte, whoever is to speak: index-pack is silent for minutes on a large pack */
  readonly idleMs: number
}

/** Kept connections that nobody used for this long are closed by us: the server has forgotten them as well. */
const KEPT_MS = 60_000

/**
 * Bytes that are read ahead of whoever reads, and written ahead of the server. Packs pass through: with Node's 64 KiB each of
 * thousands of small pieces wakes both sides, which takes up to twice the processor's time.
 */
const BUFFERED_BYTES = 256 * 1024

const options = { keepAlive: true, lookup, timeout: KEPT_MS, highWaterMark: BUFFERED_BYTES }
const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }

export interface Ask {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  /** without Content-Length; Authorization included */
  readonly headers: Readonly<Record<string, string>>
  /** all of it, for a request that only reads and may therefore be sent twice */
  readonly body?: Uint8Array
  /** bytes of a body that is written piece by piece, where they are known; absent: chunked */
  readonly length?: number
  readonly patience: Patience
  readonly signal?: AbortSignal | undefined
  /** told of the request, for counting */
  readonly onRequest: (request: http.ClientRequest) => void
}

/** A request on its way: its body may be written while its answer is read. */
export interface Conversation {
  /** waits while the server takes no more; rejects when the connection is gone */
  write(bytes: Uint8Array): Promise<void>
  /** nothing more is sent */
  finish(): void
  /** the head of the answer */
  answer(): Promise<http.IncomingMessage>
  /** the answer's bytes, unpacked where the server packed them; ending the loop early closes the connection */
  body(): AsyncGenerator<Buffer, void, undefined>
  /** closes the connection: the server never takes a part for the whole */
  destroy(): void
}

/** A wait that became too long; `data` says for what. */
export class Impatience extends Error {
  readonly data: Readonly<Record<string, number>>

  constructor(data: Readonly<Record<string, number>>) {
    super('waited too long')
    this.data = data
  }
}

/**
 * Opens a request up to where its body begins. A kept connection may have been closed by the server meanwhile (a frozen
 * function always finds it so): then the next one is tried, kept or fresh, so this ends. Nothing of a body that is written piece
 * by piece is sent before that.
 * Redirects are not followed: the credential is for this host only.
 */
export const converse = async (ask: Ask): Promise<Conversation> => {
  for (;;) {
    const request = open(ask)
    const conversation = conversationOn(request, ask)
    try {
      await ready(request, ask.patience)
      if (ask.body) {
        await conversation.write(ask.body)
        conversation.finish()
      }
      if (ask.body || ask.method === 'GET') await conversation.answer()
      return conversation
    } catch (error) {
      conversation.destroy()
      if (!request.reusedSocket || ask.signal?.aborted || error instanceof Impatience) throw error
    }
  }
}

const open = ({ method, url, headers, body, signal, onRequest, ...ask }: Ask): http.ClientRequest => {
  const length = body?.length ?? ask.length
  const secure = url.protocol === 'https:'
  const framing = { ...(length !== undefined && { 'content-length': String(length) }) }
  const request = (secure ? https : http).request(url, {
    method,
    agent: agents[secure ? 'https:' : 'http:'],
    headers: { ...headers, ...(method === 'POST' && framing) },
    ...(signal && { signal }),
  })
  onRequest(request)
  if (method === 'GET') request.end()
  else request.flushHeaders()
  return request
}

/**
 * Node takes its own listener off a socket when an answer ends; an abort in the same turn makes the socket fail right behind that,
 * and a failure without a listener ends the process. The request has heard of it already.
 */
const bearFailures = (socket: Socket): void => {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
}
const ignore = (): void => undefined

/** Resolves when the connection stands; a kept one gets two turns of the loop in which its end, if it came, is seen. */
const ready = async (request: http.ClientRequest, { connectMs }: Patience): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = () => request.destroy(new Impatience({ connectMs }))
  const timer = setTimeout(late, connectMs)
  let failure: Error | undefined
  const fail = (error: Error) => {
    failure = error
    reject(error)
  }
  request.on('error', fail)
  request.once('socket', (socket) => {
    bearFailures(socket)
    if (!socket.connecting) return resolve()
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => resolve())
  })
  try {
    await promise
    if (request.reusedSocket) for (let turn = 0; turn < 2; turn += 1) await setImmediate()
    if (failure) throw failure
  } finally {
    clearTimeout(timer)
    request.off('error', fail)
  }
}

const conversationOn = (request: http.ClientRequest, { patience: { idleMs } }: Ask): Conversation => {
  let failure: Error | undefined
  const answered = Promise.withResolvers<http.IncomingMessage>()
  const gone = Promise.withResolvers<never>()
  request.once('response', answered.resolve)
  const lost = (error: Error) => {
    answered.reject(error)
    gone.reject(error)
  }
  request.on('error', (error) => {
    failure ??= error
    lost(failure)
  })
  // Once there is an answer, a request that is destroyed closes without an error.
  request.once('close', () => lost(failure ?? new Error('the connection is closed')))
  // Either may fail while nobody waits for it; who waits later hears of it.
  for (const { promise } of [answered, gone]) promise.catch(() => undefined)

  // Whoever waits for the answer is patient as long as the body still moves, and the reverse.
  const timers = new Set<NodeJS.Timeout>()
  const moved = () => {
    for (const timer of timers) timer.refresh()
  }

  const patiently = async <T>(promise: Promise<T>): Promise<T> => {
    const late = () => {
      failure ??= new Impatience({ idleMs })
      request.destroy(failure)
    }
    const timer = setTimeout(late, idleMs)
    timers.add(timer)
    try {
      return await promise
    } catch (error) {
      throw failure ?? error
    } finally {
      clearTimeout(timer)
      timers.delete(timer)
    }
  }

  const drained = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    request.once('drain', resolve)
    return Promise.race([promise, gone.promise]).finally(() => request.off('drain', resolve))
  }

  return {
    async write(bytes) {
      if (failure) throw failure
      if (request.destroyed) throw new Error('the connection is closed')
      if (!request.write(bytes)) await patiently(drained())
      moved()
    },
    finish: () => void request.end(),
    answer: () => patiently(answered.promise),
    async *body() {
      const response = await patiently(answered.promise)
      const iterator: AsyncIterator<Buffer> = unpacked(response)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const { done, value } = await patiently(iterator.next())
          if (done) return
          moved()
          yield value
        }
      } finally {
        await iterator.return?.()
      }
    },
    destroy: () => void request.destroy(),
  }
}

const unpacked = (response: http.IncomingMessage): AsyncIterable<Buffer> => {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  if (!/^(?:x-)?gzip$/.test(encoding)) {
    response.destroy()
    return malformed('content encoding')
  }
  const unzip = zlib.createGunzip()
  response.on('error', (error) => unzip.destroy(error))
  unzip.on('close', () => response.destroy())
  return response.pipe(unzip)
}
