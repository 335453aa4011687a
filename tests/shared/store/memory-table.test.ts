import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Item } from '../../../shared/store/attributes.ts'
import type { Change } from '../../../shared/store/table.ts'
import { memoryTable } from '../../support/memory-table.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let server: TestTable
beforeAll(async () => {
  server = await startTable()
})
afterAll(() => server.close())

const claim = fc.record({ id: fc.constantFrom('a', 'b'), until: fc.integer({ min: 0, max: 3 }) })
const atom = fc.constantFrom(
  'attribute_not_exists(#claim)',
  'attribute_exists(#claim)',
  '#claim.#id = :id',
  '#claim.#until < :now',
  '#claim.#until >= :now',
  '#status <> :id',
  '#at > :now',
  '#at <= :now',
  'size(#heard) < :now',
)
const condition = fc.oneof(
  atom,
  fc.tuple(atom, atom).map(([a, b]) => `${a} AND ${b}`),
  fc.tuple(atom, atom, atom).map(([a, b, c]) => `${a} OR ${b} AND ${c}`),
  fc.tuple(atom, atom, atom).map(([a, b, c]) => `(${a} OR ${b}) AND ${c}`),
)
const change = fc
  .record({
    set: fc.dictionary(fc.constantFrom('status', 'dirty'), fc.constantFrom('a', 'b', true, 2), {
      maxKeys: 2,
    }),
    claim: fc.option(claim, { nil: undefined }),
    remove: fc.subarray(['claim', 'at'] as const),
    add: fc.constantFrom({}, { hints: 1 }),
    unite: fc.constantFrom({}, { heard: ['x'] }, { heard: ['x', 'y', 'x'] }),
    when: fc.option(condition, { nil: undefined }),
  })
  .map(({ set, claim: taken, remove, add, unite, when }): Change => {
    const values = { ':id': 'a', ':now': 1 }
    const used = Object.entries(values).filter(([name]) => when?.includes(name))
    return {
      set: { ...set, ...(taken ? { claim: taken } : {}), ...(remove.includes('at') ? {} : { at: 2 }) },
      remove: taken ? remove.filter((name) => name !== 'claim') : remove,
      add,
      unite,
      ...(when ? { when, values: Object.fromEntries(used) } : {}),
    }
  })

/** A set has no order. */
const sorted = ({ heard, ...item }: Item = {}): Item => ({
  ...item,
  ...(heard === undefined ? {} : { heard: (heard as string[]).toSorted() }),
})

test('answers and keeps what a DynamoDB-compatible server does', async () => {
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      number += 1
      const key = { pk: 'replica', sk: `r${number}` }
      const memory = memoryTable()
      for (const each of changes) {
        expect(await memory.update(key, each)).toBe(await server.table.update(key, each))
        expect(sorted(await memory.get(key))).toEqual(sorted(await server.table.get(key)))
      }
    }),
    { numRuns: 40 },
  )
})
