import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'
import { ask, basic, EMPTY_PACK, line, rawPush, reportLines, ZERO } from './raw-client.ts'

const client = createClient()
let cloud: Harness
let tip: string
let authorization: string
beforeAll(async () => {
  cloud = await startHarness()
  authorization = basic(cloud.olive.gitUser, cloud.olive.gitPassword)
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  const work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  tip = await client.must(work, 'rev-parse', 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
beforeEach(() => {
  cloud.events.length = 0
})
const refs = () => refsOf(client, cloud.directory('orchard'))

describe('advertisement', () => {
  test.each([
    [
      'git-upload-pack',
      'multi_ack_detailed shallow side-band-64k thin-pack allow-tip-sha1-in-want allow-reachable-sha1-in-want',
    ],
    ['git-receive-pack', 'side-band-64k report-status delete-refs thin-pack'],
  ])('%s offers what CodeCommit offers, in version 0, and nothing else', async (service, capabilities) => {
    const { status, headers, body } = await ask(cloud, `/v1/repos/orchard/info/refs?service=${service}`, {
      headers: { Authorization: authorization, 'Git-Protocol': 'version=2' },
    })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe(`application/x-${service}-advertisement`)
    const first = service === 'git-upload-pack' ? `${tip} HEAD` : `${tip} refs/heads/main`
    const rest = service === 'git-upload-pack' ? line(`${tip} refs/heads/main\n`) : Buffer.alloc(0)
    expect(body.toString()).toBe(
      `${line(`# service=${service}\n`)}0000${line(`${first}\0${capabilities}\n`)}${rest}0000`,
    )
  })

  test.each([
    ['dumb HTTP', 'GET', '/v1/repos/orchard/info/refs', 400],
    ['an unknown service', 'GET', '/v1/repos/orchard/info/refs?service=git-archive', 400],
    ['.git behind the name', 'GET', '/v1/repos/orchard.git/info/refs?service=git-upload-pack', 404],
    ['a slash too many', 'GET', '/v1/repos/orchard//info/refs?service=git-upload-pack', 404],
    ['the name in wrong case', 'GET', '/v1/repos/Orchard/info/refs?service=git-upload-pack', 404],
    ['no such repository', 'GET', '/v1/repos/none/info/refs?service=git-upload-pack', 404],
    ['a way out of the folder', 'GET', '/v1/repos/..%2f..%2fx/info/refs?service=git-upload-pack', 404],
    ['an object, as dumb clients ask', 'GET', '/v1/repos/orchard/objects/info/packs', 404],
    ['wrong method', 'POST', '/v1/repos/orchard/info/refs?service=git-upload-pack', 405],
    ['wrong method for a push', 'GET', '/v1/repos/orchard/git-receive-pack', 405],
    ['wrong content type', 'POST', '/v1/repos/orchard/git-receive-pack', 415],
  ])('%s is refused', async (_, method, path, status) => {
    const answer = await ask(cloud, path, { method, headers: { Authorization: authorization } })
    expect(answer.status).toBe(status)
  })

  test('another host is not a Git endpoint', async () => {
    const path = '/v1/repos/orchard/info/refs?service=git-upload-pack'
    const headers = { Authorization: authorization, Host: 'example.com' }
    expect((await ask(cloud, path, { headers })).status).toBe(404)
    const host = cloud.host().replace(/:\d+$/, '').replace('git-codecommit', 'git-codecommit-fips')
    expect((await ask(cloud, path, { headers: { ...headers, Host: host } })).status).toBe(200)
  })
})

describe('a fetch', () => {
  const want = (capabilities: string) =>
    Buffer.concat([line(`want ${tip} ${capabilities}\n`), Buffer.from('0000'), line('done\n')])
  const post = (body: Buffer | Readable, headers: Record<string, string> = {}) =>
    ask(cloud, '/v1/repos/orchard/git-upload-pack', {
      method: 'POST',
      headers: {
        Authorization: authorization,
        'Content-Type': 'application/x-git-upload-pack-request',
        ...headers,
      },
      body,
    })
  const withLength = (body: Buffer, headers: Record<string, string> = {}) =>
    post(body, { 'Content-Length': String(body.length), ...headers })

  test('answers with a pack, gzipped request or not', async () => {
    const plain = await withLength(want('side-band-64k thin-pack'))
    const zipped = await withLength(gzipSync(want('side-band-64k thin-pack')), { 'Content-Encoding': 'gzip' })
    for (const { status, body } of [plain, zipped]) {
      expect(status).toBe(200)
      expect(body.includes('PACK')).toBe(true)
    }
  })

  test.each(['agent=git/2', 'ofs-delta', 'multi_ack', 'no-progress', 'filter', 'include-tag', 'no-done'])(
    'is cut off when it announces %s, which was not offered',
    async (capability) => {
      await expect(withLength(want(`side-band-64k ${capability}`))).rejects.toThrow()
      expect(cloud.logs.at(-1)).toContain(capability)
    },
  )

  test('is cut off without a Content-Length', async () => {
    await expect(post(Readable.from([want('side-band-64k')]))).rejects.toThrow()
  })

  test.each([
    ['no packets at all', Buffer.from('GET / HTTP/1.1')],
    ['no want', line('have x\n')],
    ['a cut packet', Buffer.from('00ffwant')],
    ['no gzip where it says gzip', Buffer.from('plain')],
  ])('is cut off over %s', async (what, body) => {
    const headers: Record<string, string> = what.includes('gzip') ? { 'Content-Encoding': 'gzip' } : {}
    await expect(withLength(body, headers)).rejects.toThrow()
  })

  test('of an object that no ref reaches is refused by git', async () => {
    const body = Buffer.concat([
      line(`want ${'1'.repeat(40)} side-band-64k\n`),
      Buffer.from('0000'),
      line('done\n'),
    ])
    const { body: answer } = await withLength(body)
    expect(answer.toString()).toContain('not our ref')
  })
})

describe('a push', () => {
  test('reports line by line, in the order of the push', async () => {
    const { body } = await rawPush(cloud, 'orchard', [
      [ZERO, tip, 'refs/heads/one'],
      [ZERO, tip, 'refs/notes/x'],
      [ZERO, tip, 'refs/heads/one'],
      [tip, ZERO, 'refs/heads/main'],
      [ZERO, ZERO, 'refs/heads/two'],
      [ZERO, tip, 'refs/tags/two'],
      [ZERO, '2'.repeat(40), 'refs/heads/three'],
    ])
    expect(reportLines(body)).toEqual([
      'unpack ok',
      'ok refs/heads/one',
      'ng refs/notes/x only refs/heads/* and refs/tags/* are accepted',
      'ng refs/heads/one the push names this ref twice',
      'ng refs/heads/main the default branch cannot be deleted',
      'ng refs/heads/two neither an old nor a new value',
      'ok refs/tags/two',
      expect.stringMatching(/^ng refs\/heads\/three ./),
    ])
    expect(Object.keys(await refs())).toEqual(['refs/heads/main', 'refs/heads/one', 'refs/tags/two'])
    expect(cloud.events).toHaveLength(2)
  })

  test('of deletions: compared with what is there, silent about what is not', async () => {
    await rawPush(cloud, 'orchard', [[ZERO, tip, 'refs/heads/gone']])
    cloud.events.length = 0
    const { body } = await rawPush(
      cloud,
      'orchard',
      [
        ['3'.repeat(40), ZERO, 'refs/heads/gone'],
        [tip, ZERO, 'refs/heads/never'],
        ['5'.repeat(40), ZERO, 'refs/heads/nothing'],
      ],
      { pack: Buffer.alloc(0) },
    )
    expect(reportLines(body)).toEqual([
      'unpack ok',
      'ng refs/heads/gone the ref has moved meanwhile',
      'ng refs/heads/never failed to update ref',
      // git knows neither ref nor object, and lets it pass
      'ok refs/heads/nothing',
    ])
    expect(await refs()).toHaveProperty('refs/heads/gone')
    expect(cloud.events).toEqual([])
    const mixed = await rawPush(cloud, 'orchard', [
      [ZERO, tip, 'refs/for/x'],
      [tip, ZERO, 'refs/heads/gone'],
    ])
    expect(reportLines(mixed.body).slice(2)).toEqual(['ok refs/heads/gone'])
    expect(cloud.events).toHaveLength(1)
  })

  test('with an old value that is not the ref’s is refused by git', async () => {
    const { body } = await rawPush(cloud, 'orchard', [['4'.repeat(40), tip, 'refs/heads/main']])
    expect(reportLines(body)[1]).toMatch(/^ng refs\/heads\/main ./)
    expect(cloud.events).toEqual([])
  })

  test('of 4,000 commands is taken apart, of 4,001 refused whole', async () => {
    const commands = Array.from({ length: 4_001 }, (_, i) => [ZERO, tip, `refs/heads/many/${i}`] as const)
    const before = await refs()
    const { body } = await rawPush(cloud, 'orchard', commands)
    expect(reportLines(body)).toEqual([
      'unpack Too many reference update commands',
      ...commands.map(([, , ref]) => `ng ${ref} Too many reference update commands`),
    ])
    expect(await refs()).toEqual(before)
    expect(cloud.events).toEqual([])
  })

  test('with a broken pack changes nothing', async () => {
    const before = await refs()
    const broken = Buffer.concat([EMPTY_PACK.subarray(0, 31), Buffer.from([0])])
    const { body } = await rawPush(cloud, 'orchard', [[ZERO, tip, 'refs/heads/broken']], { pack: broken })
    expect(reportLines(body)).toEqual([
      expect.stringMatching(/^unpack (?!ok)/),
      expect.stringMatching(/^ng refs\/heads\/broken ./),
    ])
    expect(await refs()).toEqual(before)
  })

  test('without report-status gets none, and its events', async () => {
    const { status, body } = await rawPush(cloud, 'orchard', [[ZERO, tip, 'refs/heads/quiet']], {
      capabilities: '',
    })
    expect([status, body.length]).toEqual([200, 0])
    expect(cloud.events).toHaveLength(1)
  })

  test.each(['agent=git/2', 'ofs-delta', 'atomic', 'quiet', 'report-status-v2', 'push-options'])(
    'is cut off when it announces %s, which was not offered',
    async (capability) => {
      const push = rawPush(cloud, 'orchard', [[ZERO, tip, 'refs/heads/x']], {
        capabilities: `report-status ${capability}`,
      })
      await expect(push).rejects.toThrow()
      expect(await refs()).not.toHaveProperty('refs/heads/x')
    },
  )

  test('that only asks whether it may, is told so', async () => {
    const { status, body } = await ask(cloud, '/v1/repos/orchard/git-receive-pack', {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': 'application/x-git-receive-pack-request' },
      body: Buffer.from('0000'),
    })
    expect([status, body.length]).toEqual([200, 0])
  })

  test('of a name that is no UTF-8 is refused, byte for byte', async () => {
    const bytes = Buffer.concat([Buffer.from(`${ZERO} ${tip} refs/heads/`), Buffer.from([0xff, 0xfe])])
    const first = Buffer.concat([bytes, Buffer.from('\0 report-status')])
    const length = (first.length + 4).toString(16).padStart(4, '0')
    const { body } = await ask(cloud, '/v1/repos/orchard/git-receive-pack', {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': 'application/x-git-receive-pack-request' },
      body: Buffer.concat([Buffer.from(length), first, Buffer.from('0000'), EMPTY_PACK]),
    })
    expect(body.includes(Buffer.from([0xff, 0xfe]))).toBe(true)
    expect(body.toString('latin1')).toContain('the name is not UTF-8')
  })
})
