import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import { basicAuthorization, signGitPassword } from '../../../shared/codecommit/git-password.ts'
import { createGitClient, type GitClientOptions } from '../../../shared/git/client.ts'
import { type GitRemote, ZERO_OID } from '../../../shared/git/types.ts'
import { codeOf, type RelayError } from '../../../shared/runtime/errors.ts'
import { makeRepository } from '../../support/codecommit-api.ts'
import { startGitServer } from '../../support/git-server.ts'
import { authorization, line, secretWord, startOddServer, typeOf } from './odd-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const serve = async (listener: RequestListener) => {
  const odd = await startOddServer(listener)
  cleanups.push(odd.close)
  return { ...odd, host: new URL(odd.remote.url).host }
}

const ask = (remote: GitRemote, options: GitClientOptions = {}) =>
  createGitClient(options).advertise(remote, 'git-upload-pack')

const failureOf = async (promise: Promise<unknown>): Promise<RelayError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(codeOf(error)).toBeDefined()
  for (const secret of [secretWord, authorization.slice(6)]) {
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(secret)
  }
  return error as RelayError
}

const type = typeOf('upload-pack-advertisement')
const EMPTY = '001e# service=git-upload-pack\n00000000'
const oid = (digit: string) => digit.repeat(40)

describe('statuses', () => {
  test.each([
    [401, 'REMOTE_DENIED'],
    [403, 'REMOTE_DENIED'],
    [429, 'REMOTE_THROTTLED'],
    [503, 'REMOTE_THROTTLED'],
    [500, 'REMOTE_FAILED'],
    [413, 'REMOTE_FAILED'],
    [204, 'REMOTE_FAILED'],
  ])('%i is %s', async (status, code) => {
    const { remote, host } = await serve((_, response) => void response.writeHead(status).end())
    const failure = await failureOf(ask(remote))
    expect(failure.code).toBe(code)
    const service = 'git-upload-pack'
    expect(failure.data).toEqual({ status, path: '/v1/repos/orchard', host, service })
  })

  test.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    [
      'a date, held against the server’s own clock',
      { 'retry-after': 'Fri, 16 May 2031 09:00:30 GMT', date: 'Fri, 16 May 2031 09:00:00 GMT' },
      30_000,
    ],
    [
      'a date that is over',
      { 'retry-after': 'Fri, 16 May 2031 09:00:00 GMT', date: 'Fri, 16 May 2031 09:00:30 GMT' },
      0,
    ],
    ['no number', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-7' }, undefined],
    ['a number that is none', { 'retry-after': '9'.repeat(400) }, undefined],
    ['nothing', {}, undefined],
  ])('Retry-After: %s', async (_name, headers, milliseconds) => {
    const { remote } = await serve((_, response) => void response.writeHead(503, headers).end())
    expect((await failureOf(ask(remote))).data.retryAfterMs).toBe(milliseconds)
  })

  test('the words of a throttle count whatever the status', async () => {
    const { remote } = await serve((_, response) => void response.writeHead(400).end('Rate Exceeded'))
    expect(await failureOf(ask(remote))).toMatchObject({
      code: 'REMOTE_THROTTLED',
      data: { reason: 'Rate Exceeded' },
    })
  })

  test('404 is no repository', async () => {
    const { remote } = await serve((_, response) => void response.writeHead(404).end('no such thing'))
    expect(await ask(remote)).toBeUndefined()
    expect(await createGitClient().lookRefs(remote, ['refs/heads/main'])).toBeUndefined()
  })

  test('a redirect is not followed', async () => {
    const asked: string[] = []
    const { remote } = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect(await failureOf(ask(remote))).toMatchObject({ code: 'REMOTE_FAILED', data: { status: 302 } })
    expect(asked).toHaveLength(1)
  })

  test('an endless refusal is not read to its end', async () => {
    const { remote } = await serve((_, response) => {
      response.writeHead(500)
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect((await failureOf(ask(remote))).data).toMatchObject({ status: 500 })
  })

  test.each<[string, RequestListener]>([
    [
      'the body of a refusal',
      ({ headers }, response) =>
        void response.writeHead(400).end(`${'&'.repeat(190)}${headers.authorization} is bad: ${secretWord}`),
    ],
    [
      'an ERR line',
      (_, response) =>
        void response
          .writeHead(200, type)
          .end(`001e# service=git-upload-pack\n0000${line(`ERR not ${secretWord}`)}`),
    ],
  ])('a credential that is echoed in %s is not told', async (_, listener) => {
    const { remote } = await serve(listener)
    expect((await failureOf(ask(remote))).data.reason).toContain('***')
  })
})

describe('the wire', () => {
  test('host, service and authorization are sent; *.localhost is here', async () => {
    let seen: unknown[] = []
    const { remote, host } = await serve((request, response) => {
      seen = [
        request.url,
        request.headers.host,
        request.headers.authorization,
        request.headers['git-protocol'],
      ]
      response.writeHead(200, type).end(EMPTY)
    })
    expect((await ask(remote))?.refs.size).toBe(0)
    expect(seen).toEqual([
      '/v1/repos/orchard/info/refs?service=git-upload-pack',
      host,
      authorization,
      undefined,
    ])
  })

  test('one connection serves several requests and clients, and one that was closed meanwhile is replaced', async () => {
    const sockets = new Set<unknown>()
    const { remote, server } = await serve((request, response) => {
      sockets.add(request.socket)
      response.writeHead(200, type).end(EMPTY)
    })
    await ask(remote)
    await ask(remote)
    expect(sockets.size).toBe(1)
    server.closeIdleConnections()
    expect(await ask(remote)).toBeDefined()
    expect(sockets.size).toBe(2)
  })

  test('an answer that the server packed is unpacked', async () => {
    const packed = { ...type, 'content-encoding': 'gzip' }
    const { remote } = await serve((_, response) => void response.writeHead(200, packed).end(gzipSync(EMPTY)))
    const client = createGitClient()
    for (let n = 0; n < 2; n += 1) {
      expect((await client.advertise(remote, 'git-upload-pack'))?.refs.size).toBe(0)
    }
  })

  test.each<[string, Record<string, string>, Buffer, string]>([
    ['another content type', { 'content-type': 'text/html' }, Buffer.from(EMPTY), 'content type'],
    [
      'an encoding that nobody asked for',
      { ...type, 'content-encoding': 'br' },
      Buffer.from(EMPTY),
      'content encoding',
    ],
    [
      'a gzip stream cut short',
      { ...type, 'content-encoding': 'gzip' },
      gzipSync(EMPTY).subarray(0, 30),
      'gzip',
    ],
    ['a body that stops short', type, Buffer.from(EMPTY.slice(0, -1)), 'cut packet'],
  ])('%s is no Git server', async (_, headers, body, problem) => {
    const { remote } = await serve((_request, response) => void response.writeHead(200, headers).end(body))
    expect(await failureOf(ask(remote))).toMatchObject({
      code: 'GIT_PROTOCOL',
      data: { path: '/v1/repos/orchard', problem },
    })
  })

  test('limits hold', async () => {
    const { remote } = await serve((_, response) => void response.writeHead(200, type).end(EMPTY))
    expect((await failureOf(ask(remote, { limits: { bytes: 10, refs: 1 } }))).code).toBe('GIT_LIMIT')
  })

  test.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['stops in the body', (_, response) => void response.writeHead(200, type).write('001e# serv')],
  ])('a server that %s is given up, by its silence or by a signal', async (_, listener) => {
    const { remote } = await serve(listener)
    expect((await failureOf(ask(remote, { idleMs: 100 }))).data).toMatchObject({
      error: 'timeout',
      idleMs: 100,
    })
    for (const [signal, error] of [
      [AbortSignal.timeout(100), 'timeout'],
      [AbortSignal.abort(), 'aborted'],
    ] as const) {
      const asked = createGitClient().advertise(remote, 'git-upload-pack', { signal })
      expect(await failureOf(asked)).toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { error } })
    }
  })

  test('a server that hangs up is unreachable', async () => {
    const { remote } = await serve((request) => request.socket.destroy())
    expect((await failureOf(ask(remote))).code).toBe('REMOTE_UNREACHABLE')
  })

  test('a port where nobody listens is unreachable', async () => {
    const { remote, close } = await serve(() => undefined)
    await close()
    expect((await failureOf(ask(remote))).data).toMatchObject({ error: 'ECONNREFUSED' })
  })

  test('what the authorization throws goes on as it is', async () => {
    const refusal = new Error('no credentials here')
    const asked = ask({
      url: 'http://git.example.localhost:9/x',
      authorization: () => Promise.reject(refusal),
    })
    await expect(asked).rejects.toBe(refusal)
  })
})

describe('a few refs', () => {
  const old = Buffer.concat([
    Buffer.from('001e# service=git-upload-pack\n0000'),
    line(`${oid('a')} refs/heads/main\0thin-pack\n`),
    line(`${oid('b')} refs/heads/main2\n0000`),
    Buffer.from('0000'),
  ])
  const opening = (...words: string[]) =>
    Buffer.concat([...['version 2', ...words].map((word) => line(`${word}\n`)), Buffer.from('0000')])
  const names = ['refs/heads/main', 'refs/heads/gone']
  const answer = [
    ...[`${oid('a')} refs/heads/main\n`, `${oid('b')} refs/heads/main2\n`].map(line),
    Buffer.from('0000'),
  ]
  const found = new Map([['refs/heads/main', oid('a')]])

  test('of a server that knows version 0 alone come from its whole advertisement', async () => {
    const lines = [line(`${oid('a')} refs/heads/main\0x\n`), line(`${oid('b')} refs/heads/main2\n`)]
    const all = Buffer.concat([old.subarray(0, 34), ...lines, Buffer.from('0000')])
    const { remote } = await serve((_, response) => void response.writeHead(200, type).end(all))
    expect(await createGitClient().lookRefs(remote, names)).toEqual(found)
  })

  test('are asked for by name in version 2, the second time by one request; what is outdated is found out', async () => {
    const asked: string[] = []
    let lsRefs = true
    const { remote } = await serve((request, response) => {
      asked.push(`${request.method} ${request.headers['git-protocol']}`)
      if (request.method === 'GET') {
        const plain = request.headers['git-protocol'] === undefined
        const words = lsRefs ? ['ls-refs'] : ['fetch']
        const body = plain ? `${EMPTY}` : opening(...words)
        return void response.writeHead(200, type).end(body)
      }
      if (!lsRefs) return void response.writeHead(400).end()
      response.writeHead(200, typeOf('upload-pack-result')).end(Buffer.concat(answer))
    })
    const client = createGitClient()
    expect(await client.lookRefs(remote, names)).toEqual(found)
    expect(await client.lookRefs(remote, names)).toEqual(found)
    expect(asked).toEqual(['GET version=2', 'POST version=2', 'POST version=2'])
    expect(client.traffic().requests).toBe(3)
    lsRefs = false
    expect((await client.lookRefs(remote, names))?.size).toBe(0)
    expect(asked.slice(3)).toEqual(['POST version=2', 'GET version=2', 'GET undefined'])
  })
})

describe('with git http-backend', () => {
  const keys = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret'].join('/') }
  const region = 'eu-west-1'
  const git = (folder: string, ...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args])
      .toString()
      .trim()

  const world = async () => {
    const root = mkdtempSync(join(tmpdir(), 'client-'))
    cleanups.push(() => rmSync(root, { recursive: true, force: true }))
    const [source, replica] = ['orchard', 'orchard-copy'].map((name) => makeRepository(root, region, name))
    git(replica!, 'config', 'http.receivepack', 'true')
    const server = await startGitServer({ root, secretOf: () => keys.secretAccessKey })
    cleanups.push(server.close)
    const remote = (name: string): GitRemote => {
      const url = `${server.endpoint.replace('{region}', region)}/v1/repos/${name}`
      const { hostname: host, pathname: path } = new URL(url)
      const password = signGitPassword(keys, { region, host, path, now: Date.now() })
      return { url, authorization: async () => basicAuthorization(password) }
    }
    const work = join(root, 'work')
    git(root, 'init', '--quiet', '--initial-branch=main', work)
    const commit = (bytes: number) => {
      const blob = execFileSync('git', ['-C', work, 'hash-object', '-w', '--stdin'], {
        input: randomBytes(bytes),
      })
      git(work, 'update-index', '--add', '--cacheinfo', `100644,${blob.toString().trim()},file-${bytes}`)
      git(work, 'commit', '--quiet', '-m', `${bytes} bytes`)
      git(work, 'push', '--quiet', source!, 'main')
      return git(work, 'rev-parse', 'main')
    }
    return { root, server, remote, commit, replica: replica! }
  }

  test.each<[string, GitClientOptions]>([
    ['as they come', {}],
    ['with their length', { alwaysWithLength: true }],
  ])('packs small and large go from one to the other %s', async (_, options) => {
    const { root, server, remote, commit, replica } = await world()
    const folder = join(root, 'spool')
    execFileSync('mkdir', [folder])
    const client = createGitClient({ ...options, spool: { folder, bytes: 8_000_000 } })
    let from = ZERO_OID
    for (const bytes of [50_000, 60_000, 3_000_000]) {
      const to = commit(bytes)
      const theirs = await client.advertise(remote('orchard-copy'), 'git-receive-pack')
      const ours = await client.advertise(remote('orchard'), 'git-upload-pack')
      expect(ours?.refs).toEqual(new Map([['refs/heads/main', to]]))
      const { common, pack } = await client.fetch(remote('orchard'), {
        wants: [to],
        haves: from === ZERO_OID ? [] : [from],
        offered: ours!.capabilities,
        thin: true,
        offsetDeltas: true,
      })
      expect(common).toEqual(from === ZERO_OID ? [] : [from])
      const before = client.traffic().sent
      const report = await client.push(remote('orchard-copy'), {
        commands: [{ ref: 'refs/heads/main', from, to }],
        offered: theirs!.capabilities,
        pack,
      })
      expect(report).toEqual({ unpack: 'ok', refs: new Map([['refs/heads/main', { kind: 'ok' }]]) })
      const sent = client.traffic().sent - before
      expect(sent).toBeGreaterThan(bytes)
      expect(sent).toBeLessThan(bytes + 10_000)
      from = to
    }
    expect(git(replica, 'rev-parse', 'main')).toBe(from)
    git(replica, 'fsck', '--full', '--strict')
    expect(readdirSync(folder)).toEqual([])
    expect(client.traffic().requests).toBe(server.requests.length)

    expect(await client.lookRefs(remote('orchard'), ['refs/heads/main', 'refs/heads/x'])).toEqual(
      new Map([['refs/heads/main', from]]),
    )
    const offered = (await client.advertise(remote('orchard-copy'), 'git-receive-pack'))!.capabilities
    const tag = { ref: 'refs/tags/v1', from: ZERO_OID, to: from }
    const made = await client.push(remote('orchard-copy'), { commands: [tag], offered })
    expect(made?.refs.get(tag.ref)).toEqual({ kind: 'ok' })
    const gone = { ...tag, from, to: ZERO_OID }
    const removed = await client.push(remote('orchard-copy'), { commands: [gone], offered })
    expect(removed?.refs.get(tag.ref)).toEqual({ kind: 'ok' })
    expect(git(replica, 'tag')).toBe('')
    expect(
      (await failureOf(ask({ ...remote('orchard'), authorization: async () => authorization }))).code,
    ).toBe('REMOTE_DENIED')
  })
})
