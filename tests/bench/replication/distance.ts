import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** So many bytes may be on their way at once: more than any window of TCP that one meets. */
const IN_FLIGHT = 32 * 2 ** 20

export interface Distance {
  readonly port: number
  stop(): Promise<void>
}

/**
 * A TCP proxy that makes a loopback server far away: every byte arrives half a round trip later, the first of a connection
 * after one round trip more (the handshake that the loopback does not need). Nothing else of a long way is imitated: no limit of
 * bandwidth, no slow start, no loss.
 * @param roundTripMs time there and back
 */
export const startDistance = async (target: number, roundTripMs: number): Promise<Distance> => {
  const open = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
    }
    carry(near, far, roundTripMs / 2, performance.now() + roundTripMs)
    carry(far, near, roundTripMs / 2, 0)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

/** In order: a piece never overtakes the one before. @param notBefore when the first byte may set out */
const carry = (from: Socket, to: Socket, delayMs: number, notBefore: number): void => {
  const flying: { readonly due: number; readonly deliver: () => void }[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  const pump = () => {
    timer = undefined
    for (let [next] = flying; next && next.due <= performance.now(); [next] = flying) {
      flying.shift()
      next.deliver()
    }
    const [next] = flying
    if (next) timer = setTimeout(pump, Math.max(1, next.due - performance.now()))
  }
  const later = (deliver: () => void) => {
    flying.push({ due: Math.max(notBefore, performance.now()) + delayMs, deliver })
    if (timer === undefined) timer = setTimeout(pump, delayMs)
  }
  const mayFlow = () => bytes + to.writableLength <= IN_FLIGHT
  from.on('data', (piece) => {
    bytes += piece.length
    if (!mayFlow()) from.pause()
    later(() => {
      bytes -= piece.length
      if (!to.destroyed) to.write(piece)
      if (mayFlow()) from.resume()
    })
  })
  to.on('drain', () => from.resume())
  from.on('end', () => later(() => to.end()))
  from.on('close', (hadError) => {
    if (hadError) to.destroy()
  })
}
