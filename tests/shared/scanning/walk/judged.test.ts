import { expect, test } from '@jest/globals'
import { createJudged } from '../../../../shared/scanning/walk/judged.ts'

test('what was met lately is known, what was not met for long is forgotten, and there are never more than may be', () => {
  const judged = createJudged(10)
  judged.add('rules', 'met')
  for (let blob = 0; blob < 100; blob += 1) {
    judged.add('rules', `blob ${blob}`)
    if (blob % 3 === 0) expect(judged.has('rules', 'met')).toBe(true)
  }
  const known = Array.from({ length: 100 }, (_, blob) => judged.has('rules', `blob ${blob}`))
  expect(known.at(-1)).toBe(true)
  expect(known.filter((one) => one).length).toBeLessThan(10)
  expect(known.indexOf(true)).toBeGreaterThan(85)
})

test('other rules know nothing of it', () => {
  const judged = createJudged()
  judged.add('rules', 'blob')
  expect(judged.has('others', 'blob')).toBe(false)
  judged.add('others', 'another')
  expect(judged.has('others', 'blob')).toBe(false)
  expect(judged.has('rules', 'blob')).toBe(false)
})
