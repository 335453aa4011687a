import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from './random.ts'

export interface Network {
  readonly port: number
  /** from 0 to 1: how often an exchange is cut, or held up; 0: a good network */
  trouble: number
  /** asked with what a client says, before it is passed on */
  gate: ((text: string) => Promise<void>) | undefined
  readonly counts: { cuts: number; delays: number; bytes: number; connections: number }
  close(): Promise<void>
}

/** What the client says, before it goes on: request lines, headers. */
export type Overhear = (text: string) => void

/**
 * The network between workers and Git servers: TCP, nothing known of what it carries. Whenever a side begins to speak, it may be
 * decided that the connection ends after so many more bytes of that direction, with a reset or as if all had been said.
 */
export const startNetwork = async (server: number, dice: Dice, overhear: Overhear): Promise<Network> => {
  const sockets = new Set<Socket>()
  const counts = { cuts: 0, delays: 0, bytes: 0, connections: 0 }

  const pump = (from: Socket, to: Socket, turn: { of?: Socket }, fromClient: boolean) => {
    let left = Number.POSITIVE_INFINITY
    let chain = Promise.resolve<unknown>(undefined)
    const pass = async (piece: Buffer) => {
      if (turn.of !== from) {
        turn.of = from
        // mostly within the first lines, sometimes far behind: packs are longer than what is said of them
        left = dice.chance(network.trouble)
          ? dice.below(2 ** (4 + dice.below(dice.chance(0.2) ? 14 : 8)))
          : Number.POSITIVE_INFINITY
      }
      if (fromClient) {
        const text = piece.toString('latin1')
        overhear(text)
        await network.gate?.(text)
      }
      if (network.trouble > 0 && dice.chance(network.trouble / 3)) {
        counts.delays += 1
        await sleep(dice.below(120))
      }
      if (to.destroyed) return
      counts.bytes += piece.length
      if (piece.length <= left) {
        left -= piece.length
        if (!to.write(piece)) await new Promise((done) => to.once('drain', done).once('close', done))
        return
      }
      counts.cuts += 1
      const part = piece.subarray(0, left)
      from.pause()
      if (dice.chance(0.5)) to.end(part, () => from.destroy())
      else to.write(part, () => [to, from].map((socket) => socket.resetAndDestroy()))
    }
    from.on('data', (piece: Buffer) => {
      from.pause()
      chain = chain.then(() => pass(piece)).then(() => from.resume())
    })
    from.on('end', () => {
      chain = chain.then(() => to.end())
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      chain = chain.then(() => setTimeout(() => to.destroy(), 50).unref())
    })
  }

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: server, host: '127.0.0.1', allowHalfOpen: true })
    sockets.add(client).add(upstream)
    counts.connections += 1
    const turn = {}
    pump(client, upstream, turn, true)
    pump(upstream, client, turn, false)
  })
  listener.listen(0, '127.0.0.1')
  await new Promise((done) => listener.once('listening', done))
  const network: Network = {
    port: (listener.address() as AddressInfo).port,
    trouble: 0,
    gate: undefined,
    counts,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => listener.close(done))
    },
  }
  return network
}
