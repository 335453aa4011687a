import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dataPacket } from '../../../shared/git/pkt-line.ts'
import type { GitRemote } from '../../../shared/git/types.ts'

export const secretWord = ['let', 'me', 'in', 'please'].join('-')
export const authorization = `Basic ${Buffer.from(`somebody-known:${secretWord}`).toString('base64')}`

export interface OddServer {
  readonly remote: GitRemote
  readonly server: Server
  close(): Promise<unknown>
}

/** An HTTP server that answers as the listener likes, and its repository. */
export const startOddServer = async (listener: RequestListener): Promise<OddServer> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  return {
    remote: {
      url: `http://git.example.localhost:${port}/v1/repos/orchard`,
      authorization: async () => authorization,
    },
    server,
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}

export const line = (payload: string | Uint8Array): Buffer =>
  dataPacket(typeof payload === 'string' ? Buffer.from(payload) : payload)

/** All of a body, or undefined when the client went away in the middle. */
export const bodyOf = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const pieces: Buffer[] = []
  try {
    for await (const piece of request) pieces.push(piece as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(pieces)
}

export const typeOf = (kind: string) => ({ 'content-type': `application/x-git-${kind}` })

/** What receive-pack says to a push that it took. */
export const REPORT = Buffer.concat([line('unpack ok\n'), line('ok refs/heads/main\n'), Buffer.from('0000')])
