import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

/** The first byte of a TLS connection, a handshake record: RFC 8446, section 5.1. No HTTP request begins with it. */
const HANDSHAKE = 0x16

/** How long a connection may say nothing at all, or be busy with its handshake. */
const SILENCE_MS = 60_000
const HANDSHAKE_MS = 10_000

export interface Front {
  /** ends the connections that have not said anything yet */
  stop(): void
}

/**
 * Lets one port speak both HTTP and TLS: looks at each connection's first byte, then hands it to the HTTP server as it is, or
 * once its TLS is done.
 * @param server whose connections are taken over, before it listens
 */
export const takeTls = (server: Server, tls: { readonly key: string; readonly cert: string }): Front => {
  const serve = server.listeners('connection') as ((this: Server, socket: Socket | TLSSocket) => void)[]
  const hand = (socket: Socket | TLSSocket) => {
    for (const listener of serve) listener.call(server, socket)
  }
  const secure = createServer(
    { ...tls, ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_MS, minVersion: 'TLSv1.2' },
    hand,
  )
  // clients that do not trust us yet end here; so do port scanners
  secure.on('tlsClientError', (_, socket) => socket.destroy())
  const silent = new Set<Socket>()
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    const leave = () => {
      silent.delete(socket)
      socket.destroy()
    }
    const look = () => {
      const first = socket.read() as Buffer | null
      if (first === null) {
        socket.once('readable', look)
        return
      }
      silent.delete(socket)
      for (const event of ['error', 'close', 'end', 'timeout']) socket.removeListener(event, leave)
      socket.setTimeout(0)
      socket.unshift(first)
      if (first[0] === HANDSHAKE) secure.emit('connection', socket)
      else hand(socket)
    }
    socket.setTimeout(SILENCE_MS)
    for (const event of ['error', 'close', 'end', 'timeout']) socket.on(event, leave)
    socket.once('readable', look)
  })
  return {
    stop: () => {
      for (const socket of silent) socket.destroy()
    },
  }
}
