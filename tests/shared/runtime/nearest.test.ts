import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { REGIONS } from '../../../shared/config/regions.ts'
import { distance, nearest } from '../../../shared/runtime/nearest.ts'

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'ab', 1],
  ['abc', 'xabc', 1],
  ['abc', 'axc', 1],
  ['abcd', 'acbd', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
])('from %s to %s: %i', (a, b, edits) => {
  expect(distance(a, b)).toBe(edits)
})

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })

test('is the same both ways, nothing only between equals, and at most the longer length', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(distance(a, b)).toBe(distance(b, a))
      expect(distance(a, b) === 0).toBe(a === b)
      expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})

test('one slip in a region is found again', () => {
  fc.assert(
    fc.property(fc.constantFrom(...REGIONS), fc.nat(), (region, at) => {
      const index = at % (region.length - 1)
      const slip = region.slice(0, index) + region[index + 1] + region[index] + region.slice(index + 2)
      const found = nearest(slip, REGIONS)
      expect(found).toBeDefined()
      expect(distance(slip, found ?? '')).toBeLessThanOrEqual(1)
    }),
  )
})

test('nothing is near to a word like no other, or to a very long one', () => {
  expect(nearest('colour', ['version', 'replicate'])).toBeUndefined()
  expect(nearest('version'.repeat(20), ['version'])).toBeUndefined()
})
