import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LazyDfa } from '../../../../shared/scanning/pattern/dfa.ts'
import { re2Expression } from '../../../../shared/scanning/pattern/expression.ts'
import { nfaOf } from '../../../../shared/scanning/pattern/nfa.ts'
import { parsePattern } from '../../../../shared/scanning/pattern/parse.ts'
import { patterns, texts } from './arbitrary.ts'

const dfaOf = (source: string): LazyDfa => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${source}: ${pattern.mistake}`)
  const nfa = nfaOf(pattern.root)
  if (!nfa) throw new Error(`${source}: too large`)
  return new LazyDfa(nfa)
}

test('random patterns: never no where re2js finds a match, nor an end beyond that of any', () => {
  fc.assert(
    fc.property(patterns, texts, fc.nat({ max: 4 }), (source, text, before) => {
      fc.pre(!('mistake' in parsePattern(source)))
      const match = re2Expression(source).on(text)(0)
      fc.pre(match !== undefined)
      const { start, end } = match as NonNullable<typeof match>
      const bytes = Buffer.from(text, 'latin1')
      const dfa = dfaOf(source)
      for (const [from, to] of [
        [0, bytes.length],
        [start, end],
        [Math.max(start - before, 0), end],
      ] as const) {
        expect(dfa.firstEnd(bytes, from, to)).toBeGreaterThanOrEqual(from)
        expect(dfa.firstEnd(bytes, from, to)).toBeLessThanOrEqual(end + 1)
      }
      expect(dfa.from(bytes, start, end)).not.toBe(false)
    }),
    { numRuns: 3000 },
  )
})

test.each([
  ['\\bkey=[a-z]{3}\\b', 'monkey=abc', false],
  ['\\bkey=[a-z]{3}\\b', ' key=abc', true],
  ['\\bkey=[a-z]{3}\\b', ' key=abcd', false],
  ['key[0-9]{2}$', 'key12', true],
  ['key[0-9]{2}$', 'key12 ', false],
  ['(?m)^key$', 'a\nkey\nb', true],
  ['key.x', Buffer.from('key€x').toString('latin1'), true],
  ['key[a-z]x', Buffer.from('key€x').toString('latin1'), false],
])('%s in %j: %s', (source, text, expected) => {
  const bytes = Buffer.from(text, 'latin1')
  const at = text.indexOf('key')
  expect(dfaOf(source).from(bytes, at, bytes.length)).toBe(expected)
  expect(dfaOf(source).firstEnd(bytes, 0, bytes.length) >= 0).toBe(expected)
})
