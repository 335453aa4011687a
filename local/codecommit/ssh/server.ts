import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Context } from '../context.ts'
import { hostKey } from './host-key.ts'
import { receive } from './session.ts'

/** A peer that neither sends nor reads for so long is cut off. */
const IDLE_MS = 10 * 60_000

export interface SshEndpoint {
  /**
   * Opens the door of a region: SSH names no host, so each region has a port of its own.
   * @param port 0: the system chooses
   * @returns the port. Throws EADDRINUSE when it is taken
   */
  listen(region: string, port: number): Promise<number>
  /** nobody is let in any more; whoever is inside may finish */
  shut(): void
  /** cuts every connection that is still there */
  close(): Promise<void>
}

/**
 * Git over SSH, on loopback.
 * @param folder where the host key is kept
 * @param started is told of every command, so that the cloud can wait for it when it stops
 */
export const createSshEndpoint = (
  context: Context,
  folder: string,
  started: (work: Promise<void>) => void,
): SshEndpoint => {
  const doors = new Set<Server>()
  const sockets = new Set<Socket>()
  return {
    listen: async (region, port) => {
      // loaded when SSH is wanted, and only then: it is large
      const { default: ssh2 } = await import('ssh2')
      const hostKeys = [await hostKey(folder)]
      const speaker = new ssh2.Server({ hostKeys, ident: 'AWSCodeCommit' }, (connection, { ip, header }) => {
        const userAgent = `SSH-${header.versions.protocol}-${header.versions.software}`
        const place = { region, sourceIp: ip.replace(/^::ffff:/, ''), userAgent }
        receive(context, connection, place, ssh2.utils.parseKey, started)
      })
      const door = createServer((socket) => {
        sockets.add(socket)
        socket.setTimeout(IDLE_MS, () => socket.destroy())
        socket.once('close', () => sockets.delete(socket))
        speaker.injectSocket(socket)
      })
      door.listen(port, '127.0.0.1')
      await once(door, 'listening')
      doors.add(door)
      return (door.address() as AddressInfo).port
    },
    shut: () => {
      for (const door of doors) door.close()
    },
    close: async () => {
      const closed = [...sockets].map((socket) => once(socket, 'close'))
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    },
  }
}
