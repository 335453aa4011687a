import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, createClient, type Harness, REGION, refsOf, startHarness } from './harness.ts'
import { rawPush, reportLines, ZERO } from './raw-client.ts'

const client = createClient()
let cloud: Harness
beforeAll(async () => {
  cloud = await startHarness()
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
beforeEach(() => {
  cloud.events.length = 0
  cloud.sent.length = 0
})

const { git, must } = client
let count = 0
/** a repository in the cloud and a clone with one commit, not pushed yet */
const pair = async () => {
  count += 1
  const name = `orchard-${count}`
  const { repositoryMetadata } = await cloud.call('CreateRepository', { repositoryName: name })
  const work = await client.work(name)
  await must(work, 'remote', 'add', 'origin', cloud.url(name))
  return { name, work, id: repositoryMetadata.repositoryId, bare: cloud.directory(name) }
}
const oid = (work: string, rev: string) => must(work, 'rev-parse', rev)
const commit = (work: string, message: string) => must(work, 'commit', '-q', '--allow-empty', '-m', message)

const event = (repository: { name: string; id: string }, detail: object) => ({
  version: '0',
  id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: ACCOUNT,
  time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  region: REGION,
  resources: [`arn:aws:codecommit:${REGION}:${ACCOUNT}:${repository.name}`],
  detail: {
    repositoryName: repository.name,
    repositoryId: repository.id,
    callerUserArn: `arn:aws:iam::${ACCOUNT}:user/olive`,
    ...detail,
  },
})

describe('a push by plain git', () => {
  test('first push, clone, forced rewind, deletion: refs and events', async () => {
    const { name, work, id, bare } = await pair()
    expect(
      (await cloud.call('GetRepository', { repositoryName: name })).repositoryMetadata,
    ).not.toHaveProperty('defaultBranch')
    const first = await oid(work, 'main')
    await must(work, 'push', '-q', 'origin', 'main')
    expect(await refsOf(client, bare)).toEqual({ 'refs/heads/main': first })
    expect(cloud.events).toEqual([
      event(
        { name, id },
        {
          event: 'referenceCreated',
          referenceType: 'branch',
          referenceName: 'main',
          referenceFullName: 'refs/heads/main',
          commitId: first,
        },
      ),
    ])
    const { repositoryMetadata } = await cloud.call('GetRepository', { repositoryName: name })
    expect(repositoryMetadata.defaultBranch).toBe('main')

    await commit(work, 'second')
    const second = await oid(work, 'main')
    await must(work, 'push', '-q', 'origin', 'main', 'main:topic/one')
    await must(work, 'reset', '-q', '--hard', first)
    expect((await git(work, 'push', 'origin', 'main')).stderr).toContain('[rejected]')
    await must(work, 'push', '-q', '--force', 'origin', 'main')
    await must(work, 'push', '-q', 'origin', ':topic/one')
    const topic = {
      referenceType: 'branch',
      referenceName: 'topic/one',
      referenceFullName: 'refs/heads/topic/one',
    }
    const main = { referenceType: 'branch', referenceName: 'main', referenceFullName: 'refs/heads/main' }
    expect(cloud.events.slice(1)).toEqual([
      event({ name, id }, { event: 'referenceUpdated', ...main, commitId: second, oldCommitId: first }),
      event({ name, id }, { event: 'referenceCreated', ...topic, commitId: second }),
      event({ name, id }, { event: 'referenceUpdated', ...main, commitId: first, oldCommitId: second }),
      event({ name, id }, { event: 'referenceDeleted', ...topic, oldCommitId: second }),
    ])

    const copy = join(client.home, `${name}-copy`)
    await must(client.home, 'clone', '-q', cloud.url(name), copy)
    expect(await oid(copy, 'HEAD')).toBe(first)
    // protocol version 2 is asked for by default and not spoken here
    const { stdout } = await git(work, '-c', 'protocol.version=2', 'ls-remote', 'origin')
    expect(stdout).toBe(`${first}\tHEAD\n${first}\trefs/heads/main\n`)
  })

  test('light and annotated tags point at what was pushed', async () => {
    const { work, bare } = await pair()
    await must(work, 'tag', 'light')
    await must(work, 'tag', '-a', 'release/1.0', '-m', 'first release')
    await must(work, 'push', '-q', 'origin', 'main', '--tags')
    const annotated = await oid(work, 'release/1.0')
    expect(await refsOf(client, bare)).toEqual({
      'refs/heads/main': await oid(work, 'main'),
      'refs/tags/light': await oid(work, 'main'),
      'refs/tags/release/1.0': annotated,
    })
    expect(annotated).not.toBe(await oid(work, 'main'))
    const details = cloud.events.map(({ detail }) => detail)
    expect(details).toContainEqual(
      expect.objectContaining({ referenceType: 'tag', referenceName: 'release/1.0', commitId: annotated }),
    )
    expect(details).toHaveLength(3)
  })

  test.each([
    ['UTF-8', 'фрукты/яблоко-🍏'],
    ['nested', 'a/b/c/d/e/f/g'],
    ['punctuation', "it's-#1+(x)&y,z=%20"],
    ['256 characters', `${'x'.repeat(128)}/${'y'.repeat(127)}`],
  ])('odd branch name: %s', async (_, branch) => {
    const { work, bare } = await pair()
    await must(work, 'push', '-q', 'origin', `main:refs/heads/${branch}`)
    expect(Object.keys(await refsOf(client, bare))).toEqual([`refs/heads/${branch}`])
    expect(cloud.events.map(({ detail }) => detail)).toEqual([
      expect.objectContaining({ referenceName: branch, referenceFullName: `refs/heads/${branch}` }),
    ])
    const { stdout } = await git(work, 'ls-remote', 'origin', `refs/heads/${branch}`)
    expect(stdout).toContain(branch)
  })

  test.each([
    ['257 characters', `refs/heads/${'x'.repeat(128)}/${'y'.repeat(128)}`],
    ['a commit id', `refs/heads/${'a'.repeat(40)}`],
    ['another namespace', 'refs/notes/commits'],
    ['a pull request ref', 'refs/for/main'],
  ])('refused, and only that ref: %s', async (_, ref) => {
    const { work, bare } = await pair()
    const { code, stderr } = await git(work, 'push', 'origin', `main:${ref}`, 'main', 'main:topic')
    expect(code).toBe(1)
    expect(stderr).toContain('[remote rejected]')
    expect(stderr).toMatch(/\[new branch\]\s+main -> topic/)
    expect(Object.keys(await refsOf(client, bare))).toEqual(['refs/heads/main', 'refs/heads/topic'])
    expect(cloud.events).toHaveLength(2)
  })

  test('the default branch cannot be deleted, another in the same push can', async () => {
    const { work, bare } = await pair()
    await must(work, 'push', '-q', 'origin', 'main:dev', 'main')
    // the first branch of the first push is the default
    expect(await must(bare, 'symbolic-ref', 'HEAD')).toBe('refs/heads/dev')
    const { stderr } = await git(work, 'push', 'origin', ':dev', ':main')
    expect(stderr).toMatch(/remote rejected\] dev \(the default branch cannot be deleted\)/)
    expect(Object.keys(await refsOf(client, bare))).toEqual(['refs/heads/dev'])
    expect(cloud.events.at(-1)?.detail).toMatchObject({ event: 'referenceDeleted', referenceName: 'main' })
  })

  test('a ref that IAM denies is refused, the rest of the push goes through', async () => {
    const { name, work, bare } = await pair()
    const arn = `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`
    cloud.deny(
      (_, { resource, action, context }) =>
        resource === arn &&
        action === 'codecommit:GitPush' &&
        context?.['codecommit:References'] === 'refs/heads/main',
    )
    const { stderr } = await git(work, 'push', 'origin', 'main', 'main:topic')
    expect(stderr).toMatch(/remote rejected\] main -> main \(You don't have permission to push/)
    expect(Object.keys(await refsOf(client, bare))).toEqual(['refs/heads/topic'])
  })

  test('5,000 refs in two pushes, one of 4,000', async () => {
    const { name, work, bare } = await pair()
    const tip = await oid(work, 'main')
    // written as git's own clone writes them: one file instead of a thousand
    const named = (folder: string, from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `refs/heads/${folder}/${String(from + i).padStart(4, '0')}`)
    const all = [...named('a', 0, 4_000), ...named('b', 4_000, 5_000)]
    const header = '# pack-refs with: peeled fully-peeled sorted \n'
    const local = named('b', 4_000, 5_000)
    await writeFile(
      join(work, '.git', 'packed-refs'),
      header + local.map((ref) => `${tip} ${ref}\n`).join(''),
    )

    await must(work, 'push', '-q', cloud.url(name), 'refs/heads/b/*')
    // git compares each ref over HTTP with each: ten seconds of its own for what it then sends in one
    const creations = named('a', 0, 4_000).map((ref) => [ZERO, tip, ref] as const)
    const { body } = await rawPush(cloud, name, creations)
    expect(reportLines(body)).toEqual(['unpack ok', ...creations.map(([, , ref]) => `ok ${ref}`)])
    expect(Object.keys(await refsOf(client, bare))).toEqual(all)
    expect(cloud.events).toHaveLength(5_000)
    const page = await cloud.call('ListBranches', { repositoryName: name })
    expect(page.branches).toEqual(all.slice(0, 1_000).map((ref) => ref.slice('refs/heads/'.length)))
  })

  test('several clients push to one ref: one wins, the others are told', async () => {
    const { name, work, bare } = await pair()
    await must(work, 'push', '-q', 'origin', 'main')
    const clones = await Promise.all(
      [1, 2, 3, 4].map(async (i) => {
        const copy = join(client.home, `${name}-${i}`)
        await must(client.home, 'clone', '-q', cloud.url(name), copy)
        await commit(copy, `by ${i}`)
        return copy
      }),
    )
    const results = await Promise.all(clones.map((copy) => git(copy, 'push', 'origin', 'main')))
    const winners = clones.filter((_, i) => results[i]!.code === 0)
    expect(winners).toHaveLength(1)
    expect((await refsOf(client, bare))['refs/heads/main']).toBe(await oid(winners[0]!, 'main'))
    expect(cloud.events).toHaveLength(2)
    expect((await git(bare, 'fsck', '--full', '--strict')).code).toBe(0)
  })

  test('more than a megabyte goes in chunks, and comes back whole', async () => {
    const { randomBytes } = await import('node:crypto')
    const { name, work, bare } = await pair()
    const bytes = randomBytes(3_000_000)
    await writeFile(join(work, 'big.bin'), bytes)
    await must(work, 'add', '.')
    await must(work, 'commit', '-q', '-m', 'big')
    await must(work, 'push', '-q', 'origin', 'main')
    expect((await git(bare, 'fsck', '--full')).code).toBe(0)
    const copy = join(client.home, `${name}-big`)
    await must(client.home, 'clone', '-q', cloud.url(name), copy)
    expect(await oid(copy, 'HEAD:big.bin')).toBe(await oid(work, 'HEAD:big.bin'))
  })

  test('a shallow clone, and a fetch of a commit by its id', async () => {
    const { name, work } = await pair()
    const first = await oid(work, 'main')
    for (const message of ['two', 'three']) await commit(work, message)
    await must(work, 'push', '-q', 'origin', 'main')
    const copy = join(client.home, `${name}-shallow`)
    await must(client.home, 'clone', '-q', '--depth', '1', cloud.url(name), copy)
    expect(await must(copy, 'rev-list', '--count', 'HEAD')).toBe('1')
    await must(copy, 'fetch', '-q', '--depth', '1', 'origin', first)
    expect(await oid(copy, 'FETCH_HEAD')).toBe(first)
  })

  test('a fetch of many tips is gzipped by git, and understood', async () => {
    const { name, work } = await pair()
    for (let i = 0; i < 40; i += 1) {
      await commit(work, `c${i}`)
      await must(work, 'branch', `b${i}`)
    }
    await must(work, 'push', '-q', '--all', 'origin')
    const copy = join(client.home, `${name}-tips`)
    const trace = await new Promise<string>((done) => {
      const env = { ...client.env, GIT_TRACE_CURL: '1' }
      execFile('git', ['clone', '-q', cloud.url(name), copy], { env }, (_, __, stderr) => done(stderr))
    })
    expect(/content-encoding: gzip/i.test(trace)).toBe(true)
    expect(await oid(copy, 'origin/b39')).toBe(await oid(work, 'main'))
  })
})
