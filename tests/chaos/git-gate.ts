import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands between the product and Git: passes on, cuts, or holds requests until whoever asked is gone. */
export interface GitGate {
  readonly port: number
  forwardTo(port: number): void
  /** requests after so many more are not answered until one who made some of them is gone; then the others' are */
  holdAfter(requests: number): void
  readonly holding: boolean
  /** somebody is held */
  untilHeld(): Promise<void>
  /** advertisements of repositories in this region that were asked for */
  looked(region: string): number
  close(): void
}

export interface GateRequest {
  readonly region: string
  readonly name: string
}

export const openGitGate = async (rule: (request: GateRequest) => 'pass' | 'cut'): Promise<GitGate> => {
  let onward = 0
  let left = Number.POSITIVE_INFINITY
  let holds = Promise.withResolvers<void>()
  const held: { request: IncomingMessage; response: ServerResponse }[] = []
  const looked = new Map<string, number>()
  const pass = (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request
    const next = ask({ host: '127.0.0.1', port: onward, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    next.on('error', () => response.destroy())
    request.pipe(next)
  }
  const release = () => {
    left = Number.POSITIVE_INFINITY
    const those = held.splice(0)
    for (const { request, response } of those) if (!request.socket.destroyed) pass(request, response)
  }
  const server = createServer((request, response) => {
    const [, region = ''] = /^git-codecommit\.([^.]+)\./.exec(request.headers.host ?? '') ?? []
    const [, name = ''] = /\/v1\/repos\/([^/?]+)/.exec(request.url ?? '') ?? []
    if (request.url?.includes('info/refs')) looked.set(region, (looked.get(region) ?? 0) + 1)
    if (rule({ region, name }) === 'cut') {
      request.socket.destroy()
      return
    }
    if (left > 0) {
      left -= 1
      pass(request, response)
      return
    }
    held.push({ request, response })
    holds.resolve()
    request.socket.once('close', release)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (port) => {
      onward = port
    },
    holdAfter: (requests) => {
      holds = Promise.withResolvers()
      left = requests
    },
    get holding() {
      return left < Number.POSITIVE_INFINITY
    },
    untilHeld: () => holds.promise,
    looked: (region) => looked.get(region) ?? 0,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
