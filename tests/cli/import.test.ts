import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { importBatches, repositoryName } from '../../cli/import.ts'
import { anyLetter } from '../support/any-letter.ts'

describe('repositoryName', () => {
  test.each([
    ['/src/orders', 'orders'],
    ['/src/orders/', 'orders'],
    ['/src/orders/.git', 'orders'],
    ['/src/orders.git', 'orders'],
    ['https://example.com/Team/My%20Repo.git', 'My-20Repo'],
    ['git@example.com:team/orders.git', 'orders'],
    ['ssh://git@example.com/team/orders', 'orders'],
    ['/src/über läufe', '-ber-l-ufe'],
    ['/', 'imported'],
    ['..', 'imported'],
    [`/src/${'x'.repeat(300)}`, 'x'.repeat(100)],
    [`/src/${'x'.repeat(96)}.git-more`, `${'x'.repeat(96)}`],
  ])('of %s is %s', (from, name) => {
    expect(repositoryName(from)).toBe(name)
  })

  test('is always one that CodeCommit takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyLetter }), (from) => {
        const name = repositoryName(from)
        expect(name).toMatch(/^[\w.-]{1,100}$/)
        expect(name).not.toMatch(/\.git$/)
      }),
    )
  })
})

describe('importBatches', () => {
  test('keeps order and loses nothing, below the limit of CodeCommit and of the command line', () => {
    const name = fc.string({ minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.array(name, { maxLength: 50 }), fc.integer({ min: 1, max: 200 }), (names, times) => {
        const refs = Array.from({ length: times }, () => names).flat()
        const batches = importBatches(refs)
        expect(batches.flat()).toEqual(refs)
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(3_500)
          expect(batch.reduce((sum, ref) => sum + 2 * Buffer.byteLength(ref) + 3, 0)).toBeLessThanOrEqual(
            900_000,
          )
        }
      }),
    )
  })

  test('3,500 refs are one push, one more are two', () => {
    const refs = Array.from({ length: 3_501 }, (_, index) => `refs/tags/${index}`)
    expect(importBatches(refs.slice(1))).toHaveLength(1)
    expect(importBatches(refs).map((batch) => batch.length)).toEqual([3_500, 1])
  })
})
