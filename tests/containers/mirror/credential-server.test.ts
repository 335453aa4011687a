import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type CredentialServer, startCredentialServer } from '../../../containers/mirror/credential-server.ts'

const password = ['pass', 'word'].join('-')
const token = ['ses', 'sion'].join('/')
const remote = {
  url: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/orchard',
  password: async () => ({ username: `ASIDORCHARD02%${token}`, password }),
}
const good = { protocol: 'https', host: 'git-codecommit.eu-west-1.amazonaws.com', path: 'v1/repos/orchard' }

let folder: string
let server: CredentialServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "it's private "))
  server = await startCredentialServer(folder, [process.execPath, resolve('containers/mirror/credential.ts')])
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** As git runs a helper that begins with `!`. */
const helper = async (question: string, verb = 'get', by = server): Promise<string> => {
  const child = spawn('/bin/sh', ['-c', `${by.helper.slice(1)} ${verb}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  })
  child.stdin.on('error', () => undefined).end(question)
  return text(child.stdout)
}
const ask = (fields: object) =>
  helper(
    Object.entries(fields)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )

test('the remote of the moment gets its password, through the helper program', async () => {
  expect(await server.during(remote, () => ask(good))).toBe(
    `username=ASIDORCHARD02%${token}\npassword=${password}\n`,
  )
})

test('git’s newer fields do not disturb', async () => {
  expect(
    await server.during(remote, () =>
      ask({ 'capability[]': 'authtype', ...good, 'wwwauth[]': 'Basic realm="x=y"' }),
    ),
  ).toContain(password)
})

describe('nobody else does', () => {
  test.each([
    ['another repository', { ...good, path: 'v1/repos/other' }],
    ['another path', { ...good, path: 'v1/repos/orchard/../other' }],
    ['another host', { ...good, host: 'evil.example' }],
    ['another port', { ...good, host: `${good.host}:8443` }],
    ['plain HTTP', { ...good, protocol: 'http' }],
    ['no path', { protocol: good.protocol, host: good.host }],
    ['nothing', {}],
  ])('%s', async (_, fields) => {
    expect(await server.during(remote, () => ask(fields))).toBe('quit=1\n')
  })

  test('before and after the run of a command', async () => {
    expect(await ask(good)).toBe('quit=1\n')
    await server.during(remote, async () => undefined)
    expect(await ask(good)).toBe('quit=1\n')
  })

  test('storing and erasing are ignored', async () => {
    expect(await server.during(remote, () => helper('protocol=https\n', 'store'))).toBe('')
    expect(await server.during(remote, () => helper('protocol=https\n', 'erase'))).toBe('')
  })

  test('a question past the limit is hung up on', async () => {
    const socket = connect(join(folder, 's'))
    const closed = new Promise((done) => socket.once('close', done))
    socket.on('error', () => undefined)
    socket.write('x'.repeat(16 * 1024 + 1))
    await closed
  })
})

test('a password that could not be had is told to whoever runs the command', async () => {
  const problem = new Error('no credentials')
  const broken = { ...remote, password: () => Promise.reject(problem) }
  expect(await server.during(broken, () => ask(good))).toBe('quit=1\n')
  expect(server.failure()).toBe(problem)
  await server.during(remote, () => ask(good))
  expect(server.failure()).toBeUndefined()
})

test('what was handed out is recognised in any text', async () => {
  await server.during(remote, () => ask(good))
  const basic = Buffer.from(`ASIDORCHARD02%${token}:${password}`).toString('base64')
  const clean = server.redact(`remote: Basic ${basic} and ${password} of ${token}, fatal: no`)
  expect(clean).toBe('remote: Basic *** and *** of ***, fatal: no')
})

test('a folder too deep for a socket is not used', async () => {
  const deep = join(folder, 'x'.repeat(120))
  mkdirSync(deep)
  const other = await startCredentialServer(deep, [
    process.execPath,
    resolve('containers/mirror/credential.ts'),
  ])
  try {
    const question = Object.entries(good)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('')
    expect(await other.during(remote, () => helper(question, 'get', other))).toContain(password)
  } finally {
    await other.close()
  }
})
