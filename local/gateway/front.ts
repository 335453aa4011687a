import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

/** The first byte of a TLS connection, a handshake record: RFC 8446, section 5.1. No HTTP request begins with it. */
const HANDSHAKE = 0x16

/** How long a connection may say nothing at all, or be busy with its handshake. */
const SILENCE_MS = 60_000
const HANDSHAKE_MS = 10_000

export interface Front {
  /** ends the connections that the HTTP server does not know of yet */
  stop(): void
}

/**
 * Lets one port speak both HTTP and TLS: looks at each connection's first byte, then hands it to the HTTP server as it is, or
 * once its TLS is done.
 * @param server whose connections are taken over, before it listens
 */
export const takeTls = (server: Server, tls: { readonly key: string; readonly cert: string }): Front => {
  const serve = server.listeners('connection') as ((this: Server, socket: Socket | TLSSocket) => void)[]
  /** by their other end: TLS brings back another object for the same connection */
  const waiting = new Map<string, Socket>()
  const hand = (socket: Socket | TLSSocket) => {
    waiting.delete(nameOf(socket))
    for (const listener of serve) listener.call(server, socket)
  }
  const secure = createServer(
    { ...tls, ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_MS, minVersion: 'TLSv1.2' },
    hand,
  )
  // clients that do not trust us yet end here; so do port scanners
  secure.on('tlsClientError', (_, socket) => socket.destroy())
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    waiting.set(name, socket)
    socket.once('close', () => waiting.delete(name))
    whenSpoken(socket, (first) => {
      if (first[0] === HANDSHAKE) secure.emit('connection', socket)
      else hand(socket)
    })
  })
  return {
    stop: () => {
      for (const socket of waiting.values()) socket.destroy()
    },
  }
}

const nameOf = (socket: Socket | TLSSocket): string => `${socket.remoteAddress} ${socket.remotePort}`

/** Calls back with the first bytes, which are still to be read then; a connection that says nothing for long is ended. */
const whenSpoken = (socket: Socket, spoken: (first: Buffer) => void): void => {
  const leave = () => socket.destroy()
  const endings = ['error', 'end', 'timeout']
  const look = () => {
    const first = socket.read() as Buffer | null
    if (first === null) {
      socket.once('readable', look)
      return
    }
    for (const event of endings) socket.removeListener(event, leave)
    socket.setTimeout(0)
    socket.unshift(first)
    spoken(first)
  }
  socket.setTimeout(SILENCE_MS)
  for (const event of endings) socket.on(event, leave)
  socket.once('readable', look)
}
