import type http from 'node:http'
import type { Socket } from 'node:net'
import type { Traffic } from './types.ts'

/** Counts what goes over the sockets of requests, heads and framing included. */
export const createMeter = () => {
  const running = new Map<http.ClientRequest, { socket: Socket; received: number; sent: number }>()
  let requests = 0
  let received = 0
  let sent = 0

  return {
    follow(request: http.ClientRequest): void {
      requests += 1
      request.once('socket', (socket) => {
        // A kept connection has served others before.
        running.set(request, { socket, received: socket.bytesRead, sent: socket.bytesWritten })
      })
      request.once('close', () => {
        const start = running.get(request)
        if (!start) return
        received += start.socket.bytesRead - start.received
        sent += start.socket.bytesWritten - start.sent
        running.delete(request)
      })
    },
    traffic(): Traffic {
      const sum = { requests, received, sent }
      for (const start of running.values()) {
        sum.received += start.socket.bytesRead - start.received
        sum.sent += start.socket.bytesWritten - start.sent
      }
      return sum
    },
  }
}
