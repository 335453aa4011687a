import { createWriteStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { httpBackend } from '../http-backend.ts'
import { startDistance } from './distance.ts'
import type { Recorded, ServerAnswer, ServerOrder } from './messages.ts'

// One side's Git server, in a process of its own: `server.ts ROOT`. It counts what passes its sockets, and notes requests when it
// is asked to.
const root = process.argv[2] ?? ''
const open = new Set<Socket>()
let past = 0
let requests = 0
let notes: { folder: string; recorded: Recorded[]; ready: Promise<unknown>[] } | undefined

const clock = () => performance.timeOrigin + performance.now()

const note = (request: IncomingMessage, response: ServerResponse): void => {
  requests += 1
  if (!notes) return
  const { folder, recorded, ready } = notes
  const body = join(folder, `${process.pid}-${recorded.length}.body`)
  const place = recorded.length
  recorded.push({
    at: clock(),
    end: Number.POSITIVE_INFINITY,
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers as Record<string, string>,
    body,
  })
  response.once('finish', () => {
    const noted = recorded[place]
    if (noted) recorded[place] = { ...noted, end: clock() }
  })
  const file = request.pipe(createWriteStream(body))
  ready.push(new Promise<void>((done) => file.once('close', () => done())))
}

const server = createServer(httpBackend(root, note)).on('connection', (socket) => {
  socket.setNoDelay(true)
  open.add(socket)
  socket.once('close', () => {
    past += passed(socket)
    open.delete(socket)
  })
})
const passed = ({ bytesRead, bytesWritten }: Socket): number => bytesRead + bytesWritten

const answer = (message: ServerAnswer): void => void process.send?.(message)

server.keepAliveTimeout = 600_000
const ownPort = () => (server.address() as AddressInfo).port
server.listen(0, '127.0.0.1', () => answer({ kind: 'listening', port: ownPort() }))

process.on('message', async (order: ServerOrder) => {
  if (order.kind === 'count') {
    const bytes = [...open].reduce((sum, socket) => sum + passed(socket), past)
    return answer({ kind: 'count', bytes, requests })
  }
  if (order.kind === 'note') {
    notes = { folder: order.folder, recorded: [], ready: [] }
    return answer({ kind: 'noting' })
  }
  if (order.kind === 'distance') {
    const { port } = await startDistance(ownPort(), order.roundTripMs)
    return answer({ kind: 'listening', port })
  }
  const done = notes
  notes = undefined
  await Promise.all(done?.ready ?? [])
  answer({ kind: 'noted', recorded: done?.recorded ?? [] })
})
process.on('disconnect', () => process.exit())
