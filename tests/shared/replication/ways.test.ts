import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RefChange, RepositoryEvent } from '../../../shared/events/types.ts'
import { budgetOf } from '../../../shared/replication/budget.ts'
import { BEAT_MS, holdLease, LEASE_MS } from '../../../shared/replication/lease.ts'
import { namedMoves, replayOf } from '../../../shared/replication/moves.ts'
import type { RefUpdate } from '../../../shared/replication/plan.ts'
import { isSettled, lossDigest, planDigest } from '../../../shared/replication/refused.ts'
import { RelayError } from '../../../shared/runtime/errors.ts'

const oid = (letter: string) => letter.repeat(40)
const main = 'refs/heads/main'
const event = (...changes: Partial<RefChange>[]): RepositoryEvent => ({
  type: 'repository',
  id: 'x',
  via: 'eventbridge',
  test: false,
  repository: { account: '111111111111', region: 'us-east-1', name: 'orders' },
  at: '2031-05-17T09:00:00Z',
  changes: changes.map((change) => ({ kind: 'updated', ref: main, refType: 'branch', ...change })),
})
const step = (from: string, to: string) => event({ oldCommit: oid(from), commit: oid(to) })

describe('moves that events name', () => {
  test('one branch, and one that is gone', () => {
    expect(namedMoves([step('a', 'b')])).toEqual([
      { kind: 'update', ref: main, from: oid('a'), to: oid('b') },
    ])
    const gone = event({ kind: 'deleted', oldCommit: oid('a') })
    expect(namedMoves([gone])).toEqual([{ kind: 'delete', ref: main, from: oid('a') }])
  })

  test.each<[string, RepositoryEvent[]]>([
    ['nothing', []],
    ['a created branch', [event({ kind: 'created', commit: oid('a') })]],
    ['a tag', [event({ refType: 'tag', ref: 'refs/tags/v1', oldCommit: oid('a'), commit: oid('b') })]],
    ['a trigger, which names no old commit', [event({ commit: oid('b') })]],
    ['one named move and one open', [step('a', 'b'), event({ ref: 'refs/heads/x', commit: oid('b') })]],
    ['steps that do not join', [step('a', 'b'), step('c', 'd')]],
    ['two ways on from one commit', [step('a', 'b'), step('a', 'c')]],
    ['there and back', [step('a', 'b'), step('b', 'a')]],
    ['on, and back to where it was before', [step('a', 'b'), step('b', 'c'), step('c', 'b')]],
  ])('%s: none', (_name, events) => {
    expect(namedMoves(events)).toBeUndefined()
  })

  test('whatever way branches went: what is joined is what the steps make one by one', () => {
    const walk = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('main', 'next'), walk, { minKeys: 1 }),
        fc.infiniteStream(fc.nat()),
        (walks, order) => {
          const refs = new Map(
            Object.entries(walks).map(([name, values]) => [`refs/heads/${name}`, oid(values.at(0)!)]),
          )
          const steps = Object.entries(walks).flatMap(([name, values]) =>
            values.slice(1).map((to, n) => ({
              ref: `refs/heads/${name}`,
              oldCommit: oid(values[n]!),
              commit: oid(to),
            })),
          )
          const told = [...steps, ...steps]
            .map((change) => ({ change, rank: order.next().value ?? 0 }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ change }) => event(change))
          const joined = namedMoves(told)
          const simple = Object.values(walks).every((values) => new Set(values).size === values.length)
          if (simple) expect(joined).toBeDefined()
          if (joined === undefined) return
          const after = new Map(refs)
          for (const { ref, oldCommit, commit } of steps) {
            expect(after.get(ref)).toBe(oldCommit)
            after.set(ref, commit)
          }
          for (const move of joined) {
            expect(refs.get(move.ref)).toBe(move.from)
            refs.set(move.ref, move.kind === 'delete' ? '' : move.to)
          }
          expect(refs).toEqual(after)
        },
      ),
    )
  })

  test('any number of steps in any order, some doubled, are one move', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }).chain((length) =>
          fc.record({
            length: fc.constant(length),
            order: fc.shuffledSubarray([...Array(length).keys()], { minLength: length }),
            doubled: fc.array(fc.integer({ min: 0, max: length - 1 })),
          }),
        ),
        ({ length, order, doubled }) => {
          const letters = 'abcdefghi'
          const steps = [...order, ...doubled].map((at) => step(letters[at]!, letters[at + 1]!))
          const move = { kind: 'update', ref: main, from: oid('a'), to: oid(letters[length]!) }
          expect(namedMoves(steps)).toEqual([move])
        },
      ),
    )
  })
})

describe('what may be replayed after a proof', () => {
  const proven = Date.parse('2031-05-17T09:00:10.400Z')
  const told = (from: string, to: string, seconds: string) => ({
    ...step(from, to),
    at: `2031-05-17T09:00:${seconds}Z`,
  })
  const replay = (events: RepositoryEvent[], deletes: 'mirror' | 'keep' = 'mirror') =>
    replayOf(events, proven, { deletes })
  const move = (from: string, to: string) => ({ kind: 'update', ref: main, from: oid(from), to: oid(to) })

  test('what was pushed before is not: an event that comes late, or again', () => {
    expect(replay([told('a', 'b', '09')])).toBeUndefined()
    expect(replay([told('a', 'b', '09'), told('b', 'c', '12')])).toEqual({
      moves: [move('b', 'c')],
      lookFirst: false,
    })
  })

  test.each(['10', '11'])('of about the time of the proof (%s) only after a look', (seconds) => {
    expect(replay([told('a', 'b', seconds)])).toEqual({ moves: [move('a', 'b')], lookFirst: true })
    expect(replay([told('a', 'b', seconds), told('b', 'c', '20')])).toMatchObject({ lookFirst: true })
  })

  test('of later at once', () => {
    expect(replay([told('a', 'b', '12')])).toEqual({ moves: [move('a', 'b')], lookFirst: false })
  })

  test('a deletion not where deleted refs are kept', () => {
    const gone = { ...event({ kind: 'deleted', oldCommit: oid('a') }), at: '2031-05-17T09:00:20Z' }
    expect(replay([gone])).toMatchObject({ moves: [{ kind: 'delete' }] })
    expect(replay([gone], 'keep')).toBeUndefined()
  })
})

describe('budget', () => {
  test('fifteen minutes keep one for the end, at 512 MiB some gigabytes', () => {
    const { until, bytes } = budgetOf(1_000, 900_000, 512, 1)
    expect(until).toBe(1_000 + 840_000)
    expect(bytes).toBe(16 * 1024 ** 2 * 840)
  })

  test('never past the end, never less than nothing, shared by those side by side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900_000 }), fc.integer({ min: 0, max: 10 }), (left, relays) => {
        const budget = budgetOf(0, left, 512, relays)
        expect(budget.until).toBeLessThanOrEqual(Math.max(0, left - 5_000))
        expect(budget.bytes).toBeGreaterThanOrEqual(0)
        expect(budget.bytes * Math.max(1, relays)).toBeLessThanOrEqual(budgetOf(0, left, 512, 1).bytes)
      }),
    )
  })
})

describe('what a person was asked about', () => {
  const a: RefUpdate = { kind: 'delete', ref: 'refs/heads/a', from: oid('a') }
  const b: RefUpdate = { kind: 'update', ref: main, from: oid('a'), to: oid('b') }
  const c: RefUpdate = { kind: 'update', ref: main, from: oid('a'), to: oid('c') }

  test('is known again in any order, and not when anything differs', () => {
    const refusal = { plan: planDigest([a, b]), loss: '', deletions: 1, rewinds: 1, reason: '', at: '' }
    const record = { status: 'refused', refusal } as const
    expect(isSettled(record, [b, a])).toBe(true)
    expect(isSettled(record, [a, c])).toBe(false)
    expect(isSettled({ ...record, status: 'equal' }, [a, b])).toBe(false)
    expect(isSettled(undefined, [])).toBe(false)
    expect(isSettled({ status: 'kept', kept: { plan: planDigest([a]), refs: 1, at: '' } }, [a])).toBe(true)
  })

  test('a loss is the same loss whatever comes in its place', () => {
    expect(lossDigest([a, b])).toBe(lossDigest([c, a]))
    expect(planDigest([b])).not.toBe(planDigest([c]))
    expect(lossDigest([a])).not.toBe(lossDigest([a, b]))
  })
})

describe('a lease', () => {
  const pair = {
    repository: { account: '111111111111', region: 'us-east-1', name: 'orders' },
    replica: { account: '111111111111', region: 'eu-west-1', name: 'orders' },
  }
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

  /** Beats follow one another at once, on a clock that they move. */
  const hold = (renew: (beat: number) => boolean | Error, stopAfter = 20) => {
    let clock = 0
    let beats = 0
    const renewed: number[] = []
    const lease = holdLease(
      {
        log,
        now: () => clock,
        pause: async (ms, signal) => {
          clock += ms
          if (beats >= stopAfter) await new Promise((end) => signal?.addEventListener('abort', end))
        },
        store: {
          renewClaim: async (_pair, _id, until) => {
            beats += 1
            const answer = renew(beats)
            if (answer instanceof Error) throw answer
            if (answer) renewed.push(until)
            return answer
          },
        },
      },
      pair,
      'c-1',
      LEASE_MS,
    )
    return { lease, renewed, clock: () => clock, beats: () => beats }
  }
  const settled = (signal: AbortSignal) => new Promise((end) => signal.addEventListener('abort', end))

  test('is extended at every beat, until stopped', async () => {
    const { lease, renewed } = hold(() => true, 3)
    while (renewed.length < 3) await Promise.resolve()
    await lease.stop()
    expect(renewed).toEqual([1, 2, 3].map((beat) => beat * BEAT_MS + LEASE_MS))
    expect([lease.signal.aborted, lease.taken()]).toEqual([false, false])
  })

  test('that is another’s stops the work', async () => {
    const { lease } = hold((beat) => beat < 3)
    await settled(lease.signal)
    expect(lease.taken()).toBe(true)
    expect(lease.signal.reason).toMatchObject({ code: 'CLAIM_LOST' })
    await lease.stop()
  })

  test('a table that fails for a while costs nothing; one that goes on failing stops the work before the end', async () => {
    const { lease, beats } = hold(
      (beat) => (beat === 2 || beat === 3 ? new RelayError('STORE_FAILED') : true),
      6,
    )
    while (beats() < 6) await Promise.resolve()
    await lease.stop()
    expect(lease.signal.aborted).toBe(false)
    const down = hold(() => new RelayError('STORE_FAILED'))
    await settled(down.lease.signal)
    expect(down.lease.taken()).toBe(false)
    expect(down.clock()).toBeLessThan(LEASE_MS)
    await down.lease.stop()
  })
})
