import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createJudged } from '../../../../shared/scanning/walk/judged.ts'

const oid = (text: string): string => createHash('sha1').update(text).digest('hex')

test('what was met lately is known, what was not met for long is forgotten, and there are never more than may be', () => {
  const judged = createJudged(10)
  judged.add('rules', oid('met'))
  for (let blob = 0; blob < 100; blob += 1) {
    judged.add('rules', oid(`blob ${blob}`))
    if (blob % 3 === 0) expect(judged.has('rules', oid('met'))).toBe(true)
  }
  const known = Array.from({ length: 100 }, (_, blob) => judged.has('rules', oid(`blob ${blob}`)))
  expect(known.at(-1)).toBe(true)
  expect(known.filter((one) => one).length).toBeLessThan(10)
  expect(known.indexOf(true)).toBeGreaterThan(85)
})

test('other rules know nothing of it', () => {
  const judged = createJudged()
  judged.add('rules', oid('blob'))
  expect(judged.has('others', oid('blob'))).toBe(false)
  judged.add('others', oid('another'))
  expect(judged.has('others', oid('blob'))).toBe(false)
  expect(judged.has('rules', oid('blob'))).toBe(false)
})
