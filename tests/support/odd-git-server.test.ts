import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { makeRepository } from './codecommit-api.ts'
import { type OddGitServer, startOddGitServer } from './odd-git-server.ts'
import { treeOf } from './processes.ts'

let root: string
let server: OddGitServer
let reached: PromiseWithResolvers<void>
let gate: PromiseWithResolvers<void>
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'odd-git-server-'))
  makeRepository(root, 'r', 'orchard')
  reached = Promise.withResolvers()
  gate = Promise.withResolvers()
  const before = async () => {
    reached.resolve()
    await gate.promise
    return undefined
  }
  server = await startOddGitServer(join(root, 'r', 'orchard'), { before })
})
afterEach(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

/** A zipped push that never ends: git would wait for the rest of it. */
const beginPush = (): Socket => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    'POST /repository/git-receive-pack HTTP/1.1\r\nHost: host\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n' +
      'Content-Type: application/x-git-receive-pack-request\r\n\r\n',
  )
  return socket
}

const gits = () =>
  treeOf(process.pid).filter(({ command, dead }) => !dead && command.includes('receive-pack'))
const GONE_WITHIN_MS = 10_000
const noneIsLeft = async (): Promise<void> => {
  for (const begun = performance.now(); gits().length > 0 && performance.now() - begun < GONE_WITHIN_MS; )
    await sleep(10)
  expect(gits()).toEqual([])
}

test('no git outlives a client that went away before it was started', async () => {
  const socket = beginPush()
  await reached.promise
  socket.destroy()
  // the server hears of it by the event loop's next turns
  await sleep(50)
  gate.resolve()
  await sleep(50)
  await noneIsLeft()
})
