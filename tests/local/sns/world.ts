import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Parts, Sqs } from '../../../local/contracts.ts'
import type { Wires } from '../../../local/gateway/wires.ts'
import { openSigning } from '../../../local/sns/signing.ts'
import { createSns, type LocalSns } from '../../../local/sns/sns.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { openStore } from '../../../local/state/store.ts'
import { caller, clock, type Folder, simpleIam, storeFolder } from '../sqs/fixture.ts'

/** SNS and SQS on one store, with a clock that stands still, and a door for what SNS answers without a signature. */
export interface World {
  readonly sqs: Sqs
  readonly sns: LocalSns
  /** operations of SNS and SQS, as the gateway calls them */
  readonly topics: ReturnType<typeof caller>
  readonly queues: ReturnType<typeof caller>
  readonly time: ReturnType<typeof clock>
  readonly baseUrl: string
  /** what the services logged */
  readonly logged: string[]
  /** the services anew, from what the store holds, so many milliseconds later */
  restart(later?: number): Promise<void>
  stop(): Promise<void>
}

let key: unknown

/** One key for all tests of a file: making one takes a while. */
export const shareKey = async ({ store }: Parts): Promise<void> => {
  if (!key) {
    const memory = openStore(':memory:')
    await openSigning({ store: memory, now: Date.now, log: () => {} }).signer()
    key = memory.collection('sns.signing').get('key')
    memory.close()
  }
  store.collection('sns.signing').put('key', key)
}

export const openWorld = async (
  options: { readonly invoke?: Wires['invokeAsync']; readonly trust?: string } = {},
): Promise<World> => {
  const folder: Folder = storeFolder()
  const time = clock()
  const logged: string[] = []
  const door = createServer((request, response) => {
    const answer = world.sns.answerPublic({ method: 'GET', url: request.url ?? '/', signed: false })
    response.writeHead(answer?.status ?? 404, answer?.headers).end(answer?.body)
  })
  const baseUrl = await listen(door)
  await shareKey(folder.open())
  const open = () => {
    const parts = { ...folder.open(time.now), log: (_: string, text: string) => void logged.push(text) }
    const sqs = createSqs({ parts, iam: simpleIam, baseUrl: () => baseUrl })
    const sns = createSns({
      parts,
      iam: simpleIam,
      wires: { sendMessage: sqs.send, invokeAsync: options.invoke ?? (async () => {}) },
      baseUrl: () => baseUrl,
      ...(options.trust === undefined ? {} : { trust: options.trust }),
    })
    return { sqs, sns, topics: caller(sns.service), queues: caller(sqs.service) }
  }
  const close = async () => {
    await world.sns.stop()
    await world.sqs.stop()
  }
  const world = {
    ...open(),
    time,
    baseUrl,
    logged,
    restart: async (later = 0) => {
      await close()
      time.pass(later)
      Object.assign(world, open())
    },
    stop: async () => {
      await close()
      door.closeAllConnections()
      door.close()
      folder.remove()
    },
  }
  return world
}

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Arrival {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A web server that keeps what it is sent, and answers as it is told. */
export interface Endpoint {
  readonly url: string
  readonly arrivals: Arrival[]
  /** statuses of the next answers; 200 when there are none left */
  readonly answers: number[]
  /** the next arrival that has not been asked for */
  next(): Promise<Arrival>
  close(): void
}

export const openEndpoint = async (tls?: { key: string; cert: string }): Promise<Endpoint> => {
  const arrivals: Arrival[] = []
  const answers: number[] = []
  const waiting: (() => void)[] = []
  let read = 0
  const take = (request: IncomingMessage, done: (status: number) => void) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      arrivals.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      done(answers.shift() ?? 200)
      for (const wake of waiting.splice(0)) wake()
    })
  }
  const server = tls
    ? createSecureServer(tls, (request, response) => take(request, (code) => response.writeHead(code).end()))
    : createServer((request, response) => take(request, (code) => response.writeHead(code).end()))
  const url = await listen(server as Server)
  return {
    url: tls ? url.replace('http:', 'https:').replace('127.0.0.1', 'localhost') : url,
    arrivals,
    answers,
    next: async () => {
      while (arrivals.length <= read) await new Promise<void>((resolve) => waiting.push(resolve))
      read += 1
      return arrivals[read - 1]!
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
