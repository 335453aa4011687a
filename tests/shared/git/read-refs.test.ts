import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { basicAuthorization, signGitPassword } from '../../../shared/codecommit/git-password.ts'
import { type ReadRefsRequest, readRefs } from '../../../shared/git/read-refs.ts'
import { codeOf, type RelayError } from '../../../shared/runtime/errors.ts'
import { makeRepository } from '../../support/codecommit-api.ts'
import { startGitServer } from '../../support/git-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const serve = async (listener: RequestListener): Promise<{ url: string; server: Server }> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  return {
    url: `http://git.example.localhost:${(server.address() as AddressInfo).port}/v1/repos/orchard`,
    server,
  }
}

const secretWord = ['let', 'me', 'in'].join('-')
const ask = (url: string, more: Partial<ReadRefsRequest> = {}) =>
  readRefs({
    url,
    service: 'git-upload-pack',
    authorization: `Basic ${secretWord}`,
    timeoutMs: 5_000,
    ...more,
  })

const failureOf = async (promise: Promise<unknown>): Promise<RelayError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(codeOf(error)).toBeDefined()
  expect(`${(error as Error).stack}`).not.toContain(secretWord)
  return error as RelayError
}

const type = { 'content-type': 'application/x-git-upload-pack-advertisement' }
const EMPTY = '001e# service=git-upload-pack\n00000000'

describe('statuses', () => {
  test.each([
    [401, 'REMOTE_DENIED'],
    [403, 'REMOTE_DENIED'],
    [429, 'REMOTE_THROTTLED'],
    [503, 'REMOTE_THROTTLED'],
    [500, 'REMOTE_FAILED'],
    [400, 'REMOTE_FAILED'],
    [204, 'REMOTE_FAILED'],
  ])('%i is %s', async (status, code) => {
    const { url } = await serve((_, response) => void response.writeHead(status).end())
    const failure = await failureOf(ask(url))
    expect(failure.code).toBe(code)
    expect(failure.data).toMatchObject({ status, path: '/v1/repos/orchard', host: new URL(url).host })
  })

  test('the words of a throttle count whatever the status', async () => {
    const { url } = await serve((_, response) => void response.writeHead(400).end('Rate Exceeded'))
    expect((await failureOf(ask(url))).code).toBe('REMOTE_THROTTLED')
  })

  test('404 is no repository', async () => {
    const { url } = await serve((_, response) => void response.writeHead(404).end('no such thing'))
    expect(await ask(url)).toBeUndefined()
  })

  test('a redirect is not followed', async () => {
    const asked: string[] = []
    const { url } = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect(await failureOf(ask(url))).toMatchObject({ code: 'REMOTE_FAILED', data: { status: 302 } })
    expect(asked).toHaveLength(1)
  })

  test('an endless refusal is not read to its end', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(500)
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect((await failureOf(ask(url))).data).toMatchObject({ status: 500 })
  })
})

describe('the wire', () => {
  test('host, service and authorization are sent; *.localhost is here', async () => {
    let seen: unknown[] = []
    const { url } = await serve((request, response) => {
      seen = [request.url, request.headers.host, request.headers.authorization]
      response.writeHead(200, type).end(EMPTY)
    })
    expect((await ask(url))?.refs.size).toBe(0)
    expect(seen).toEqual([
      '/v1/repos/orchard/info/refs?service=git-upload-pack',
      new URL(url).host,
      `Basic ${secretWord}`,
    ])
  })

  test('one connection serves several requests, and one that was closed meanwhile is replaced', async () => {
    const sockets = new Set<unknown>()
    const { url, server } = await serve((request, response) => {
      sockets.add(request.socket)
      response.writeHead(200, type).end(EMPTY)
    })
    await ask(url)
    await ask(url)
    expect(sockets.size).toBe(1)
    server.closeIdleConnections()
    expect(await ask(url)).toBeDefined()
    expect(sockets.size).toBe(2)
  })

  test('the wrong content type is no Git server', async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).end(EMPTY))
    expect(await failureOf(ask(url))).toMatchObject({
      code: 'GIT_PROTOCOL',
      data: { path: '/v1/repos/orchard', problem: 'content type' },
    })
  })

  test('a body that stops short is told with host and path', async () => {
    const { url } = await serve((_, response) => void response.writeHead(200, type).end(EMPTY.slice(0, -1)))
    expect(await failureOf(ask(url))).toMatchObject({
      code: 'GIT_PROTOCOL',
      data: { path: '/v1/repos/orchard' },
    })
  })

  test('limits hold', async () => {
    const { url } = await serve((_, response) => void response.writeHead(200, type).end(EMPTY))
    const failure = await failureOf(ask(url, { limits: { bytes: 10, refs: 1 } }))
    expect(failure.code).toBe('GIT_LIMIT')
  })

  test.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['stops in the body', (_, response) => void response.writeHead(200, type).write('001e# serv')],
  ])('a server that %s is given up', async (_, listener) => {
    const { url } = await serve(listener)
    expect((await failureOf(ask(url, { timeoutMs: 150 }))).code).toBe('REMOTE_UNREACHABLE')
  })

  test('a server that hangs up is unreachable', async () => {
    const { url } = await serve((request) => request.socket.destroy())
    expect((await failureOf(ask(url))).code).toBe('REMOTE_UNREACHABLE')
  })

  test('a port where nobody listens is unreachable', async () => {
    const { url, server } = await serve(() => undefined)
    await new Promise((done) => server.close(done))
    expect((await failureOf(ask(url))).data).toMatchObject({ error: 'ECONNREFUSED' })
  })
})

test('git http-backend says what git for-each-ref says', async () => {
  const root = mkdtempSync(join(tmpdir(), 'read-refs-'))
  cleanups.push(() => rmSync(root, { recursive: true, force: true }))
  const folder = makeRepository(root, 'eu-west-1', 'orchard')
  const keys = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret'].join('/') }
  const server = await startGitServer({ root, secretOf: () => keys.secretAccessKey })
  cleanups.push(() => server.close())
  const git = (...args: string[]) =>
    execFileSync('git', [`--git-dir=${folder}`, ...args])
      .toString()
      .trim()
  const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null')
  const commit = git('-c', 'user.name=n', '-c', 'user.email=n@example.org', 'commit-tree', '-m', 'x', tree)
  git('update-ref', 'refs/heads/main', commit)
  git('-c', 'user.name=n', '-c', 'user.email=n@example.org', 'tag', '-a', 'v1', '-m', 'v1', commit)

  const url = `${server.endpoint.replace('{region}', 'eu-west-1')}/v1/repos/orchard`
  const { hostname: host, pathname: path } = new URL(url)
  const password = signGitPassword(keys, { region: 'eu-west-1', host, path, now: Date.now() })
  for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
    const answer = await ask(url, { service, authorization: basicAuthorization(password) })
    expect(answer?.refs).toEqual(
      new Map([
        ['refs/heads/main', commit],
        ['refs/tags/v1', git('rev-parse', 'v1')],
      ]),
    )
  }
  expect((await failureOf(ask(url))).code).toBe('REMOTE_DENIED')
})
