import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createGitClient } from '../../../../shared/git/client.ts'
import { makeBare } from '../../../support/bare.ts'
import type { OddExchange } from '../../../support/odd-git-server.ts'
import { EQUAL, grow, type Odd, openSides, type Side, type Sides, setRefs } from './sides.ts'

let sides: Sides
afterEach(async () => {
  const trespasses = [...sides.source.server.trespasses, ...sides.replica.server.trespasses]
  await sides.close()
  expect(trespasses).toEqual([])
})

const becomesEqual = async (): Promise<void> => {
  expect(await sides.relay()).toMatchObject({ kind: 'equal' })
  expect(await sides.differences()).toEqual(EQUAL)
}

const [ahead, behind] = [makeBare(), makeBare()]
beforeAll(async () => {
  const one = await grow(ahead, 'main', 20)
  await behind.git(['fetch', '--quiet', ahead.folder, `${one}:refs/heads/main`])
  await grow(ahead, 'main', 3)
  // copied for every test: one pack instead of a folder for each object
  for (const side of [ahead, behind]) await side.git(['repack', '-a', '-d', '-q'])
})
afterAll(() => {
  ahead.remove()
  behind.remove()
})

/** A replica that lags behind its source by some commits. */
const openLagging = async (odd: Odd = {}): Promise<Sides> => {
  sides = await openSides({ ...odd, copies: { source: ahead.folder, replica: behind.folder } })
  return sides
}

const exchanges = (side: Side, service: OddExchange['service']) =>
  side.server.exchanges.filter((exchange) => exchange.service === service)
const fetches = () => exchanges(sides.source, 'git-upload-pack')
const pushes = () => exchanges(sides.replica, 'git-receive-pack')

/** A commit with a file that does not compress. */
const growBy = async (side: Side, bytes: number): Promise<void> => {
  const blob = await side.git(['hash-object', '-w', '--stdin'], randomBytes(bytes))
  const tree = await side.git(['mktree'], `100644 blob ${blob}\tlarge\n`)
  const commit = await side.git(['commit-tree', '-m', 'large', '-p', 'main', tree])
  await setRefs(side, { 'refs/heads/main': commit })
}

describe('a server that can do less', () => {
  test('as it is, the pack is thin and leans on offsets', async () => {
    await openLagging()
    await becomesEqual()
    expect(fetches()[0]?.capabilities).toEqual(expect.arrayContaining(['thin-pack', 'ofs-delta']))
  })

  test('no-thin: the pack stands by itself', async () => {
    await openLagging({
      replica: {
        offers: ['no-thin'],
        receive: ['--reject-thin-pack-for-testing'],
        settings: ['receive.unpackLimit=1'],
      },
    })
    await becomesEqual()
    expect(fetches().map(({ capabilities }) => capabilities.includes('thin-pack'))).toEqual([false])
  })

  test('a thin pack is refused: once more without', async () => {
    await openLagging({
      replica: { receive: ['--reject-thin-pack-for-testing'], settings: ['receive.unpackLimit=1'] },
    })
    await becomesEqual()
    expect(fetches().map(({ capabilities }) => capabilities.includes('thin-pack'))).toEqual([true, false])
  })

  test('no ofs-delta at the replica: not asked of the source', async () => {
    await openLagging({ replica: { lacks: ['ofs-delta'] } })
    await becomesEqual()
    expect(fetches()[0]?.capabilities).not.toContain('ofs-delta')
  })

  test('no side band, neither here nor there', async () => {
    await openLagging({
      source: { lacks: ['side-band', 'side-band-64k'] },
      replica: { lacks: ['side-band-64k'] },
    })
    await becomesEqual()
    expect(fetches()).toHaveLength(1)
  })

  test('JGit’s and CodeCommit’s few words', async () => {
    const few = [
      'symref',
      'ofs-delta',
      'filter',
      'no-done',
      'include-tag',
      'agent',
      'object-format',
      'multi_ack',
    ]
    await openLagging({
      source: { lacks: few },
      replica: { lacks: ['atomic', 'ofs-delta', 'agent', 'object-format', 'quiet', 'report-status-v2'] },
    })
    await becomesEqual()
  })

  test('no report: the refs are read again, and tell what was done', async () => {
    await openLagging({ replica: { lacks: ['report-status', 'report-status-v2'] } })
    expect(await sides.relay()).toMatchObject({
      kind: 'equal',
      moved: { created: 0, updated: 1, deleted: 0 },
    })
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('no deletions by push: all else goes through, and what is left is said', async () => {
    await openLagging({ replica: { lacks: ['delete-refs'] } })
    await grow(sides.replica, 'stray')
    await expect(sides.relay()).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/stray', refs: 1, reason: expect.stringContaining('DeleteBranch') },
    })
    expect(await sides.differences()).toEqual({ refs: ['refs/heads/stray'], faults: '' })
  })

  test('411 for a body without its length: spooled, then sent with it', async () => {
    await openLagging({ client: { spool: { folder: tmpdir(), bytes: 64e6 } } })
    await growBy(sides.source, 2e6)
    sides.replica.server.oddities.before = ({ step, chunked }) =>
      step === 'exchange' && chunked ? 411 : undefined
    await becomesEqual()
    expect(sides.replica.server.requests.filter(({ chunked }) => chunked)).toHaveLength(1)
  })

  test('hanging up on a body without its length, and nowhere to spool it: handed over', async () => {
    await openLagging()
    await growBy(sides.source, 2e6)
    sides.replica.server.oddities.cutBody = ({ chunked }) => (chunked ? 0 : undefined)
    expect(await sides.relay()).toMatchObject({
      kind: 'hand-over',
      reason: 'limit',
      detail: expect.stringContaining('a body without its length'),
    })
  })

  test.each(['Too many reference update commands', 'no'])('too many refs in a push (%s)', async (ng) => {
    sides = await openSides()
    const one = await grow(sides.source, 'main')
    const names = Array.from({ length: 600 }, (_, n) => `refs/tags/t${n}`)
    await setRefs(sides.source, Object.fromEntries(names.map((name) => [name, one])))
    await sides.source.git(['pack-refs', '--all'])
    sides.replica.server.oddities.exchange = ({ service, lines }) =>
      service === 'git-receive-pack' && lines.length > 200 ? { ng } : undefined
    await becomesEqual()
    expect(pushes().map(({ lines }) => lines.length)).toEqual([601, 151, 151, 151, 148])
  })

  test('too many refs in a push, and a server that has no words for it', async () => {
    sides = await openSides()
    const one = await grow(sides.source, 'main')
    const names = Array.from({ length: 600 }, (_, n) => `refs/tags/t${n}`)
    await setRefs(sides.source, Object.fromEntries(names.map((name) => [name, one])))
    await sides.source.git(['pack-refs', '--all'])
    let refuses = false
    const { oddities } = sides.replica.server
    // two failures before it: a push that is made smaller is no third one
    oddities.before = ({ step, count }) => (step === 'refs' && count < 3 ? 500 : undefined)
    oddities.exchange = ({ service, lines }) => {
      refuses = service === 'git-receive-pack' && lines.length > 100
      return refuses ? { ng: 'no' } : undefined
    }
    oddities.garble = ({ step }, piece) =>
      refuses && step === 'exchange' ? Buffer.from('0010\x03fatal: no\n') : piece
    await becomesEqual()
    const sizes = pushes().map(({ lines }) => lines.length)
    expect(sizes.slice(0, 4)).toEqual([601, 151, 38, 38])
  })
})

describe('a server that has a bad day', () => {
  test('429: waits grow and then it goes on', async () => {
    await openLagging()
    sides.source.server.oddities.before = ({ service, step, count }) =>
      step === 'refs' && service === 'git-upload-pack' && count < 4 ? 429 : undefined
    await becomesEqual()
    // each half to the whole of what doubles
    expect(sides.pauses.map((pause, n) => pause > 500 * 2 ** n * 0.49 && pause <= 1_000 * 2 ** n)).toEqual([
      true,
      true,
      true,
    ])
  })

  test.each([429, 503])(
    '%i with Retry-After: it waits as long as it was asked to, within bounds',
    async (status) => {
      await openLagging()
      const { oddities } = sides.replica.server
      oddities.before = ({ service, step, count }) => {
        const refuses = step === 'refs' && service === 'git-receive-pack' && count < 4
        oddities.retryAfter = ['0', '20', '86400'][count - 1] ?? ''
        return refuses ? status : undefined
      }
      await becomesEqual()
      // behind it the wait that there is without, so that not all come back at the same moment
      expect(sides.pauses[0]).toBeLessThanOrEqual(1_000)
      expect(sides.pauses[1]).toBeGreaterThan(20_000)
      expect(sides.pauses[1]).toBeLessThanOrEqual(22_000)
      expect(sides.pauses[2]).toBeGreaterThan(60_000)
      expect(sides.pauses[2]).toBeLessThanOrEqual(64_000)
    },
  )

  test('429 for ever: told as such, after a few waits', async () => {
    await openLagging()
    sides.replica.server.oddities.before = () => 503
    await expect(sides.relay()).rejects.toMatchObject({ code: 'REMOTE_THROTTLED' })
    expect(sides.pauses).toHaveLength(4)
  })

  test('500 now and then is tried again; for ever it is handed over', async () => {
    await openLagging()
    sides.source.server.oddities.before = ({ count }) => (count === 1 ? 500 : undefined)
    await becomesEqual()
    await grow(sides.source, 'main')
    sides.source.server.oddities.before = ({ step }) => (step === 'exchange' ? 500 : undefined)
    expect(await sides.relay()).toMatchObject({
      kind: 'hand-over',
      reason: 'fallbacks',
      moved: { created: 0, updated: 0, deleted: 0 },
      detail: expect.stringContaining('REMOTE_FAILED'),
    })
  })

  test('a stall ends by the client’s patience', async () => {
    await openLagging({ client: { idleMs: 150 } })
    sides.replica.server.oddities.before = ({ step }) =>
      step === 'exchange' ? new Promise(() => undefined) : undefined
    await expect(sides.relay()).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' })
    expect(await sides.replica.fsck()).toBe('')
  })

  test('a report that is lost: what the replica is then seen to hold counts as moved', async () => {
    await openLagging()
    sides.replica.server.oddities.cutAnswer = ({ step, count }) =>
      step === 'exchange' && count === 1 ? 0 : undefined
    expect(await sides.relay()).toMatchObject({
      kind: 'equal',
      moved: { created: 0, updated: 1, deleted: 0 },
    })
    expect(await sides.differences()).toEqual(EQUAL)
    expect(pushes()).toHaveLength(1)
  })

  test('nonsense twice is handed over', async () => {
    await openLagging()
    sides.source.server.oddities.garble = ({ step }, piece) =>
      step === 'refs' ? Buffer.from('0009nope\n') : piece
    expect(await sides.relay()).toMatchObject({ kind: 'hand-over', reason: 'protocol' })
    expect(sides.source.server.requests).toHaveLength(2)
  })

  test('a server that says ok and does nothing is handed over', async () => {
    await openLagging()
    const { replica } = sides
    const before = (await replica.refs()).get('refs/heads/main')
    replica.server.oddities.before = async ({ step }) => {
      if (step === 'refs') await setRefs(replica, { 'refs/heads/main': before })
      return undefined
    }
    expect(await sides.relay()).toMatchObject({
      kind: 'hand-over',
      reason: 'protocol',
      detail: expect.stringContaining('refs/heads/main'),
    })
  })

  test('more refs than a reader takes are handed over', async () => {
    await openLagging({ client: { limits: { bytes: 1e6, refs: 0 } } })
    expect(await sides.relay()).toMatchObject({ kind: 'hand-over', reason: 'limit' })
  })
})

describe('refs that the replica does not take', () => {
  const hook = (side: Side, name: string, script: string) => {
    mkdirSync(join(side.folder, 'hooks'))
    const file = join(side.folder, 'hooks', name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }

  test('refused again with the same values: all others go through, then it is said', async () => {
    await openLagging()
    await grow(sides.source, 'bad')
    await grow(sides.source, 'good')
    hook(sides.replica, 'update', 'test "$1" != refs/heads/bad')
    await expect(sides.relay()).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/bad', refs: 1, reason: 'hook declined', replica: 'eu-west-1/orders' },
    })
    expect(await sides.differences()).toEqual({ refs: ['refs/heads/bad'], faults: '' })
    expect(pushes().map(({ lines }) => lines.map((line) => line.split('/').at(-1)))).toEqual([
      ['main', 'bad', 'good'],
      ['bad'],
    ])
  })

  test('a pack with something in it that is refused: only that ref stays behind', async () => {
    await openLagging({ replica: { settings: ['receive.fsckObjects=true', 'receive.unpackLimit=1'] } })
    const { source } = sides
    const tip = await source.git(['rev-parse', 'main'])
    const tree = await source.git(['rev-parse', 'main^{tree}'])
    const bad = await source.git(
      ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'],
      `tree ${tree}\nparent ${tip}\nauthor <> nonsense\ncommitter <> nonsense\n\nbad\n`,
    )
    await setRefs(source, { 'refs/heads/bad': bad })
    for (const name of ['a', 'b', 'c', 'd']) await grow(source, name)
    await expect(sides.relay()).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/bad', refs: 1 },
    })
    expect(await sides.differences()).toEqual({ refs: ['refs/heads/bad'], faults: '' })
  })

  test('a replica that takes no pack at all is handed over', async () => {
    await openLagging({ replica: { settings: ['receive.maxInputSize=1'] } })
    const names = Array.from({ length: 12 }, (_, n) => `branch-${n}`)
    const tip = await sides.source.git(['rev-parse', 'main'])
    await setRefs(
      sides.source,
      Object.fromEntries(names.map((name, n) => [`refs/heads/${name}`, `${tip}~${n}`])),
    )
    expect(await sides.relay()).toMatchObject({
      kind: 'hand-over',
      reason: 'fallbacks',
      detail: 'the replica refuses every pack',
    })
    expect(pushes().length).toBeLessThan(25)
  })

  test('a pack that the source sends damaged is told of the source, and handed over', async () => {
    await openLagging()
    await growBy(sides.source, 300_000)
    sides.source.server.oddities.garble = ({ service, step }, piece) => {
      if (service === 'git-receive-pack' || step === 'refs' || piece.length < 4_000) return piece
      const damaged = Buffer.from(piece)
      damaged.writeUInt8(damaged.readUInt8(2_000) ^ 1, 2_000)
      return damaged
    }
    expect(await sides.relay()).toMatchObject({
      kind: 'hand-over',
      reason: 'protocol',
      detail: expect.stringMatching(/service=git-upload-pack.*problem=pack checksum/),
    })
    expect(await sides.replica.fsck()).toBe('')
  })

  test('a ref whose objects are too much is found among many without many pauses', async () => {
    await openLagging({ replica: { settings: ['receive.maxInputSize=200k', 'receive.unpackLimit=1'] } })
    const { source } = sides
    const blob = await source.git(['hash-object', '-w', '--stdin'], randomBytes(300_000))
    const commits = Array.from({ length: 60 }, (_, n) => n).map(async (n) => {
      const entry = n === 47 ? `100644 blob ${blob}\tlarge\n` : ''
      const tree = await source.git(['mktree'], entry)
      return [
        `refs/heads/b${n}`,
        await source.git(['commit-tree', '-m', `${n}`, '-p', 'main', tree]),
      ] as const
    })
    await setRefs(source, Object.fromEntries(await Promise.all(commits)))
    await expect(sides.relay()).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: {
        ref: 'refs/heads/b47',
        refs: 1,
        reason: expect.stringContaining('the source has something broken'),
      },
    })
    expect(await sides.differences()).toEqual({ refs: ['refs/heads/b47'], faults: '' })
    // thin, whole, eighths, one by one, and that one once more
    expect(sides.pauses.length).toBeLessThanOrEqual(5)
  })

  test('a replica that lacks what its tips stand for is sent everything', async () => {
    await openLagging()
    let once = true
    sides.replica.server.oddities.exchange = ({ service }) => {
      const first = once && service === 'git-receive-pack'
      if (first) once = false
      return first ? { ng: 'missing necessary objects' } : undefined
    }
    await becomesEqual()
    expect(sides.parts.git.traffic().requests).toBe(10)
  })
})

describe('budgets', () => {
  const large = async () => {
    await openLagging()
    await growBy(sides.source, 3e6)
  }
  const untouched = async () => {
    const main = (await sides.replica.refs()).get('refs/heads/main')
    expect(await sides.source.git(['rev-parse', 'main~4'])).toBe(main)
    expect(await sides.replica.fsck()).toBe('')
  }

  test('bytes', async () => {
    await large()
    const seen: number[] = []
    expect(await sides.relay({ bytes: 1.5e6, onProgress: (bytes) => seen.push(bytes) })).toMatchObject({
      kind: 'hand-over',
      reason: 'bytes',
    })
    await untouched()
    expect(seen.length).toBeGreaterThan(1)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })

  test('time, before the first request and while the pack flows', async () => {
    await large()
    expect(await sides.relay({ until: Date.now() - 1 })).toMatchObject({
      kind: 'hand-over',
      reason: 'deadline',
      cost: { requests: 0 },
    })
    let clock = 0
    const outcome = await sides.relay(
      { until: 1_000, onProgress: (bytes) => (clock = bytes > 1.5e6 ? 2_000 : 0) },
      { now: () => clock },
    )
    expect(outcome).toMatchObject({ kind: 'hand-over', reason: 'deadline' })
    await untouched()
  })

  test('time, while a server is silent', async () => {
    await large()
    sides.replica.server.oddities.before = ({ step }) =>
      step === 'exchange' ? new Promise(() => undefined) : undefined
    expect(await sides.relay({ until: Date.now() + 300 })).toMatchObject({
      kind: 'hand-over',
      reason: 'deadline',
    })
    await untouched()
  })

  test('the caller’s signal ends everything with its reason', async () => {
    await large()
    const controller = new AbortController()
    const reason = new Error('the container stops')
    await expect(
      sides.relay({ signal: controller.signal, onProgress: () => controller.abort(reason) }),
    ).rejects.toBe(reason)
    await untouched()
    await expect(sides.relay({ signal: controller.signal })).rejects.toBe(reason)
  })
})

test('no credential is in what is thrown or logged', async () => {
  await openLagging({ replica: { authorization: 'Basic other' } })
  const said: unknown[] = []
  const say = (...words: unknown[]) => void said.push(words)
  const log = { info: say, warn: say, error: say }
  await sides.relay({}, { log }).catch((error: unknown) => said.push(String(error), error))
  sides.replica.server.oddities.authorization = 'Basic dXNlcjpub25l'
  sides.replica.server.oddities.before = () => 500
  said.push(await sides.relay({}, { log }))
  expect(JSON.stringify(said)).toContain('REMOTE_DENIED')
  expect(JSON.stringify(said)).not.toContain('dXNlcjpub25l')
})

test('a client with spare connections does not mix two repositories up', async () => {
  await openLagging()
  const other = createGitClient()
  await Promise.all([sides.relay(), sides.relay({}, { git: other })])
  expect(await sides.differences()).toEqual(EQUAL)
})
