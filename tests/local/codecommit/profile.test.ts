import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { openBare } from '../../../local/codecommit/bare.ts'
import { createGit } from '../../../local/codecommit/git.ts'
import { HIDDEN_REFS } from '../../../local/codecommit/refs.ts'
import { pathProblem } from '../../../local/codecommit/wire/check-paths.ts'
import { offsetsOf } from '../../../local/codecommit/wire/inspect-pack.ts'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'
import { ask, basic, line, rawPush, reportLines, ZERO } from './raw-client.ts'

const client = createClient()
const LIMIT = 100_000
let cloud: Harness
let work: string
let count = 0
beforeAll(async () => {
  cloud = await startHarness({ limits: { blobBytes: LIMIT } })
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
let name: string
beforeEach(async () => {
  count += 1
  name = `orchard-${count}`
  await cloud.call('CreateRepository', { repositoryName: name })
  work = await client.work(name)
  await client.must(work, 'push', '-q', cloud.url(name), 'main')
  cloud.events.length = 0
})
const refs = () => refsOf(client, cloud.directory(name))
const oid = (rev: string) => client.must(work, 'rev-parse', rev)
const push = (...refspecs: string[]) => client.git(work, 'push', cloud.url(name), ...refspecs)
/** git of the working repository, fed with text */
const feed = (args: readonly string[], input: string | Buffer): Promise<Buffer> =>
  new Promise((done, fail) => {
    const options = { cwd: work, env: client.env, encoding: 'buffer' as const, maxBuffer: 1 << 28 }
    const child = execFile('git', args, options, (error, stdout) => (error ? fail(error) : done(stdout)))
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
const text = async (args: readonly string[], input: string) => (await feed(args, input)).toString().trim()
/** a commit whose tree holds one file at this path, made without a file system */
const commitAt = async (path: string): Promise<string> => {
  const parts = path.split('/')
  let entry = `100644 blob ${await text(['hash-object', '-w', '--stdin'], path.slice(0, 10))}`
  for (const part of parts.reverse()) {
    const tree = await text(['mktree'], `${entry}\t${part}\n`)
    entry = `040000 tree ${tree}`
  }
  return text(['commit-tree', '-m', 'deep', entry.split(' ')[2]!], '')
}

describe('what is in a pushed pack', () => {
  const similar = async () => {
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i} ${Math.sin(i)}`)
    for (const change of ['a', 'b', 'c']) {
      writeFileSync(join(work, 'text.txt'), [...lines, change].join('\n'))
      await client.must(work, 'add', '.')
      await client.must(work, 'commit', '-q', '-m', change)
    }
  }
  const packed = (...options: string[]) =>
    feed(['pack-objects', '--stdout', '--revs', '-q', '--window=10', ...options], 'main\n')

  test('offset deltas are refused, reference deltas taken', async () => {
    await similar()
    const tip = await oid('main')
    const offset = await rawPush(cloud, name, [[ZERO, tip, 'refs/heads/ofs']], {
      pack: await packed('--delta-base-offset'),
    })
    expect(reportLines(offset.body)).toEqual([
      'unpack protocol error (offset deltas are not supported)',
      'ng refs/heads/ofs unpacker error',
    ])
    expect(Object.keys(await refs())).toEqual(['refs/heads/main'])
    expect(cloud.events).toEqual([])
    const reference = await rawPush(cloud, name, [[ZERO, tip, 'refs/heads/ref']], { pack: await packed() })
    expect(reportLines(reference.body)).toEqual(['unpack ok', 'ok refs/heads/ref'])
  })

  test('a file of the largest size is taken, one byte more is not', async () => {
    for (const [size, branch] of [
      [LIMIT, 'just'],
      [LIMIT + 1, 'past'],
    ] as const) {
      writeFileSync(join(work, 'large.bin'), Buffer.alloc(size, 'x'))
      await client.must(work, 'add', '.')
      await client.must(work, 'commit', '-q', '--amend', '-m', branch)
      const { stderr } = await push(`HEAD:refs/heads/${branch}`)
      expect(stderr.includes(`a file of ${LIMIT + 1} bytes is larger`)).toBe(branch === 'past')
    }
    expect(Object.keys(await refs())).toEqual(['refs/heads/just', 'refs/heads/main'])
  })

  test.each([
    ['a pack that is cut', (pack: Buffer) => pack.subarray(0, -30)],
    [
      'a pack with a byte changed',
      (pack: Buffer) => Buffer.concat([pack.subarray(0, 40), Buffer.from([1]), pack.subarray(41)]),
    ],
    [
      'a pack of another version',
      (pack: Buffer) => Buffer.concat([Buffer.from('PACK\0\0\0\x09'), pack.subarray(8)]),
    ],
  ])('%s is refused', async (_, spoil) => {
    await similar()
    const before = await refs()
    const { body } = await rawPush(cloud, name, [[ZERO, await oid('main'), 'refs/heads/x']], {
      pack: spoil(await packed()),
    })
    expect(reportLines(body)).toEqual([
      expect.stringMatching(/^unpack (?!ok)/),
      expect.stringMatching(/^ng refs\/heads\/x /),
    ])
    expect(await refs()).toEqual(before)
    expect(cloud.events).toEqual([])
  })

  /** a pack of one object of this type (1 commit, 2 tree, 3 blob), as a client gone wrong may send it */
  const packOf = (type: number, content: Buffer): Buffer => {
    const head = Buffer.from([(type << 4) | 0x80 | (content.length & 15), content.length >> 4])
    const pack = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01'), head, deflateSync(content)])
    return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
  }
  const idOf = (kind: string, content: Buffer) =>
    createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex')

  test.each([
    [
      'a commit whose tree is missing',
      (tree: string) => `tree ${tree.replace(/./g, '7')}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx`,
    ],
    [
      'a commit whose parent is missing',
      (tree: string) =>
        `tree ${tree}\nparent ${'6'.repeat(40)}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx`,
    ],
    ['a commit that is none', () => 'this is no commit at all, only text that says so'],
  ])('%s is refused', async (_, make) => {
    const content = Buffer.from(make(await oid('main^{tree}')))
    const id = idOf('commit', content)
    const before = await refs()
    const { body } = await rawPush(cloud, name, [[ZERO, id, 'refs/heads/x']], { pack: packOf(1, content) })
    expect(reportLines(body)[1]).toMatch(/^ng refs\/heads\/x /)
    expect(await refs()).toEqual(before)
  })

  test('tags may point at commits, trees, files and other tags; branches at commits alone', async () => {
    const [tree, blob] = [await oid('main^{tree}'), await text(['hash-object', '-w', '--stdin'], 'a file')]
    await client.must(work, 'tag', 'light')
    await client.must(work, 'tag', 'tree', tree)
    await client.must(work, 'tag', 'blob', blob)
    await client.must(work, 'tag', '-a', 'annotated', '-m', 'x', 'main')
    await client.must(work, 'tag', '-a', 'nested', '-m', 'x', 'annotated')
    await client.must(work, 'push', '-q', cloud.url(name), '--tags')
    expect(Object.keys(await refs()).filter((ref) => ref.startsWith('refs/tags'))).toHaveLength(5)
    // what a tag points at is told behind it, as git does
    const { stdout } = await client.git(work, 'ls-remote', cloud.url(name), 'refs/tags/nested*')
    expect(stdout).toBe(
      `${await oid('nested')}\trefs/tags/nested\n${await oid('main')}\trefs/tags/nested^{}\n`,
    )
    const { body } = await rawPush(cloud, name, [[ZERO, tree, 'refs/heads/tree']])
    expect(reportLines(body)[1]).toMatch(/^ng refs\/heads\/tree /)
  })

  test.each([
    ['of 4,096 characters', `${'x'.repeat(2_048)}/${'y'.repeat(2_047)}`, undefined],
    ['of 4,097 characters', `${'x'.repeat(2_048)}/${'y'.repeat(2_048)}`, 'longer than 4096 characters'],
    ['20 folders deep', `${'d/'.repeat(20)}f`, undefined],
    ['21 folders deep', `${'d/'.repeat(21)}f`, 'more than 20 folders deep'],
  ])('a path %s', async (_, path, problem) => {
    const commit = await commitAt(path)
    const { code, stderr } = await push(`${commit}:refs/heads/deep`)
    expect(code).toBe(problem === undefined ? 0 : 1)
    if (problem !== undefined) expect(stderr).toContain(problem)
    expect(Object.hasOwn(await refs(), 'refs/heads/deep')).toBe(problem === undefined)
  })

  test('a long path in the very first push, and in an update', async () => {
    const deep = await commitAt(`${'d/'.repeat(21)}f`)
    await cloud.call('CreateRepository', { repositoryName: `${name}-new` })
    const first = await client.git(work, 'push', cloud.url(`${name}-new`), `${deep}:refs/heads/main`)
    expect(first.stderr).toContain('more than 20 folders deep')
    expect((await push('--force', `${deep}:refs/heads/main`)).stderr).toContain('more than 20 folders deep')
  })

  test('a long path behind an annotated tag, among other refs', async () => {
    const deep = await commitAt(`${'d/'.repeat(21)}f`)
    await client.must(work, 'tag', '-a', 'deep', '-m', 'x', deep)
    await client.must(work, 'tag', 'tree', 'main^{tree}')
    const { stderr } = await push('deep', 'tree', 'main:other')
    expect(stderr).toContain('more than 20 folders deep')
    expect(Object.keys(await refs())).toEqual(['refs/heads/main'])
  })

  test('paths, purely', () => {
    expect(pathProblem('a/b')).toBeUndefined()
    expect(pathProblem('é'.repeat(4_096))).toBeUndefined()
    for (const odd of ['a//b', 'a/../b', './a', '/a', 'a/'])
      expect(pathProblem(odd)).toBe('a file path is ambiguous')
  })

  test('offsets above 2 GiB stand in a table of their own', () => {
    const index = Buffer.alloc(8 + 1_024 + 2 * 28 + 8)
    index.writeUInt32BE(0xff744f63, 0)
    index.writeUInt32BE(2, 4)
    index.writeUInt32BE(2, 8 + 255 * 4)
    index.writeUInt32BE(0x8000_0000, 8 + 1_024 + 2 * 24)
    index.writeUInt32BE(12, 8 + 1_024 + 2 * 24 + 4)
    index.writeBigUInt64BE(5_000_000_000n, 8 + 1_024 + 2 * 28)
    expect(offsetsOf(index)).toEqual([12, 5_000_000_000])
    expect(() => offsetsOf(Buffer.alloc(2_000))).toThrow('version 2')
  })
})

describe('what is fetched', () => {
  const want = (...lines: string[]) =>
    Buffer.concat([...lines.map((text) => line(`${text}\n`)), Buffer.from('0000'), line('done\n')])
  const post = (body: Buffer) =>
    ask(cloud, `/v1/repos/${name}/git-upload-pack`, {
      method: 'POST',
      headers: {
        Authorization: basic(cloud.olive.gitUser, cloud.olive.gitPassword),
        'Content-Type': 'application/x-git-upload-pack-request',
        'Content-Length': String(body.length),
      },
      body,
    })

  test.each(['filter blob:none', 'deepen-since 1900000000', 'deepen-not refs/heads/main'])(
    '%s is cut off: its capability was not offered',
    async (words) => {
      await expect(post(want(`want ${await oid('main')} side-band-64k`, words))).rejects.toThrow()
    },
  )

  test('git asks for protocol 0, 1 or 2 and speaks 0; for a partial clone it is cut off', async () => {
    const copy = join(client.home, `${name}-copy`)
    // git announces `filter` though it has just said that the server does not know it
    const partial = await client.git(client.home, 'clone', '--filter=blob:none', cloud.url(name), copy)
    expect(partial.stderr).toContain('filtering not recognized by server')
    expect(partial.code).not.toBe(0)
    await client.must(client.home, 'clone', '-q', cloud.url(name), copy)
    for (const version of ['0', '1', '2']) {
      const protocol = ['-c', `protocol.version=${version}`]
      await client.must(copy, ...protocol, 'fetch', '-q', '--depth=1', cloud.url(name), 'main')
      await client.must(copy, ...protocol, 'ls-remote', cloud.url(name))
      await client.must(copy, ...protocol, 'push', '-q', cloud.url(name), `HEAD:refs/heads/v${version}`)
    }
  })

  test('a commit that no branch holds is fetched by its id, shown to nobody, and outlives tidying', async () => {
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'unreferenced')
    const id = await oid('HEAD')
    await client.must(work, 'push', '-q', cloud.url(name), 'HEAD:refs/heads/gone')
    const directory = cloud.directory(name)
    const git = createGit(join(cloud.folder, 'repositories'))
    await openBare(git, directory).moveRef(`${HIDDEN_REFS}/${id}`, undefined, id)
    await client.must(work, 'push', '-q', cloud.url(name), ':gone')
    await client.must(directory, 'gc', '-q', '--prune=now')
    expect((await client.git(work, 'ls-remote', cloud.url(name))).stdout).not.toContain(id)
    expect([...(await openBare(git, directory).refs()).keys()]).toEqual(['refs/heads/main'])
    await git.stop()
    const copy = await client.work(`${name}-by-id`)
    await client.must(copy, 'fetch', '-q', cloud.url(name), id)
    expect(await client.must(copy, 'rev-parse', 'FETCH_HEAD')).toBe(id)
  })

  test('an older commit that a branch reaches is fetched by its id', async () => {
    const first = await oid('main')
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'second')
    await client.must(work, 'push', '-q', cloud.url(name), 'main')
    const copy = await client.work(`${name}-reach`)
    await client.must(copy, 'fetch', '-q', cloud.url(name), first)
    expect(await client.must(copy, 'rev-parse', 'FETCH_HEAD')).toBe(first)
  })

  test('an empty repository is offered without a ref', async () => {
    await cloud.call('CreateRepository', { repositoryName: `${name}-empty` })
    const { body } = await ask(cloud, `/v1/repos/${name}-empty/info/refs?service=git-upload-pack`, {
      headers: { Authorization: basic(cloud.olive.gitUser, cloud.olive.gitPassword) },
    })
    expect(body.toString()).toContain(`000000a4${ZERO} capabilities^{}\0multi_ack_detailed `)
    const copy = join(client.home, `${name}-empty`)
    await client.must(client.home, 'clone', '-q', cloud.url(`${name}-empty`), copy)
  })
})

test('twenty pushes at once to twenty branches all succeed', async () => {
  const tips = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      text(['commit-tree', '-m', `c${i}`, '-p', 'main', 'main^{tree}'], ''),
    ),
  )
  const results = await Promise.all(tips.map((tip, i) => push('-q', `${tip}:refs/heads/p${i}`)))
  expect(results.map(({ code }) => code)).toEqual(tips.map(() => 0))
  expect(cloud.events).toHaveLength(20)
  expect(Object.keys(await refs())).toHaveLength(21)
  const packs = readdirSync(join(cloud.directory(name), 'objects/pack'))
  expect(packs.filter((file) => file.endsWith('.keep'))).toEqual([])
  expect(existsSync(join(cloud.folder, 'repositories/.hooks/pre-receive'))).toBe(true)
})
