import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { argumentBytes, type BatchLimits, batches, PUSH_LIMITS } from '../../../shared/replication/batches.ts'
import { plan, type RefUpdate } from '../../../shared/replication/plan.ts'

const a = 'a'.repeat(40)
const b = 'b'.repeat(40)
const create = (name: string): RefUpdate => ({ kind: 'create', ref: `refs/heads/${name}`, to: a })
const update = (name: string): RefUpdate => ({ kind: 'update', ref: `refs/heads/${name}`, from: a, to: b })
const remove = (name: string): RefUpdate => ({ kind: 'delete', ref: `refs/heads/${name}`, from: a })
const small: BatchLimits = { refs: 3, argumentBytes: 10_000 }

const blocks = (one: RefUpdate, other: RefUpdate): boolean =>
  one.kind === 'delete' &&
  other.kind === 'create' &&
  (one.ref.startsWith(`${other.ref}/`) || other.ref.startsWith(`${one.ref}/`))

describe('examples', () => {
  test('nothing is no push', () => expect(batches([])).toEqual([]))

  test('order is kept, cut by the number of refs', () => {
    const updates = [update('main'), create('a'), create('b'), create('c'), remove('x')]
    expect(batches(updates, small)).toEqual([updates.slice(0, 3), updates.slice(3)])
  })

  test('a branch that becomes a folder: its deletion goes before, with the default branch', () => {
    const updates = [update('main'), create('a/b'), create('c'), remove('a'), remove('z')]
    expect(batches(updates, small)).toEqual([
      [update('main'), remove('a')],
      [create('a/b'), create('c'), remove('z')],
    ])
  })

  test('a folder that becomes a branch', () => {
    expect(batches([create('a'), remove('a/b/c'), remove('a/d')])).toEqual([
      [remove('a/b/c'), remove('a/d')],
      [create('a')],
    ])
  })

  test('neighbours that only look alike are no obstacle', () => {
    const updates = [create('ab'), remove('a'), remove('ab-c')]
    expect(batches(updates)).toEqual([updates])
  })

  test('one update past the argument budget is alone', () => {
    const long = create('x'.repeat(250))
    const limits = { refs: 10, argumentBytes: argumentBytes(long) - 1 }
    expect(batches([long, long], limits)).toEqual([[long], [long]])
    expect(batches([long, long], { refs: 10, argumentBytes: 2 * argumentBytes(long) })).toEqual([
      [long, long],
    ])
  })

  test('CodeCommit’s limit of 4,000 refs is kept', () => {
    const updates = Array.from({ length: 4_001 }, (_, n) => create(String(n)))
    const limits = { ...PUSH_LIMITS, argumentBytes: Number.MAX_SAFE_INTEGER }
    expect(batches(updates, limits).map((batch) => batch.length)).toEqual([3_999, 2])
  })
})

const names = fc.constantFrom('main', 'a', 'a/b', 'a/b/c', 'a/d', 'ab', 'b', 'b/x', 'c', 'd', 'e', 'ü/ö')
/** Names that a repository can hold together: none is another's folder. */
const side = fc
  .uniqueArray(fc.tuple(names, fc.constantFrom(a, b)), { selector: ([name]) => name })
  .map((refs) => {
    const kept = refs.filter(([name]) => !refs.some(([other]) => name.startsWith(`${other}/`)))
    return new Map(kept.map(([name, oid]) => [`refs/heads/${name}`, oid]))
  })
const plans = fc
  .tuple(side, side)
  .filter(([source]) => source.size > 0)
  .map(([source, replica]) => plan(source, replica, { deletes: 'mirror', defaultBranch: 'main' }))
const limits = fc.record({
  refs: fc.integer({ min: 1, max: 5 }),
  argumentBytes: fc.integer({ min: 1, max: 1_500 }),
})

describe('properties', () => {
  const holds = (
    check: (updates: readonly RefUpdate[], result: ReturnType<typeof batches>, by: BatchLimits) => void,
  ) =>
    fc.assert(
      fc.property(plans, limits, (updates, by) => check(updates, batches(updates, by), by)),
      { numRuns: 500 },
    )

  test('every update travels once', () =>
    holds((updates, result) => {
      expect(new Set(result.flat())).toEqual(new Set(updates))
      expect(result.flat()).toHaveLength(updates.length)
    }))

  test('no push is empty or past a limit', () =>
    holds((_, result, by) => {
      for (const batch of result) {
        const bytes = batch.reduce((sum, one) => sum + argumentBytes(one), 0)
        expect(batch.length).toBeGreaterThan(0)
        expect(batch.length).toBeLessThanOrEqual(by.refs)
        expect(batch.length === 1 || bytes <= by.argumentBytes).toBe(true)
      }
    }))

  test('what stands in the way of a creation goes in an earlier push', () =>
    holds((updates, result) => {
      const at = (one: RefUpdate) => result.findIndex((batch) => batch.includes(one))
      for (const one of updates)
        for (const other of updates) if (blocks(one, other)) expect(at(one)).toBeLessThan(at(other))
    }))

  test('the rest keeps its order, and the first stays first unless it is blocked', () =>
    holds((updates, result) => {
      const free = updates.filter((one) => !updates.some((other) => blocks(one, other) || blocks(other, one)))
      expect(result.flat().filter((one) => free.includes(one))).toEqual(free)
      const [first] = updates
      if (first && free.includes(first)) expect(result[0]?.[0]).toBe(first)
    }))
})
