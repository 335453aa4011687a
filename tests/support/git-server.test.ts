import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { basicAuthorization, signGitPassword } from '../../shared/codecommit/git-password.ts'
import { makeRepository } from './codecommit-api.ts'
import { type GitServer, startGitServer } from './git-server.ts'
import { living, treeOf } from './processes.ts'

const keys = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret'].join('/') }
const region = 'eu-west-1'
const path = '/v1/repos/orchard'
const host = `git-codecommit.${region}.amazonaws.com.localhost`

let root: string
let server: GitServer
let gate: Promise<unknown> | undefined
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'git-server-'))
  makeRepository(root, region, 'orchard')
  const before = async () => void (await gate)
  server = await startGitServer({ root, secretOf: () => keys.secretAccessKey, before })
})
afterAll(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

const COMMAND = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/x\0report-status\n`
const HEAD_OF_PACK = `PACK${'\0'.repeat(3)}\x02${'\0'.repeat(3)}\x01`
const BEGUN = `${(COMMAND.length + 4).toString(16).padStart(4, '0')}${COMMAND}0000${HEAD_OF_PACK}`

/** The first bytes of a push that is never sent whole: as many as git starts the program for that reads packs. */
const beginPush = () => {
  const password = signGitPassword(keys, { region, host, path, now: Date.now() })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(
    `POST ${path}/git-receive-pack HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n` +
      `Authorization: ${basicAuthorization(password)}\r\n` +
      `Content-Type: application/x-git-receive-pack-request\r\n\r\n${BEGUN}`,
  )
  return socket
}

/** Git's processes below this one: the one that serves, and what that started. */
const backends = () =>
  treeOf(process.pid)
    .filter(({ command, dead }) => !dead && /git.*(receive-pack|unpack-objects)/.test(command))
    .map(({ pid }) => pid)

const started = async () => {
  while (backends().length < 2) await sleep(10)
  return backends()
}

const gone = async (pids: readonly number[]) => {
  while (living(pids).length > 0) await sleep(10)
}

test('a request that is cut leaves no process, in the middle or before git was started', async () => {
  const socket = beginPush()
  const pids = await started()
  socket.destroy()
  await gone(pids)
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  const asked = server.requests.length
  const early = beginPush()
  while (server.requests.length === asked) await sleep(5)
  const closed = new Promise((done) => early.once('close', done))
  early.destroy()
  await closed
  // the server hears of it by the event loop's next turns
  await sleep(50)
  resolve()
  await sleep(50)
  expect(backends()).toEqual([])
  gate = undefined
})

test('nor does a server that is closed meanwhile', async () => {
  const socket = beginPush()
  socket.on('error', () => undefined)
  const pids = await started()
  await server.close()
  await gone(pids)
  socket.destroy()
})
