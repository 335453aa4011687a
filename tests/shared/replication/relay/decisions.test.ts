import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RefUpdate } from '../../../../shared/replication/plan.ts'
import { afterFailure, spread } from '../../../../shared/replication/relay/failures.ts'
import { havesOf, wantsOf } from '../../../../shared/replication/relay/haves.ts'
import { provenLosing, reachedIn, tipsAfter, unproven } from '../../../../shared/replication/relay/losing.ts'
import { newMemory, note, noteUnsent, sortOut } from '../../../../shared/replication/relay/memory.ts'
import { joinMoves } from '../../../../shared/replication/relay/moves.ts'
import { commandOf, keyOf, pushesOf } from '../../../../shared/replication/relay/pushes.ts'
import { defaultBranchOf } from '../../../../shared/replication/relay/session.ts'
import type { NamedMove } from '../../../../shared/replication/relay/types.ts'
import type { Code } from '../../../../shared/runtime/errors.ts'

const oid = (n: number) => n.toString(16).padStart(40, '0')
const head = (name: string) => `refs/heads/${name}`
const create = (name: string, to: number): RefUpdate => ({ kind: 'create', ref: head(name), to: oid(to) })
const move = (name: string, from: number, to: number) =>
  ({ kind: 'update', ref: head(name), from: oid(from), to: oid(to) }) as const
const drop = (name: string, from: number) => ({ kind: 'delete', ref: head(name), from: oid(from) }) as const
const refs = (values: Record<string, number>) =>
  new Map(Object.entries(values).map(([name, value]) => [head(name), oid(value)]))

describe('what is asked of the source', () => {
  test('wants are new tips that the replica does not hold, once each', () => {
    const updates = [create('a', 1), move('b', 8, 1), create('c', 2), drop('d', 9)]
    expect(wantsOf(updates, refs({ e: 2, b: 8 }))).toEqual([oid(1)])
  })

  test('for updates their old values and nothing else', () => {
    const replica = refs({ main: 1, b: 2, c: 3 })
    expect(havesOf([move('b', 2, 7), move('c', 3, 8)], replica, replica)).toEqual([oid(2), oid(3)])
  })

  test('for creations the default branch, deleted branches, then tips of both sides; bounded', () => {
    const replica = refs({ main: 1, trunk: 2, gone: 3, both: 4, other: 5 })
    const source = refs({ both: 4, fresh: 9 })
    const updates = [create('fresh', 9), drop('gone', 3)]
    expect(havesOf(updates, source, replica, head('trunk'))).toEqual([2, 1, 3, 4, 5].map(oid))
    const many = refs(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`b${n}`, n + 10])))
    expect(havesOf([create('x', 1)], many, many)).toHaveLength(17)
    const all = Array.from({ length: 5_000 }, (_, n) => move(`b${n}`, n + 10, n + 100_000))
    expect(havesOf([...all, create('x', 1)], many, many).length).toBeLessThanOrEqual(1_017)
  })

  test('the default branch is what the source says, else a usual name', () => {
    expect(defaultBranchOf(['symref=HEAD:refs/heads/dev'], refs({ main: 1 }))).toBe(head('dev'))
    expect(defaultBranchOf(['symref=HEAD:refs/other'], refs({ master: 1 }))).toBe(head('master'))
    expect(defaultBranchOf([], refs({ odd: 1 }))).toBeUndefined()
  })
})

describe('pushes', () => {
  test('are bounded; the pack goes with the first that needs objects; obstacles go before', () => {
    const updates = [create('a/b', 1), create('c', 1), create('d', 1), drop('a', 2), drop('z', 2)]
    expect(pushesOf(updates, { refs: 2 })).toEqual([
      { updates: [drop('a', 2)], carriesPack: false },
      { updates: [create('a/b', 1), create('c', 1)], carriesPack: true },
      { updates: [create('d', 1), drop('z', 2)], carriesPack: false },
    ])
  })

  test('deletions of heads stand apart where the default branch may have to change before', () => {
    const apart = [
      { updates: [create('a', 1)], carriesPack: true },
      { updates: [drop('b', 2)], carriesPack: false },
    ]
    expect(pushesOf([create('a', 1), drop('b', 2)], { apart: 'heads' })).toEqual(apart)
    expect(pushesOf([create('a', 1), drop('b', 2)], { apart: 'losses' })).toEqual(apart)
    expect(pushesOf([move('a', 3, 1), drop('b', 2)], { apart: 'heads' })).toHaveLength(1)
    expect(pushesOf([move('a', 3, 1), drop('b', 2)], { apart: 'losses' })).toHaveLength(2)
    const [rewound, drops, created] = [move('a', 3, 1), drop('b', 2), create('c', 4)]
    const pushes = pushesOf([rewound, drops, created], { apart: 'losses', rewinds: new Set([rewound]) })
    expect(pushes.map(({ updates }) => updates)).toEqual([[created], [rewound], [drops]])
    expect(pushes.map(({ carriesPack }) => carriesPack)).toEqual([true, false, false])
  })

  test('every update is in exactly one push, whatever the limit', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'a/b', 'a/b/c', 'd', 'e', 'f/g', 'f'), { minLength: 1 })
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('heads', 'losses'),
        (chosen, limit, apart) => {
          const updates = chosen.map((name, n) => (n % 2 ? drop(name, 1) : create(name, 2)))
          const pushes = pushesOf(updates, { refs: limit, apart })
          expect(pushes.flatMap((push) => push.updates.map(keyOf)).sort()).toEqual(updates.map(keyOf).sort())
          expect(pushes.every((push) => push.updates.length <= limit)).toBe(true)
          expect(pushes.filter(({ carriesPack }) => carriesPack).length).toBe(
            updates.some(({ kind }) => kind === 'create') ? 1 : 0,
          )
        },
      ),
    )
  })
})

describe('what would be lost', () => {
  const parents = new Map([
    [oid(9), [oid(8), oid(5)]],
    [oid(8), [oid(7)]],
  ])

  test('a pack shows what its tips reach, to the first commit outside of it', () => {
    expect([...reachedIn(parents, [oid(9)])].sort()).toEqual([5, 7, 8, 9].map(oid))
    expect([...reachedIn(parents, [oid(7)])]).toEqual([])
  })

  test('what stays as a tip or is reached in the pack is proven', () => {
    const replica = refs({ main: 7, merged: 5, same: 3, twin: 3, lost: 4 })
    const updates = [move('main', 7, 9), drop('merged', 5), drop('same', 3), drop('lost', 4)]
    const after = tipsAfter(updates, replica)
    expect(unproven(updates, after, reachedIn(parents, after.values()))).toEqual([drop('lost', 4)])
  })

  test('the rest is asked about in groups, and what is not answered in time counts as lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(60), { maxLength: 12 }), async (lost) => {
        const doubtful = Array.from({ length: 61 }, (_, n) => drop(`b${n}`, n + 1))
        let questions = 0
        const ask = async (ids: readonly string[]) => {
          questions += 1
          return !ids.some((id) => lost.some((n) => oid(n + 1) === id))
        }
        const losing = new Set((await provenLosing(doubtful, [oid(1_000)], ask)).map(({ ref }) => ref))
        expect(questions).toBeLessThanOrEqual(32)
        expect(lost.every((n) => losing.has(head(`b${n}`)))).toBe(true)
        if (lost.length <= 2) expect(losing.size).toBe(lost.length)
      }),
      { numRuns: 50 },
    )
  })

  test('where nothing stays, all is lost without a question', async () => {
    const never = () => Promise.reject(new Error('asked'))
    expect(await provenLosing([drop('a', 1)], [], never)).toEqual([drop('a', 1)])
  })
})

describe('moves of one ref', () => {
  test('are joined, whatever their order and however often they come', () => {
    const chain = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(chain, fc.boolean(), fc.infiniteStream(fc.nat()), (values, dropped, order) => {
        const steps: NamedMove[] = values.slice(1).map((to, n) => move('main', values[n]!, to))
        if (dropped) steps.push(drop('main', values.at(-1)!))
        const doubled = [...steps, ...steps].map((step) => ({ step, rank: order.next().value ?? 0 }))
        const moves = doubled.sort((a, b) => a.rank - b.rank).map(({ step }) => step)
        const joined = dropped ? drop('main', values[0]!) : move('main', values[0]!, values.at(-1)!)
        expect(joinMoves(moves)).toEqual([joined])
      }),
    )
  })

  test.each<[string, NamedMove[]]>([
    ['a fork', [move('a', 1, 2), move('a', 1, 3)]],
    ['a gap', [move('a', 1, 2), move('a', 3, 4)]],
    ['a circle', [move('a', 1, 2), move('a', 2, 1)]],
    ['a circle behind a way', [move('a', 1, 2), move('a', 2, 3), move('a', 3, 2)]],
    ['a deletion in the middle', [drop('a', 1), move('a', 1, 2)]],
    ['nothing moved', [move('a', 1, 1)]],
  ])('cannot be joined: %s', (_, moves) => {
    expect(joinMoves(moves)).toBeUndefined()
  })
})

describe('refs that were refused', () => {
  const words = { again: 'hook declined', race: 'failed to update ref' }

  test('once: tried again behind the others; twice: policy; a race is tried longer', () => {
    const memory = newMemory()
    const [bad, raced, fresh] = [create('bad', 1), create('raced', 1), create('fresh', 1)]
    for (const [update, said] of [
      [bad, words.again],
      [raced, words.race],
    ] as const)
      note(memory, update, 'refused', said)
    expect(sortOut(memory, [bad, raced, fresh])).toMatchObject({ open: [fresh], suspect: [bad, raced] })
    note(memory, bad, 'refused', words.again)
    note(memory, raced, 'refused', words.race)
    const sorted = sortOut(memory, [bad, raced, fresh])
    expect(sorted).toMatchObject({ open: [fresh], suspect: [raced] })
    expect(sorted.rejected).toEqual([{ update: bad, words: words.again }])
    for (let n = 0; n < 4; n += 1) note(memory, raced, 'refused', words.race)
    expect(sortOut(memory, [raced]).rejected).toHaveLength(1)
  })

  test('with other values it is another move', () => {
    const memory = newMemory()
    for (let n = 0; n < 2; n += 1) note(memory, move('a', 1, 2), 'refused', words.again)
    expect(sortOut(memory, [move('a', 3, 2)]).open).toEqual([move('a', 3, 2)])
    expect(keyOf(move('a', 1, 2))).not.toBe(keyOf(move('a', 3, 2)))
    expect(commandOf(drop('a', 1))).toEqual({ ref: head('a'), from: oid(1), to: oid(0) })
  })

  test('said to be done again and again', () => {
    const memory = newMemory()
    for (let n = 0; n < 3; n += 1) note(memory, create('a', 1), 'ok')
    expect(sortOut(memory, [create('a', 1)]).denied).toEqual([create('a', 1)])
  })

  test('what the source names and does not have stops only itself', () => {
    const memory = newMemory()
    const [gone, there] = [create('a', 1), create('b', 2)]
    const reason = `upload-pack: not our ref ${oid(1)}`
    for (let times = 0; times < 3; times += 1) {
      expect(sortOut(memory, [gone, there]).rejected).toEqual([])
      noteUnsent(memory, { reason })
      noteUnsent(memory, { reason: 'other words' })
      noteUnsent(memory, {})
    }
    expect(sortOut(memory, [gone, there])).toMatchObject({ open: [there], rejected: [{ update: gone }] })
  })
})

describe('failures of the wire', () => {
  const follow = (code: Code, data = {}) => {
    const failures = new Map<Code, number>()
    const steps: string[] = []
    for (;;) {
      const next = afterFailure({ code, data }, failures, 1)
      steps.push(next.kind === 'again' ? `${next.pauseMs}` : next.kind === 'throw' ? 'throw' : next.reason)
      if (next.kind !== 'again') return steps.join(' ')
      failures.set(code, (failures.get(code) ?? 0) + 1)
    }
  }

  test.each<[Code, object, string]>([
    ['GIT_LIMIT', {}, 'limit'],
    ['GIT_PROTOCOL', {}, '0 protocol'],
    ['REMOTE_THROTTLED', {}, '1000 2000 4000 8000 throw'],
    ['REMOTE_UNREACHABLE', {}, '250 500 throw'],
    ['REMOTE_FAILED', { status: 500 }, '250 500 fallbacks'],
    ['REMOTE_FAILED', { status: 411, again: 'with-length' }, '0 0 0 fallbacks'],
    [
      'REMOTE_FAILED',
      { problem: 'ERR line', reason: `want ${'a'.repeat(40)} not valid` },
      '0 0 0 0 0 0 0 0 0 fallbacks',
    ],
    ['REMOTE_FAILED', { problem: 'ERR line', reason: 'no access' }, '250 500 fallbacks'],
    ['REMOTE_DENIED', {}, 'throw'],
    ['PARKING_FAILED', {}, 'throw'],
  ])('%s %j: %s', (code, data, steps) => {
    expect(follow(code, data)).toBe(steps)
  })

  test('waits of two relays spread', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(spread(seed)).toBeGreaterThanOrEqual(0)
        expect(spread(seed)).toBeLessThan(1)
      }),
    )
    expect(new Set([1, 2, 3, 4].map((n) => spread(`${n}`))).size).toBe(4)
  })
})
