import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { addressText, parkingOf } from '../../../../shared/codecommit/address.ts'
import { bringBack } from '../../../../shared/replication/guard/bring-back.ts'
import { expireParked } from '../../../../shared/replication/guard/expire.ts'
import { createGuard, type GuardPolicy } from '../../../../shared/replication/guard/guard.ts'
import { createMemory } from '../../../../shared/replication/guard/memory.ts'
import { park } from '../../../../shared/replication/guard/park.ts'
import { authorOf } from '../../../../shared/replication/guard/stranger.ts'
import { createWatch } from '../../../../shared/replication/guard/watch.ts'
import type { Target } from '../../../../shared/replication/prove.ts'
import { fastPath } from '../../../../shared/replication/relay/fast-path.ts'
import { relay } from '../../../../shared/replication/relay/relay.ts'
import type { Draft } from '../../../../shared/replication/relay/types.ts'
import { stream } from '../../../../shared/replication/stream.ts'
import { temporaryDefault } from '../../../../shared/replication/temporary-default.ts'
import { chooseTip } from '../../../../shared/replication/undo.ts'
import { codeOf, type RelayError } from '../../../../shared/runtime/errors.ts'
import { fsckFolder } from '../../../support/fsck.ts'
import { type Bench, DAY, startBench } from './harness.ts'

let bench: Bench
let number = 0
let target: Target

beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())
beforeEach(() => {
  number += 1
  target = bench.target(`orchard-${number}`)
  bench.events.length = 0
})

const POLICY: GuardPolicy = {
  safety: { refs: 10, percent: 30 },
  days: 30,
  divergence: 'report',
  force: false,
}

/** A whole relay with guard and memory, as `replicate` runs it. */
const replicate = async (policy: Partial<GuardPolicy> = {}, deletes: 'mirror' | 'keep' = 'mirror') => {
  const { parts, clock } = bench
  const memory = createMemory({ left: parts.left, now: parts.now }, target)
  const outcome = await relay(
    { ...parts, pause: async () => undefined },
    {
      target: { ...target, deletes },
      until: clock.now + 600_000,
      bytes: 1e9,
      guard: createGuard(parts, target, { ...POLICY, ...policy }),
      announce: memory.announce,
    },
  )
  if (outcome.kind === 'equal' || outcome.kind === 'kept') await memory.remember(outcome.refs)
  return outcome
}

const undo = async (ref: string, at: 'latest' | number = 'latest', as = ref) => {
  const { parts, clock } = bench
  const known = (await parts.parked.list(target.replica)).filter((tip) => tip.ref === ref)
  const chosen = chooseTip(known, at, clock.now)
  if (chosen.kind !== 'tip') return chosen.kind
  const memory = createMemory({ left: parts.left, now: parts.now }, target)
  const expected = bench.refs(target.repository).get(as)
  const work = { target, tip: chosen.tip, ref: as, expected }
  return bringBack({ ...parts, memory, onStep: () => undefined }, work, { days: 30 })
}

const expire = (now: number) => {
  const { parts } = bench
  return expireParked(
    {
      ...parts,
      repositories: {
        deleteRepository: async (repository) => {
          const folder = bench.folderOf(repository)
          if (!existsSync(folder)) return 'absent'
          bench.remove(repository)
          return 'deleted'
        },
      },
      reach: (_, replica) => ({ ...replica }),
      hasTime: () => true,
    },
    now,
  )
}

const set = (ref: string, oid: string) => bench.set(target.repository, ref, oid)
const setReplica = (ref: string, oid: string) => bench.set(target.replica, ref, oid)
const main = 'refs/heads/main'

/** As its policy may say. */
const refuseInReplica = (ref: string): void => {
  const hook = join(bench.folderOf(target.replica), 'hooks/update')
  mkdirSync(dirname(hook), { recursive: true })
  writeFileSync(hook, `#!/bin/sh\n[ "$1" != ${ref} ]\n`, { mode: 0o755 })
}

/** a source of three commits on main, and its replica, equal */
const replicated = async (): Promise<{ first: string; old: string }> => {
  const first = bench.commit(target.repository, 'first')
  const old = bench.commit(target.repository, 'third', bench.commit(target.repository, 'second', first))
  set(main, old)
  expect((await replicate()).kind).toBe('equal')
  return { first, old }
}

const fsckAll = async () => {
  for (const each of [target.repository, target.replica, parkingOf(target.replica)]) {
    if (!existsSync(bench.folderOf(each))) continue
    const found = (await fsckFolder(bench.folderOf(each))).split('\n')
    // a parking repository has tags alone
    expect(found.filter((line) => !/^(notice: HEAD points to an unborn branch .*)?$/.test(line))).toEqual([])
  }
}

/** what a server may do at any time: forget everything that no ref reaches */
const collectGarbage = (...sides: ('repository' | 'replica')[]) => {
  for (const side of sides) {
    // what `git gc` does for objects, without its other programs
    bench.git(target[side], 'repack', '-a', '-d', '-q')
    bench.git(target[side], 'prune', '--expire=now')
  }
}

const forcePushed = async () => {
  const { first, old } = await replicated()
  const bad = bench.commit(target.repository, 'bad', first)
  set(main, bad)
  expect((await replicate()).kind).toBe('equal')
  expect(bench.refs(target.replica).get(main)).toBe(bad)
  collectGarbage('replica')
  expect(() => bench.git(target.replica, 'cat-file', '-e', old)).toThrow()
  return { old, bad }
}

describe('undo', () => {
  test('a bad force-push was replicated, and one undo brings the old history back to both sides', async () => {
    const { old, bad } = await forcePushed()
    collectGarbage('repository')
    const [tip] = await bench.parts.parked.list(target.replica)
    expect(tip).toMatchObject({ ref: main, oid: old, why: 'rewound', replacedBy: bad })
    expect(tip?.place).toMatch(/^refs\/tags\/parked\/20310517T090000Z-[0-9a-f]{12}\/heads\/main$/)
    expect(bench.refs(parkingOf(target.replica)).get(tip?.place ?? '')).toBe(old)

    bench.clock.now += 1000
    expect(await undo(main)).toEqual({ source: old, replica: old })
    expect(bench.refs(target.repository)).toEqual(new Map([[main, old]]))
    expect(bench.refs(target.replica)).toEqual(new Map([[main, old]]))
    await fsckAll()
    // what undoing overwrote can be had back in turn
    bench.clock.now += 1000
    expect(await undo(main)).toEqual({ source: bad, replica: bad })
    await fsckAll()
    // and replication finds nothing to do, and no stranger
    expect((await replicate()).kind).toBe('equal')
    expect(bench.events).toEqual([])
  })

  test('a deleted branch and a deleted annotated tag come back', async () => {
    const { old } = await replicated()
    const side = bench.commit(target.repository, 'side', old)
    set('refs/heads/side', side)
    bench.git(target.repository, 'tag', '-a', 'v1', '-m', 'one', side)
    const tag = bench.git(target.repository, 'rev-parse', 'refs/tags/v1')
    await replicate()
    bench.git(target.repository, 'update-ref', '-d', 'refs/heads/side')
    bench.git(target.repository, 'update-ref', '-d', 'refs/tags/v1')
    expect((await replicate()).kind).toBe('equal')
    expect(bench.refs(target.replica)).toEqual(new Map([[main, old]]))
    collectGarbage('repository', 'replica')

    expect(await undo('refs/tags/v1')).toEqual({ source: tag, replica: tag })
    expect(await undo('refs/heads/side')).toEqual({ source: side, replica: side })
    expect(bench.git(target.replica, 'cat-file', '-t', 'refs/tags/v1')).toBe('tag')
    await fsckAll()
    expect(bench.refs(target.replica)).toEqual(bench.refs(target.repository))
  })

  test('of two branches that exchange their tips one is refused: the tip that this takes from the replica is parked', async () => {
    const { first } = await replicated()
    const tips = ['left', 'right'].map((words) => bench.commit(target.repository, words, first))
    const [left, right] = tips as [string, string]
    const put = (one: string, other: string) => {
      set('refs/heads/left', one)
      set('refs/heads/right', other)
    }
    put(left, right)
    await replicate()
    refuseInReplica('refs/heads/right')
    put(right, left)
    await expect(replicate()).rejects.toMatchObject({ code: 'PUSH_REJECTED' })
    const held = bench.refs(target.replica)
    expect([held.get('refs/heads/left'), held.get('refs/heads/right')]).toEqual([right, right])
    expect([...bench.refs(parkingOf(target.replica)).values()]).toContain(left)
  })

  test('of a branch that becomes a folder the new one is refused: the tip that this takes from the replica is parked', async () => {
    const { first, old } = await replicated()
    const [topic, one] = ['refs/heads/topic', 'refs/heads/topic/one'] as const
    const tip = bench.commit(target.repository, 'topic', first)
    set(topic, tip)
    set('refs/heads/merged', old)
    await replicate()
    refuseInReplica(one)
    for (const gone of [topic, 'refs/heads/merged']) bench.git(target.repository, 'update-ref', '-d', gone)
    set(one, tip)
    set('refs/heads/merged/one', old)
    await expect(replicate()).rejects.toMatchObject({ code: 'PUSH_REJECTED' })
    const held = bench.refs(target.replica)
    expect([held.has(topic), held.has(one)]).toEqual([false, false])
    // what another branch holds all the time need not be copied
    const parked = await bench.parts.parked.list(target.replica)
    expect(parked.filter(({ place }) => place !== undefined).map(({ oid }) => oid)).toEqual([tip])
    expect([...bench.refs(parkingOf(target.replica)).values()]).toContain(tip)
  })

  test('a merged branch that is deleted loses nothing: it is written down, not copied, and comes back', async () => {
    const { first, old } = await replicated()
    const merged = 'refs/heads/merged'
    set(merged, first)
    await replicate()
    const gone = { kind: 'delete', ref: merged, from: first } as const
    const guard = createGuard(bench.parts, target, POLICY)
    const deleted = async () => {
      for (const side of [target.repository, target.replica]) {
        if (bench.refs(side).has(merged)) bench.git(side, 'update-ref', '-d', merged)
      }
      return { updates: [gone], source: bench.refs(target.repository), losing: [] }
    }
    await guard({ replica: bench.refs(target.replica), ...(await deleted()) })
    const [tip] = await bench.parts.parked.list(target.replica)
    expect(tip).toMatchObject({ ref: 'refs/heads/merged', oid: first, why: 'deleted' })
    expect(tip?.place).toBeUndefined()
    expect(existsSync(bench.folderOf(parkingOf(target.replica)))).toBe(false)
    expect(await undo('refs/heads/merged')).toEqual({ source: first, replica: first })

    // also when the history that held it has been thrown away since
    await deleted()
    set(main, bench.commit(target.repository, 'another root'))
    expect((await replicate()).kind).toBe('equal')
    collectGarbage('repository', 'replica')
    expect(await undo('refs/heads/merged')).toEqual({ source: first, replica: first })
    expect(await undo(main)).toEqual({ source: old, replica: old })
    await fsckAll()
  })

  test('by a time it brings back what the ref held then; under another name it overwrites nothing', async () => {
    const { old, bad } = await forcePushed()
    const between = bench.clock.now + 1000
    bench.clock.now += 60_000
    const worse = bench.commit(target.repository, 'worse')
    set(main, worse)
    await replicate()
    expect(await undo(main, between, 'refs/heads/rescue')).toEqual({ source: bad, replica: bad })
    expect(await undo(main, between - 2000, 'refs/heads/older')).toEqual({ source: old, replica: old })
    expect(bench.refs(target.repository).get(main)).toBe(worse)
    expect(bench.refs(target.replica)).toEqual(bench.refs(target.repository))
    await fsckAll()
  })

  test('a source that has moved since it was decided is left alone', async () => {
    const { bad } = await forcePushed()
    const [tip] = await bench.parts.parked.list(target.replica)
    const newer = bench.commit(target.repository, 'newer', bad)
    set(main, newer)
    const memory = createMemory({ left: bench.parts.left, now: bench.parts.now }, target)
    const work = { target, tip: tip!, ref: main, expected: bad }
    const failure = await bringBack({ ...bench.parts, memory, onStep: () => undefined }, work, {
      days: 30,
    }).catch((error: unknown) => error)
    expect(codeOf(failure)).toBe('REPLICA_MOVED')
    expect(bench.refs(target.repository).get(main)).toBe(newer)
  })
})

describe('parking', () => {
  test('a tip that lies there is not copied again, a late one is parked under a new name', async () => {
    const { old, bad } = await forcePushed()
    set(main, old)
    await undo(main)
    const places = () =>
      [...bench.refs(parkingOf(target.replica))].filter(([ref]) => ref.includes('/parked/'))
    const before = places().length
    bench.clock.now += DAY
    set(main, bad)
    await replicate()
    expect(places()).toHaveLength(before)
    bench.clock.now += 20 * DAY
    set(main, old)
    await replicate()
    bench.clock.now += 1000
    set(main, bad)
    await replicate()
    expect(places().filter(([, oid]) => oid === old)).toHaveLength(2)
    expect(bench.made.filter(({ name }) => name === parkingOf(target.replica).name)).toEqual([
      { name: `${target.replica.name}.relay-parking`, tags: { 'relay:parking': target.replica.name } },
    ])
  })

  test('what cannot be parked is not pushed; the next try does both', async () => {
    const { first, old } = await replicated()
    set(main, bench.commit(target.repository, 'bad', first))
    const parking = parkingOf(target.replica)
    bench.hooks.before = ({ name, step }) => (name === parking.name && step === 'exchange' ? 403 : undefined)
    const failure = await replicate().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'PARKING_FAILED', data: { problem: 'REMOTE_DENIED' } })
    expect((failure as RelayError).data.parking).toBe(addressText(parking))
    expect(bench.refs(target.replica).get(main)).toBe(old)
    expect(await bench.parts.parked.list(target.replica)).toEqual([])
    delete bench.hooks.before
    expect((await replicate()).kind).toBe('equal')
    expect(await undo(main)).toEqual({ source: old, replica: old })
  })

  test('of two that park the same at the same time the one that fails takes back its own record alone', async () => {
    const { first, old } = await replicated()
    const bad = bench.commit(target.repository, 'bad', first)
    const work = {
      ...target,
      from: target.replica,
      tips: [{ ref: main, oid: old, why: 'rewound', replacedBy: bad, copy: true }],
    } as const
    const parking = parkingOf(target.replica)
    let exchanges = 0
    bench.hooks.before = ({ name, step, service }) => {
      if (name !== parking.name || step !== 'exchange' || service !== 'git-receive-pack') return undefined
      exchanges += 1
      return exchanges === 1 ? 403 : undefined
    }
    const both = await Promise.allSettled([park(bench.parts, work, POLICY), park(bench.parts, work, POLICY)])
    delete bench.hooks.before
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await bench.parts.parked.list(target.replica)).toHaveLength(1)
    expect(bench.refs(parking).size).toBe(2)
  })

  test('a place that another worker makes at the same time is as good as one’s own', async () => {
    const { first, old } = await replicated()
    const bad = bench.commit(target.repository, 'bad', first)
    const tips = [{ ref: main, oid: old, why: 'rewound', replacedBy: bad, copy: true }] as const
    const work = { ...target, from: target.replica, tips }
    const both = [park(bench.parts, work, POLICY), park(bench.parts, work, POLICY)]
    expect((await Promise.all(both)).flat()).toHaveLength(2)
  })

  test('copying more than the terms allow is cut short, and says why', async () => {
    const { first, old } = await replicated()
    set(main, bench.commit(target.repository, 'bad', first))
    const cut = (limit: string) => ({ code: 'PARKING_FAILED', data: { problem: 'GIT_LIMIT', limit } })
    await expect(replicate({ bytes: 10 })).rejects.toMatchObject(cut('bytes'))
    await expect(replicate({ until: bench.clock.now - 1 })).rejects.toMatchObject(cut('deadline'))
    expect(bench.refs(target.replica).get(main)).toBe(old)
    expect(await bench.parts.parked.list(target.replica)).toEqual([])
  })

  test('parking that is cut short is left to the mirror, with nothing pushed', async () => {
    const { first, old } = await replicated()
    set(main, bench.commit(target.repository, 'bad', first))
    const { parts, clock } = bench
    const watchFor = createWatch(parts, { safety: POLICY.safety, days: 30, divergenceOf: () => 'report' })
    const streamed = await stream(
      {
        ...parts,
        relay,
        fastPath,
        pause: async () => undefined,
        ensureReplica: async () => undefined,
        // less than what the relay itself may move
        guardFor: (each, terms) => watchFor(each, { ...terms, bytes: 10 }),
        reader: { readRefs: async () => undefined },
        meter: { put: () => undefined } as never,
      },
      {
        target,
        force: false,
        budget: { until: clock.now + 600_000, bytes: 1e9 },
        announce: async () => undefined,
        signal: new AbortController().signal,
      },
    )
    expect(streamed).toMatchObject({ kind: 'hand-over', reason: 'bytes', moved: { updated: 0 } })
    expect(bench.refs(target.replica).get(main)).toBe(old)
  })

  test('with no days nothing is kept', async () => {
    const { first } = await replicated()
    set(main, bench.commit(target.repository, 'bad', first))
    expect((await replicate({ days: 0 })).kind).toBe('equal')
    expect(await undo(main)).toBe('none')
  })

  test('a plan that takes too much away is refused with nothing parked; force lets it through', async () => {
    const { old } = await replicated()
    const names = Array.from({ length: 11 }, (_, index) => `refs/heads/b${index}`)
    for (const [index, ref] of names.entries())
      set(ref, bench.commit(target.repository, `side ${index}`, old))
    await replicate()
    const tip = bench.refs(target.replica).get('refs/heads/b7')
    for (const ref of names) bench.git(target.repository, 'update-ref', '-d', ref)
    expect(await replicate()).toMatchObject({ kind: 'refused', verdict: { deletions: 11, rewinds: 0 } })
    expect(bench.refs(target.replica).size).toBe(12)
    expect(await bench.parts.parked.list(target.replica)).toEqual([])
    expect((await replicate({ force: true })).kind).toBe('equal')
    expect(await bench.parts.parked.list(target.replica)).toHaveLength(11)
    expect(await undo('refs/heads/b7')).toEqual({ source: tip, replica: tip })
  })
})

describe('expiry', () => {
  test('removes the tags that are over, then the repository; undo says that it has expired', async () => {
    const { old, bad } = await forcePushed()
    bench.clock.now += 10 * DAY
    set(main, old)
    await replicate()
    const parking = parkingOf(target.replica)
    expect(await undoKind()).toBe('tip')
    bench.clock.now += 21 * DAY
    expect((await expire(bench.clock.now)).failed).toBe(0)
    expect([...bench.refs(parking).values()]).toContain(bad)
    expect([...bench.refs(parking)].some(([ref, oid]) => ref.includes('/parked/') && oid === old)).toBe(false)
    bench.clock.now += 10 * DAY
    expect(await expire(bench.clock.now)).toMatchObject({ failed: 0 })
    expect(existsSync(bench.folderOf(parking))).toBe(false)
    expect(await undo(main)).toBe('expired')
    // nothing is left to look at, and parking begins anew
    expect((await bench.parts.parked.parkings()).map(({ replica }) => replica.name)).not.toContain(
      target.replica.name,
    )
    set(main, bad)
    await replicate()
    expect(await undo(main)).toEqual({ source: old, replica: old })
  })

  const undoKind = async () =>
    chooseTip(await bench.parts.parked.list(target.replica), 'latest', bench.clock.now).kind

  test('one that fails stops no other and is tried again', async () => {
    await forcePushed()
    bench.clock.now += 40 * DAY
    bench.hooks.before = ({ name }) => (name === parkingOf(target.replica).name ? 500 : undefined)
    expect((await expire(bench.clock.now)).failed).toBe(1)
    delete bench.hooks.before
    expect((await expire(bench.clock.now)).looked).toBe(0)
    expect(await expire(bench.clock.now + 2 * 3600_000)).toMatchObject({ failed: 0, repositories: 1 })
  })

  test('a repository into which a tip is being parked is not removed', async () => {
    await forcePushed()
    const { parked } = bench.parts
    const tip = (await parked.list(target.replica))[0]!
    const later = { ...tip, at: new Date(bench.clock.now + 1).toISOString() }
    let said: unknown = 'nothing'
    await parked.close(target.replica, bench.clock.now + 40 * DAY, async () => {
      said = await parked.add(target, [later], bench.clock.now + 40 * DAY)
    })
    expect(said).toBeUndefined()
    expect(await parked.list(target.replica)).toEqual([tip])
    expect(await parked.close(target.replica, bench.clock.now, async () => expect(true).toBe(false))).toBe(
      false,
    )
  })
})

describe('strangers', () => {
  const strangersCommit = () => {
    const mine = bench.commit(target.replica, 'stranger')
    setReplica(main, mine)
    return mine
  }

  test('report: the tip is parked, the source wins, people are told once', async () => {
    const { old } = await replicated()
    const mine = strangersCommit()
    setReplica('refs/heads/theirs', mine)
    expect((await replicate()).kind).toBe('equal')
    expect(bench.refs(target.replica)).toEqual(new Map([[main, old]]))
    expect(bench.events).toEqual([
      {
        type: 'Replica Diverged',
        detail: {
          repository: target.repository,
          replica: target.replica,
          refs: [
            { ref: main, found: mine, parked: true },
            { ref: 'refs/heads/theirs', found: mine, parked: true },
          ],
          refsDiverged: 2,
          outcome: 'overwritten',
        },
      },
    ])
    const tips = await bench.parts.parked.list(target.replica)
    expect(tips.map(({ why }) => why)).toEqual(['diverged', 'diverged'])
    collectGarbage('repository', 'replica')
    expect(await undo(main)).toEqual({ source: mine, replica: mine })
    await fsckAll()
  })

  test('overwrite: the same in silence', async () => {
    const { old } = await replicated()
    strangersCommit()
    expect((await replicate({ divergence: 'overwrite' })).kind).toBe('equal')
    expect(bench.refs(target.replica).get(main)).toBe(old)
    expect(bench.events).toEqual([])
    expect(await bench.parts.parked.list(target.replica)).toHaveLength(1)
    expect(bench.lines.join('\n')).toContain('replica diverged')
  })

  test('keep: they stay, all else is replicated, people are told once for each change', async () => {
    const { old } = await replicated()
    const mine = strangersCommit()
    const keep = { divergence: 'keep' } as const
    set('refs/heads/other', old)
    expect(await replicate(keep)).toMatchObject({ kind: 'kept', kept: [{ ref: main, from: mine, to: old }] })
    expect(bench.refs(target.replica)).toEqual(
      new Map([
        [main, mine],
        ['refs/heads/other', old],
      ]),
    )
    await replicate(keep)
    expect(bench.events.map(({ detail }) => detail.outcome)).toEqual(['kept'])
    setReplica('refs/heads/theirs', mine)
    // Relay's own refs still move back and forth
    const side = bench.commit(target.repository, 'side', old)
    set('refs/heads/other', side)
    await replicate(keep)
    set('refs/heads/other', bench.commit(target.repository, 'rewound', old))
    expect(await replicate(keep)).toMatchObject({ kind: 'kept', kept: [{}, {}] })
    expect(bench.events).toHaveLength(2)
    const tips = await bench.parts.parked.list(target.replica)
    expect(tips.map(({ oid, why }) => [oid, why])).toEqual([[side, 'rewound']])
    // relay.yml says so no longer
    expect((await replicate()).kind).toBe('equal')
    expect(bench.events.map(({ detail }) => detail.outcome)).toEqual(['kept', 'kept', 'overwritten'])
    expect([...bench.refs(target.replica).values()]).not.toContain(mine)
  })

  test('a ref moved to what another ref of the replica holds is a stranger’s all the same: told of, or kept', async () => {
    const { old } = await replicated()
    const mine = strangersCommit()
    setReplica('refs/heads/theirs', mine)
    const keep = { divergence: 'keep' } as const
    expect(await replicate(keep, 'keep')).toMatchObject({ kind: 'kept', kept: [{ ref: main, from: mine }] })
    expect((await replicate({}, 'keep')).kind).toBe('equal')
    expect(bench.refs(target.replica).get(main)).toBe(old)
    expect(bench.events.map(({ detail }) => detail.outcome)).toEqual(['kept', 'overwritten'])
  })

  test('a replica that was there before Relay is no divergence; what is lost of it is parked', async () => {
    const mine = strangersCommit()
    const ours = bench.commit(target.repository, 'ours')
    set(main, ours)
    expect((await replicate()).kind).toBe('equal')
    expect(bench.events).toEqual([])
    expect(await bench.parts.parked.list(target.replica)).toMatchObject([{ oid: mine, why: 'rewound' }])
  })

  test('what another worker moved on and proved since the plan was made is no stranger’s', async () => {
    const { first, old } = await replicated()
    const stale = bench.commit(target.repository, 'another’s way', first)
    const next = bench.commit(target.repository, 'next', first)
    const draft: Draft = {
      updates: [{ kind: 'update', ref: main, from: old, to: stale }],
      losing: [{ kind: 'update', ref: main, from: old, to: stale }],
      source: new Map([[main, stale]]),
      replica: new Map([[main, old]]),
    }
    set(main, next)
    await replicate()
    const guard = createGuard(bench.parts, target, POLICY)
    expect(await guard(draft)).toEqual({ kind: 'go', updates: draft.updates })
    expect(bench.events).toEqual([])
    setReplica(main, old)
    await guard(draft)
    expect(bench.events.map(({ type }) => type)).toEqual(['Replica Diverged'])
  })

  test('a move that is confirmed late does not hide what another worker announced on top of it', async () => {
    const { old } = await replicated()
    const later = (more: number) =>
      createMemory({ left: bench.parts.left, now: () => bench.clock.now + more }, target)
    let more = 1
    const fast = createMemory({ left: bench.parts.left, now: () => bench.clock.now + more }, target)
    const [second, third] = ['second', 'third'].map((words) => bench.commit(target.repository, words, old))
    const move = { kind: 'update', ref: main, from: old, to: second! } as const
    await fast.announce([move])
    await later(2).announce([{ kind: 'update', ref: main, from: second!, to: third! }])
    more = 3
    await fast.confirm([move])
    const author = async (oid: string) => authorOf(await bench.parts.left.read(target), main, oid, String)
    expect([await author(second!), await author(third!)]).toEqual(['relay', 'relay'])
  })

  test('a relay that is killed between its push and its proof is no stranger to the next one', async () => {
    const { first, old } = await replicated()
    const killed = bench.commit(target.repository, 'pushed, never proven', first)
    set(main, killed)
    const memory = createMemory({ left: bench.parts.left, now: bench.parts.now }, target)
    await memory.announce([{ kind: 'update', ref: main, from: old, to: killed }])
    bench.git(target.repository, 'push', '--quiet', '--force', bench.folderOf(target.replica), main)
    set(main, bench.commit(target.repository, 'and then this', first))
    expect((await replicate()).kind).toBe('equal')
    expect(bench.events).toEqual([])
    // killed before its push: the old value is no stranger's either
    const next = bench.commit(target.repository, 'next', first)
    const now = bench.refs(target.replica).get(main)!
    await memory.announce([{ kind: 'update', ref: main, from: now, to: next }])
    set(main, bench.commit(target.repository, 'another', first))
    expect((await replicate()).kind).toBe('equal')
    expect(bench.events).toEqual([])
  })
})

test('a temporary default that a killed worker left is no stranger, no loss, and not parked; one that was moved since is', async () => {
  const { old } = await replicated()
  // by default both limits would let one deletion through
  const strict = { safety: { refs: 0, percent: 0 }, divergence: 'keep' } as const
  setReplica(`refs/heads/${temporaryDefault(old)}`, old)
  expect((await replicate(strict)).kind).toBe('equal')
  expect(bench.refs(target.replica)).toEqual(new Map([[main, old]]))
  expect([bench.events, await bench.parts.parked.list(target.replica)]).toEqual([[], []])
  setReplica(`refs/heads/${temporaryDefault(old)}`, bench.commit(target.replica, 'stranger', old))
  expect((await replicate(strict)).kind).toBe('kept')
  expect(bench.events.map(({ type }) => type)).toEqual(['Replica Diverged'])
})

// at the end: expiry would have all of it to clean up, too
test('more tips than one push takes are parked by several', async () => {
  const { old } = await replicated()
  const commits = Array.from(
    { length: 1_001 },
    (_, index) =>
      `commit refs/heads/b${index}\ncommitter N <n@example.com> ${index} +0000\ndata 1\nx\nfrom ${old}\n\n`,
  )
  bench.gitInput(target.replica, commits.join(''), 'fast-import', '--quiet')
  const lost = [...bench.refs(target.replica)].filter(([ref]) => ref !== main)
  const tips = lost.map(([ref, oid]) => ({ ref, oid, why: 'deleted', copy: true }) as const)
  await park(bench.parts, { ...target, from: target.replica, tips }, { days: 1 })
  const places = [...bench.refs(parkingOf(target.replica))].filter(([ref]) => ref.includes('/parked/'))
  expect(new Set(places.map(([, oid]) => oid))).toEqual(new Set(lost.map(([, oid]) => oid)))
  await fsckAll()
})
