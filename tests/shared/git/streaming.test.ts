import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createGitClient, type GitClientOptions } from '../../../shared/git/client.ts'
import { EMPTY_PACK } from '../../../shared/git/pack/header.ts'
import { MAX_GATHERED_BYTES } from '../../../shared/git/push.ts'
import { encodePush } from '../../../shared/git/push-request.ts'
import type { GitRemote, PackStream } from '../../../shared/git/types.ts'
import { ZERO_OID } from '../../../shared/git/types.ts'
import { codeOf, type RelayError } from '../../../shared/runtime/errors.ts'
import { authorization, bodyOf, line, REPORT, secretWord, startOddServer, typeOf } from './odd-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const serve = async (listener: (request: IncomingMessage, response: ServerResponse) => unknown) => {
  const odd = await startOddServer(listener as RequestListener)
  cleanups.push(odd.close)
  return odd
}

const oid = (digit: string) => digit.repeat(40)
const FLUSH = Buffer.from('0000')
const PACKED = typeOf('upload-pack-result')
const REPORTED = typeOf('receive-pack-result')
const MIB = 1024 * 1024
const offered = ['report-status']
const commands = [{ ref: 'refs/heads/main', from: oid('a'), to: oid('b') }]
const head = encodePush(commands, offered)
const TAKEN = { unpack: 'ok', refs: new Map([['refs/heads/main', { kind: 'ok' }]]) }

/** `count` pieces of `size` bytes, and how many were taken */
const source = (count: number, size: number, failure?: Error) => {
  const taken = { pieces: 0, closed: false }
  const pack: PackStream = (async function* () {
    try {
      for (let n = 0; n < count; n += 1) {
        taken.pieces += 1
        yield Buffer.alloc(size, n)
      }
      if (failure) throw failure
    } finally {
      taken.closed = true
    }
  })()
  return { pack, taken }
}

const push = (remote: GitRemote, pack?: PackStream, options: GitClientOptions = {}, signal?: AbortSignal) =>
  createGitClient(options).push(
    remote,
    { commands, offered, ...(pack && { pack }) },
    signal ? { signal } : {},
  )

const failureOf = async (promise: Promise<unknown>): Promise<RelayError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(codeOf(error)).toBeDefined()
  expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(secretWord)
  return error as RelayError
}

const folderFor = () => {
  const folder = mkdtempSync(join(tmpdir(), 'streaming-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('what a push sends', () => {
  const bodies = async (...work: ((remote: GitRemote) => Promise<unknown>)[]) => {
    const seen: { body: number | undefined; length: string | undefined; start: Buffer | undefined }[] = []
    const { remote } = await serve(async (request, response) => {
      const body = await bodyOf(request)
      const { 'content-length': length } = request.headers
      seen.push({ body: body?.length, length, start: body?.subarray(0, 300) })
      response.writeHead(200, REPORTED).end(REPORT)
    })
    for (const one of work) expect(await one(remote)).toEqual(TAKEN)
    return seen
  }

  test('up to the limit with its length, above it chunked, and chunked no more when told so', async () => {
    const most = MAX_GATHERED_BYTES
    const spool = { folder: folderFor(), bytes: 2 * most }
    const seen = await bodies(
      (remote) => push(remote, source(1, most).pack),
      (remote) => push(remote, source(2, most / 2 + 1).pack),
      (remote) => push(remote, source(2, most / 2 + 1).pack, { alwaysWithLength: true, spool }),
    )
    expect(seen.map(({ body, length }) => [body, length])).toEqual([
      [head.length + most, `${head.length + most}`],
      [head.length + most + 2, undefined],
      [head.length + most + 2, `${head.length + most + 2}`],
    ])
  })

  test('without a pack the empty one, for deletions alone none', async () => {
    const gone = [{ ...commands[0]!, to: ZERO_OID }]
    const unused = source(1, 10)
    const seen = await bodies(
      (remote) => push(remote),
      (remote) => createGitClient().push(remote, { commands: gone, offered, pack: unused.pack }),
    )
    expect(seen.map(({ start }) => start)).toEqual([
      Buffer.concat([head, EMPTY_PACK]),
      encodePush(gone, offered),
    ])
    expect(unused.taken.pieces).toBe(0)
  })

  test('nothing before the source has given its first bytes', async () => {
    let asked = 0
    const { remote } = await serve(async (request, response) => {
      asked += 1
      await bodyOf(request)
      response.writeHead(200, REPORTED).end(REPORT)
    })
    const gate = Promise.withResolvers<void>()
    const pack: PackStream = (async function* () {
      await gate.promise
      yield Buffer.from('PACK')
    })()
    const pushed = push(remote, pack)
    await pause(30)
    expect(asked).toBe(0)
    gate.resolve()
    expect(await pushed).toEqual(TAKEN)
  })
})

describe('a source that fails', () => {
  test.each([
    ['at its start', 0],
    ['in the middle', 3],
  ])('%s: the replica never sees an end', async (_, pieces) => {
    const seen: (Buffer | undefined)[] = []
    const done = Promise.withResolvers<void>()
    const { remote } = await serve(async (request) => {
      seen.push(await bodyOf(request))
      done.resolve()
    })
    const failure = new Error('the source is gone')
    await expect(push(remote, source(pieces, MIB, failure).pack)).rejects.toBe(failure)
    if (pieces > 0) await done.promise
    expect(seen).toEqual(pieces > 0 ? [undefined] : [])
  })

  test('a signal does the same', async () => {
    const controller = new AbortController()
    const seen = Promise.withResolvers<Buffer | undefined>()
    const { remote } = await serve(async (request) => {
      request.once('data', () => controller.abort())
      seen.resolve(await bodyOf(request))
    })
    const { pack, taken } = source(10_000, MIB)
    expect((await failureOf(push(remote, pack, {}, controller.signal))).data).toMatchObject({
      error: 'aborted',
    })
    expect(await seen.promise).toBeUndefined()
    expect(taken.closed).toBe(true)
    expect(taken.pieces).toBeLessThan(100)
  })
})

describe('pressure', () => {
  test('a replica that reads slowly holds the source back, and gets all in the end', async () => {
    const gate = Promise.withResolvers<void>()
    const { remote } = await serve(async (request, response) => {
      await gate.promise
      let length = 0
      for await (const piece of request) length += (piece as Buffer).length
      response
        .writeHead(200, { ...REPORTED, 'x-length': String(length) })
        .end(length === head.length + 64 * MIB ? REPORT : '')
    })
    const { pack, taken } = source(1024, MIB / 16)
    const pushed = push(remote, pack)
    let last = -1
    for (; last !== taken.pieces || taken.pieces === 0; await pause(50)) last = taken.pieces
    // What the system buffers of a connection over loopback is a few MiB.
    expect(taken.pieces / 16).toBeLessThan(16)
    gate.resolve()
    expect(await pushed).toEqual(TAKEN)
    expect(taken.pieces).toBe(1024)
  })

  test('an answer is awaited for as long as the body moves', async () => {
    const { remote } = await serve(async (request, response) => {
      response.writeHead(200, REPORTED).flushHeaders()
      await bodyOf(request)
      response.end(REPORT)
    })
    const pack: PackStream = (async function* () {
      yield Buffer.alloc(MAX_GATHERED_BYTES + 1)
      for (let n = 0; n < 12; n += 1) {
        await pause(100)
        yield Buffer.alloc(10)
      }
    })()
    expect(await push(remote, pack, { idleMs: 800 })).toEqual(TAKEN)
  })

  test('silence after the body is given up after a time', async () => {
    const { remote } = await serve((request) => void request.resume())
    const failure = await failureOf(push(remote, undefined, { idleMs: 100 }))
    expect(failure).toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { error: 'timeout', idleMs: 100 } })
  })
})

describe('answers before the body is sent', () => {
  test('are read while it is written, and the end of the report is awaited', async () => {
    const { remote } = await serve(async (request, response) => {
      response.writeHead(200, REPORTED).write(REPORT.subarray(0, 9))
      const body = await bodyOf(request)
      response.end(body?.length === head.length + 8 * MIB ? REPORT.subarray(9) : undefined)
    })
    expect(await push(remote, source(8, MIB).pack)).toEqual(TAKEN)
  })

  test('a refusal ends the push at once; the source is let go', async () => {
    const { remote } = await serve((_, response) => {
      response.writeHead(413, { connection: 'close' }).end('pack is too large')
    })
    const { pack, taken } = source(100_000, MIB / 16)
    const failure = await failureOf(push(remote, pack))
    expect(failure).toMatchObject({
      code: 'REMOTE_FAILED',
      data: { status: 413, reason: 'pack is too large' },
    })
    expect(taken.closed).toBe(true)
    expect(taken.pieces).toBeLessThan(2_000)
  })

  test('so does a refusal while the source is silent', async () => {
    const { remote } = await serve((_, response) => void response.writeHead(403).end())
    const pack: PackStream = (async function* () {
      yield Buffer.alloc(MAX_GATHERED_BYTES + 1)
      await new Promise(() => undefined)
    })()
    expect((await failureOf(push(remote, pack))).code).toBe('REMOTE_DENIED')
  })

  test.each(['report-status', 'side-band-64k'])(
    'words of the server that echo the credential are cleaned (%s)',
    async (name) => {
      const reason = `no: ${authorization}`
      const report = [line('unpack ok'), line(`ng refs/heads/main ${reason}`), FLUSH]
      const banded = line(Buffer.concat([Buffer.from([3]), Buffer.from(reason)]))
      const { remote } = await serve(async (request, response) => {
        await bodyOf(request)
        response.writeHead(200, REPORTED).end(name === 'report-status' ? Buffer.concat(report) : banded)
      })
      const pushed = createGitClient().push(remote, { commands, offered: [name] })
      if (name === 'report-status') {
        expect((await pushed)?.refs.get('refs/heads/main')).toEqual({ kind: 'refused', reason: 'no: ***' })
      } else
        expect(await failureOf(pushed)).toMatchObject({ code: 'REMOTE_FAILED', data: { reason: 'no: ***' } })
    },
  )
})

describe('servers that take no chunked body', () => {
  test.each<[string, number | undefined]>([
    ['411', 411],
    ['501', 501],
    ['hang up', undefined],
  ])('%s: that push fails by its code, the next one is spooled', async (_, status) => {
    const lengths: (string | undefined)[] = []
    const { remote } = await serve(async (request, response) => {
      lengths.push(request.headers['content-length'])
      if (request.headers['transfer-encoding']) {
        if (!status) return void request.socket.destroy()
        return void response.writeHead(status, { connection: 'close' }).end()
      }
      await bodyOf(request)
      response.writeHead(200, REPORTED).end(REPORT)
    })
    const folder = folderFor()
    const client = createGitClient({ spool: { folder, bytes: 3 * MIB } })
    const again = () => client.push(remote, { commands, offered, pack: source(2, MIB).pack })
    expect((await failureOf(again())).data).toMatchObject({ again: 'with-length' })
    expect(await again()).toEqual(TAKEN)
    expect(lengths).toEqual([undefined, `${2 * MIB + head.length}`])
    // A refusal is remembered; a broken pipe may have been an accident.
    if (status) expect(await again()).toEqual(TAKEN)
    else expect((await failureOf(again())).data).toMatchObject({ again: 'with-length' })
    expect(readdirSync(folder)).toEqual([])
  })

  test('without storage a refusal stays one, and a broken pipe is tried again, once', async () => {
    let status: number | undefined
    const { remote } = await serve((request, response) => {
      if (!status) return void request.socket.destroy()
      response.writeHead(status, { connection: 'close' }).end()
    })
    const client = createGitClient()
    const again = () => failureOf(client.push(remote, { commands, offered, pack: source(2, MIB).pack }))
    expect([await again(), await again()]).toMatchObject([
      { code: 'REMOTE_UNREACHABLE', data: { again: 'with-length' } },
      { code: 'GIT_LIMIT', data: { limit: 'spool', problem: expect.stringContaining('without its length') } },
    ])
    status = 411
    expect([await again(), await again()].map(({ code }) => code)).toEqual(['REMOTE_FAILED', 'GIT_LIMIT'])
  })

  test('a connection that breaks late is no refusal of chunked bodies', async () => {
    const { remote } = await serve(async (request) => {
      let length = 0
      request.on('data', (piece: Buffer) => {
        length += piece.length
        if (length > 32 * MIB) request.socket.destroy()
      })
    })
    const failure = await failureOf(push(remote, source(64, MIB).pack))
    expect(failure.code).toBe('REMOTE_UNREACHABLE')
    expect(failure.data.again).toBeUndefined()
  })

  test('storage is bounded, and nothing stays in it', async () => {
    const folder = folderFor()
    mkdirSync(join(folder, 'full'))
    let asked = 0
    const { remote } = await serve(async (request, response) => {
      asked += 1
      await bodyOf(request)
      response.writeHead(500).end()
    })
    const always = { alwaysWithLength: true }
    const most = 2 * MIB + head.length
    const refused = await failureOf(
      push(remote, source(2, MIB + 1).pack, { ...always, spool: { folder, bytes: most } }),
    )
    expect(refused).toMatchObject({ code: 'GIT_LIMIT', data: { limit: 'spool', most } })
    expect((await failureOf(push(remote, source(2, MIB).pack, always))).code).toBe('GIT_LIMIT')
    expect(asked).toBe(0)
    const failed = push(remote, source(2, MIB).pack, { ...always, spool: { folder, bytes: most } })
    expect((await failureOf(failed)).data).toMatchObject({ status: 500 })
    const cause = new Error('the source is gone')
    const broken = push(remote, source(2, MIB - 1, cause).pack, { ...always, spool: { folder, bytes: most } })
    await expect(broken).rejects.toBe(cause)
    expect(readdirSync(folder)).toEqual(['full'])
  })
})

describe('kept connections', () => {
  test('one that the server closed meanwhile costs nothing; what may have been read is not sent twice', async () => {
    const bodies: (number | undefined)[] = []
    let answers = true
    const { remote, server } = await serve(async (request, response) => {
      bodies.push((await bodyOf(request))?.length)
      if (!answers) return void request.socket.destroy()
      response.writeHead(200, REPORTED).end(REPORT)
    })
    expect(await push(remote)).toEqual(TAKEN)
    server.closeIdleConnections()
    expect(await push(remote)).toEqual(TAKEN)
    answers = false
    expect((await failureOf(push(remote))).code).toBe('REMOTE_UNREACHABLE')
    expect(bodies).toEqual(Array.from({ length: 3 }, () => head.length + EMPTY_PACK.length))
  })
})

describe('a fetch', () => {
  const request = {
    wants: [oid('b')],
    haves: [oid('a')],
    offered: ['side-band-64k'],
    thin: true,
    offsetDeltas: true,
  }
  const banded = (data: Uint8Array) => line(Buffer.concat([Buffer.from([1]), data]))
  const start = Buffer.concat([
    line(`ACK ${oid('a')}\n`),
    banded(Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')),
  ])
  const rest = banded(Buffer.alloc(60_000))
  const all = async (pack: PackStream) => {
    let length = 0
    for await (const piece of pack) length += piece.length
    return length
  }

  test('is sent with its length; the pack comes as it is read', async () => {
    const { remote } = await serve(async ({ headers }, response) => {
      response.writeHead(headers['content-length'] === undefined ? 400 : 200, PACKED)
      response.write(start)
      for (let n = 0; n < 5; n += 1) response.write(rest)
      response.end(FLUSH)
    })
    const { common, pack } = await createGitClient().fetch(remote, request)
    expect(common).toEqual([oid('a')])
    expect(await all(pack)).toBe(12 + 5 * 60_000)
  })

  test.each<[string, (response: ServerResponse) => unknown, string]>([
    ['ends early in form', (response) => response.end(rest), 'GIT_PROTOCOL'],
    ['ends inside of a packet', (response) => response.end(rest.subarray(0, 99)), 'GIT_PROTOCOL'],
    ['goes on after its end', (response) => response.end(Buffer.concat([FLUSH, FLUSH])), 'GIT_PROTOCOL'],
    ['dies', (response) => response.write(rest, () => response.destroy()), 'REMOTE_UNREACHABLE'],
    ['falls silent', (response) => response.write(rest), 'REMOTE_UNREACHABLE'],
  ])('that %s is an error, never a short pack', async (_, end, code) => {
    const { remote } = await serve((_request, response) => {
      response.writeHead(200, PACKED).write(start)
      end(response)
    })
    const fetched = createGitClient({ idleMs: 150 }).fetch(remote, request)
    const failure = await failureOf(fetched.then(({ pack }) => all(pack)))
    expect(failure.code).toBe(code)
    expect(failure.data).toMatchObject({ path: '/v1/repos/orchard', service: 'git-upload-pack' })
  })

  test.each<[string, number, string, string]>([
    ['404', 404, '', 'REMOTE_FAILED'],
    ['429', 429, '', 'REMOTE_THROTTLED'],
    ['an ERR line', 200, `${line('ERR upload-pack: not our ref')}`, 'REMOTE_FAILED'],
    ['nothing', 200, '', 'GIT_PROTOCOL'],
    ['acknowledgements alone', 200, `${line(`ACK ${oid('a')} common\n`)}`, 'GIT_PROTOCOL'],
  ])('that is answered with %s fails at once', async (_, status, body, code) => {
    const { remote } = await serve((_request, response) => void response.writeHead(status, PACKED).end(body))
    expect((await failureOf(createGitClient().fetch(remote, request))).code).toBe(code)
  })

  test.each([
    ['before it was begun', 0],
    ['in the middle', 1],
  ])('that is left %s closes its connection', async (_, pieces) => {
    const closed = Promise.withResolvers<void>()
    const { remote } = await serve((_request, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, PACKED).write(Buffer.concat([start, rest]))
    })
    const { pack } = await createGitClient().fetch(remote, request)
    const iterator = pack[Symbol.asyncIterator]()
    for (let n = 0; n < pieces; n += 1) await iterator.next()
    await iterator.return?.()
    await closed.promise
    expect((await iterator.next()).done).toBe(true)
  })

  test('ends with its signal', async () => {
    const controller = new AbortController()
    const { remote } = await serve((_request, response) => void response.writeHead(200, PACKED).write(start))
    const { pack } = await createGitClient().fetch(remote, request, { signal: controller.signal })
    const read = failureOf(all(pack))
    controller.abort()
    expect((await read).data).toMatchObject({ error: 'aborted' })
  })

  test('streams from one server to another; what breaks the first breaks the second', async () => {
    const { remote: from } = await serve((_request, response) => {
      response.writeHead(200, PACKED).write(start)
      for (let n = 0; n < 40; n += 1) response.write(rest)
      response.write('', () => setTimeout(() => response.destroy(), 20))
    })
    const seen = Promise.withResolvers<Buffer | undefined>()
    const { remote: to } = await serve(async (asked) => seen.resolve(await bodyOf(asked)))
    const { pack } = await createGitClient().fetch(from, request)
    const failure = await failureOf(push(to, pack))
    expect(failure).toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { service: 'git-upload-pack' } })
    expect(await seen.promise).toBeUndefined()
  })
})
