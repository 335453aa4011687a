import { afterEach, describe, expect, test } from '@jest/globals'
import { digestOf } from '../../../../shared/replication/digest.ts'
import { relayOnce } from '../../../../shared/replication/relay/relay.ts'
import type { Oddities } from '../../../support/odd-git-server.ts'
import { EQUAL, grow, openSides, type Sides, setRefs } from './sides.ts'

let sides: Sides
afterEach(() => sides?.close())

const becomesEqual = async (moved?: object): Promise<void> => {
  const outcome = await sides.relay()
  expect(outcome).toMatchObject({ kind: 'equal', ...(moved && { moved }) })
  expect(await sides.differences()).toEqual(EQUAL)
}

describe('a relay makes the replica equal', () => {
  test('by four requests and two more for the proof, and sees by two that nothing is left', async () => {
    sides = await openSides()
    await grow(sides.source, 'main', 3)
    await becomesEqual({ created: 1, updated: 0, deleted: 0 })
    const tip = await grow(sides.source, 'main')
    const at = Date.UTC(2026, 0, 2)
    const outcome = await sides.relay({ until: at + 60_000 }, { now: () => at })
    expect(outcome).toEqual({
      kind: 'equal',
      moved: { created: 0, updated: 1, deleted: 0 },
      refs: new Map([['refs/heads/main', tip]]),
      proof: {
        digest: digestOf(new Map([['refs/heads/main', tip]])),
        refs: 1,
        at: '2026-01-02T00:00:00.000Z',
      },
      cost: {
        requests: 6,
        received: expect.any(Number),
        sent: expect.any(Number),
        milliseconds: 0,
      },
    })
    expect(await sides.differences()).toEqual(EQUAL)
    expect(await sides.relay()).toMatchObject({ kind: 'equal', cost: { requests: 2 } })
  })

  test('while a faster one overtakes it: what it read first is never put over what it reads later', async () => {
    sides = await openSides()
    const { source, replica } = sides
    await grow(source, 'main')
    await grow(source, 'topic')
    await sides.relay()
    const before = replica.server.exchanges.length
    await grow(source, 'main')
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    let looks = 0
    const holdSecondLook: Oddities['before'] = async ({ step }) => {
      if (step !== 'refs' || ++looks !== 2) return undefined
      reached.resolve()
      await released.promise
      return undefined
    }
    for (const { server } of [source, replica]) server.oddities.before = holdSecondLook
    const slow = sides.relay()
    await reached.promise
    const three = await grow(source, 'main')
    const more = await grow(source, 'topic')
    expect(await sides.relay()).toMatchObject({ kind: 'equal', moved: { updated: 2 } })
    released.resolve()
    expect(await slow).toMatchObject({ kind: 'equal' })
    const pushed = replica.server.exchanges.slice(before).flatMap(({ lines }) => lines)
    expect(new Set(pushed.map((line) => line.split(' ')[1]))).toEqual(new Set([three, more]))
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('relayOnce does one round of it and does not look again', async () => {
    sides = await openSides()
    await grow(sides.source, 'main')
    expect(await relayOnce(sides.parts, sides.work)).toMatchObject({
      kind: 'pushed',
      moved: { created: 1, updated: 0, deleted: 0 },
      cost: { requests: 4 },
    })
    expect(await relayOnce(sides.parts, sides.work)).toMatchObject({ kind: 'equal', cost: { requests: 2 } })
  })

  test('thousands of commits, a force push, new, renamed and deleted branches, both kinds of tag', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'main', 3_000)
    const old = await grow(source, 'old', 2, { from: one })
    await source.git(['tag', 'light', one])
    await source.git(['tag', '-a', '-m', 'words', 'heavy', one])
    await source.git(['tag', '-a', '-m', 'words', 'tag-of-tag', 'heavy'])
    await becomesEqual({ created: 5, updated: 0, deleted: 0 })
    await setRefs(source, {
      'refs/heads/old': undefined,
      'refs/heads/new': old,
      'refs/tags/light': old,
      'refs/tags/heavy': undefined,
    })
    await source.git(['tag', '-f', '-a', '-m', 'moved', 'tag-of-tag', old])
    await grow(source, 'main', 2, { from: `${one}~5` })
    await grow(source, 'feature', 1, { from: `${one}~7` })
    await becomesEqual({ created: 2, updated: 3, deleted: 2 })
    await setRefs(source, { 'refs/heads/main': `${one}~100`, 'refs/heads/feature': undefined })
    await becomesEqual({ created: 0, updated: 1, deleted: 1 })
  })

  test('an empty source and an empty replica are equal; a replica is never emptied', async () => {
    sides = await openSides()
    await becomesEqual({ created: 0, updated: 0, deleted: 0 })
    await grow(sides.replica, 'main')
    await expect(sides.relay()).rejects.toMatchObject({ code: 'SOURCE_EMPTIED' })
    expect([...(await sides.replica.refs()).keys()]).toEqual(['refs/heads/main'])
  })

  test('unrelated histories, a replica that is ahead, two who write in turn', async () => {
    sides = await openSides()
    await grow(sides.source, 'main', 5)
    await grow(sides.replica, 'main', 5, { text: 'unrelated' })
    await grow(sides.replica, 'stray', 2, { text: 'unrelated' })
    await becomesEqual({ created: 0, updated: 1, deleted: 1 })
    for (let turn = 0; turn < 2; turn += 1) {
      await grow(sides.replica, 'main', 2)
      await becomesEqual({ created: 0, updated: 1, deleted: 0 })
      await grow(sides.source, 'main', 2)
      await grow(sides.replica, 'main', 1)
      await becomesEqual({ created: 0, updated: 1, deleted: 0 })
    }
  })

  test('a replica whose deletions are kept', async () => {
    sides = await openSides()
    await grow(sides.source, 'main')
    await grow(sides.replica, 'own')
    const target = { ...sides.work.target, deletes: 'keep' } as const
    expect(await sides.relay({ target })).toMatchObject({ kind: 'equal', refs: await sides.source.refs() })
    expect([...(await sides.replica.refs()).keys()]).toEqual(['refs/heads/main', 'refs/heads/own'])
  })

  test('more refs than one push may hold: the objects travel with the first', async () => {
    sides = await openSides()
    const { source, replica } = sides
    const one = await grow(source, 'main', 2)
    const names = Array.from({ length: 4_100 }, (_, index) => `refs/heads/many/${index}`)
    await setRefs(source, Object.fromEntries(names.map((name) => [name, one])))
    await becomesEqual({ created: 4_101, updated: 0, deleted: 0 })
    const pushes = replica.server.exchanges.map(({ lines }) => lines.length)
    expect(pushes).toEqual([3_999, 102])
    expect(source.server.exchanges).toHaveLength(1)
  })

  test('odd names, and names in each other’s way', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'main')
    const odd = [
      'ünïcode/日本語',
      'x'.repeat(200),
      'a/b/c/d/e/f/g/h',
      "it's;$(odd)&name",
      'same',
      'file',
      'dir/x',
    ]
    await setRefs(source, {
      ...Object.fromEntries(odd.map((name) => [`refs/heads/${name}`, one])),
      'refs/tags/same': one,
      'refs/tags/v1/x': one,
    })
    await becomesEqual({ created: 10, updated: 0, deleted: 0 })
    await setRefs(source, {
      'refs/heads/file': undefined,
      'refs/heads/dir/x': undefined,
      'refs/tags/v1/x': undefined,
    })
    const two = await grow(source, 'main')
    await setRefs(source, {
      'refs/heads/file/below': two,
      'refs/heads/dir': two,
      'refs/tags/v1': two,
      'refs/tags/same': two,
    })
    await becomesEqual({ created: 3, updated: 2, deleted: 3 })
  })

  test('an octopus merge and submodules', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'main')
    const sub = `${'160000 commit'} ${'1'.repeat(40)}\tvendor/lib`
    const tree = await source.git(['mktree', '--missing'], `${sub.replace('vendor/', '')}\n`)
    await becomesEqual()
    const parents = await Promise.all(
      [1, 2, 3].map((n) => source.git(['commit-tree', '-m', `part ${n}`, '-p', one, tree])),
    )
    const octopus = await source.git([
      'commit-tree',
      '-m',
      'octopus',
      ...parents.flatMap((parent) => ['-p', parent]),
      tree,
    ])
    await setRefs(source, { 'refs/heads/main': octopus })
    await becomesEqual({ created: 0, updated: 1, deleted: 0 })
    expect(await sides.replica.git(['ls-tree', octopus])).toContain('160000 commit')
  })

  test('says which side does not exist', async () => {
    sides = await openSides()
    await grow(sides.source, 'main')
    sides.replica.server.oddities.before = () => 404
    expect(await sides.relay()).toEqual({ kind: 'replica-missing' })
    delete sides.replica.server.oddities.before
    sides.source.server.oddities.before = () => 404
    expect(await sides.relay()).toEqual({ kind: 'source-missing' })
    sides.source.server.oddities.before = () => 403
    await expect(sides.relay()).rejects.toMatchObject({ code: 'REMOTE_DENIED' })
  })
})

describe('the bytes follow the change', () => {
  test('an update names the old value alone, and what comes is a thin pack', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'main', 300)
    await setRefs(
      source,
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`refs/heads/b${n}`, `${one}~${n}`])),
    )
    await sides.relay()
    await grow(source, 'main')
    const outcome = await sides.relay()
    const { lines } = source.server.exchanges.at(-1)!
    expect(lines).toHaveLength(1)
    expect(outcome).toMatchObject({ kind: 'equal' })
    // two advertisements of each side, 101 lines of some 70 bytes each, and the rest
    expect(outcome).toHaveProperty('cost.received', expect.any(Number))
    const { cost } = outcome as { cost: { received: number; sent: number } }
    expect(cost.received).toBeLessThan(4 * 101 * 70 + 6_000)
    expect(cost.sent).toBeLessThan(6_000)
  })

  test('a new branch off a known one brings its own commits only; a rename brings nothing', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'develop', 500)
    await sides.relay()
    const tip = await grow(source, 'feature', 1, { from: `${one}~20` })
    const created = (await sides.relay()) as { cost: { received: number } }
    expect(created.cost.received).toBeLessThan(10_000)
    const fetches = source.server.exchanges.length
    await setRefs(source, { 'refs/heads/feature': undefined, 'refs/heads/renamed': tip })
    await becomesEqual({ created: 1, updated: 0, deleted: 1 })
    expect(source.server.exchanges).toHaveLength(fetches)
  })
})

describe('while others work', () => {
  test('a ref that moves between plan and push is planned anew', async () => {
    sides = await openSides()
    const { source, replica } = sides
    await grow(source, 'main', 2)
    await sides.relay()
    await grow(source, 'main', 2)
    await grow(source, 'other', 1)
    let once = true
    replica.server.oddities.exchange = async ({ service }) => {
      if (service === 'git-receive-pack' && once) {
        once = false
        await grow(replica, 'main', 1)
      }
      return undefined
    }
    await becomesEqual({ created: 1, updated: 1, deleted: 0 })
  })

  test('a source that forgets between its two answers what it had offered', async () => {
    sides = await openSides()
    const { source } = sides
    const one = await grow(source, 'main', 2)
    let once = true
    source.server.oddities.before = async ({ step }) => {
      if (once && step === 'exchange') {
        once = false
        await grow(source, 'main', 1, { from: `${one}~1` })
      }
      return undefined
    }
    await becomesEqual({ created: 1, updated: 0, deleted: 0 })
  })

  test('four relays and a moving source: no ref goes back in time', async () => {
    sides = await openSides({ replica: { settings: ['core.logAllRefUpdates=always'] } })
    const { source, replica } = sides
    const values: string[] = []
    const move = async () => {
      // every third one rewinds: to commits that were never a tip before
      const from = values.length % 3 === 2 ? `${values.at(-1)}~1` : values.at(-1)
      values.push(await grow(source, 'main', 2, from === undefined ? {} : { from }))
    }
    await move()
    let moving = true
    const workers = [1, 2, 3, 4].map(async () => {
      while (moving) await sides.relay()
    })
    // until the relays have kept up with some of it, on whatever machine
    const kept = new Set<string | undefined>()
    for (let count = 0; count < 15 || (kept.size < 5 && count < 500); count += 1) {
      await move()
      kept.add((await replica.refs()).get('refs/heads/main'))
    }
    moving = false
    await Promise.all(workers)
    await becomesEqual()
    const log = await replica.git(['reflog', 'show', '--format=%H', 'refs/heads/main'])
    const seen = log
      .split('\n')
      .reverse()
      .map((oid) => values.indexOf(oid))
    expect(seen.length).toBeGreaterThan(3)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen).not.toContain(-1)
  })

  test('connections cut anywhere leave no ref at a missing object, and the next run converges', async () => {
    sides = await openSides()
    const { source, replica } = sides
    await grow(source, 'main', 2)
    await sides.relay()
    let broken = 0
    for (let round = 0; round < 10; round += 1) {
      await grow(source, 'main', 40)
      await grow(source, `branch-${round}`, 5)
      // bytes of the whole exchange are some 10 kB: the places are spread over it
      const at = (round * 977) % 6_000
      const side = round % 2 === 0 ? source : replica
      const which = round % 4 < 2 ? 'cutAnswer' : 'cutBody'
      let left = 1
      side.server.oddities[which] = () => (left-- > 0 ? undefined : at)
      await sides.relay().catch((error: { code: string }) => {
        expect(error.code).toMatch(/REMOTE_UNREACHABLE|GIT_PROTOCOL/)
        broken += 1
      })
      expect(await replica.fsck()).toBe('')
      delete side.server.oddities[which]
      await becomesEqual()
    }
    expect(broken).toBeGreaterThan(3)
  })
})
