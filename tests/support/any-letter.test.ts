import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyLetter } from './any-letter.ts'

test('letters of one to four bytes, and strings that are known to break things', () => {
  const texts = fc.sample(fc.string({ unit: anyLetter, maxLength: 40 }), { numRuns: 3_000, seed: 1 })
  const bytes = new Set(texts.flatMap((text) => [...text].map((letter) => Buffer.byteLength(letter))))
  expect([...bytes].sort()).toEqual([1, 2, 3, 4])
  expect(texts.some((text) => text.includes('__proto__'))).toBe(true)
  expect(texts.filter((text) => !text.isWellFormed())).toEqual([])
})

test('the first, the last, and those beside the surrogates come back from their strings', () => {
  for (const code of [0, 0xd7ff, 0xe000, 0x10ffff])
    expect(anyLetter.canShrinkWithoutContext(String.fromCodePoint(code))).toBe(true)
  for (const none of ['', 'ab', '\ud800', 7]) expect(anyLetter.canShrinkWithoutContext(none)).toBe(false)
})
