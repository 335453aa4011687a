import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Node } from '../../../../shared/scanning/pattern/ast.ts'
import { isLinear } from '../../../../shared/scanning/pattern/linear.ts'
import { parsePattern } from '../../../../shared/scanning/pattern/parse.ts'
import { STEPS_MOST, stepsOf } from './steps.ts'

const rootOf = (source: string): Node => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${source}: ${pattern.mistake}`)
  return pattern.root
}

// parts that allow-lists are made of, and such as make them slow
const parts = [
  '^',
  'a',
  '_',
  '[a-z]+',
  '[a-z]*',
  '\\w*',
  '\\w+',
  '[_-]',
  '.*',
  '[ab]?',
  '[0-9]{0,2}',
  '(?:_[a-z]+)*',
  '(?:_[a-z]+)+',
  '(?:[_-][a-z]+[0-9]{0,4})+',
  '(?:[_-][a-z]*[a-z]{0,4})*',
  '(?:[a-z]+_)*',
  '(?:[A-Z][a-z]+)+',
  '(?:[A-Z]{1,3}[a-z]+[0-9]{0,2})+',
  '(?:[A-Z]{1,3}[a-z]*[0-9]{0,2})+',
  '(?:\\w_?)+',
  '(?:[A-Z]{1,3}[a-z]+[0-9]{0,2}|[A-Z][0-9])+',
  '(?:_[a-z]+|_a)+',
  '(?:_[a-z]+|[_-][0-9])*',
  '(?:_+[a-z]+|-+[a-z])*',
  '(?:_+[a-z]+|_[0-9]+[a-z]*-)*',
  '(?:a|b)*',
  '(?:a|_a)*',
  '[^_]*',
  '$',
  '!',
]
const sources = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map((all) => all.join(''))
const units = fc.array(fc.constantFrom('a', 'b', '_', '-', 'A', '1', 'aa', '_a', ' '), {
  minLength: 1,
  maxLength: 4,
})
const SHORT = 150

test('what is called linear takes steps as the text is long', () => {
  fc.assert(
    fc.property(sources, units, fc.constantFrom('', '!', '\n', '_'), (source, unit, end) => {
      fc.pre(isLinear(rootOf(source)))
      const text = (length: number): string => unit.join('').repeat(length).slice(0, length) + end
      const [short, long] = [stepsOf(rootOf(source), text(SHORT)), stepsOf(rootOf(source), text(4 * SHORT))]
      // four times as long: four times as many, and not sixteen
      expect([long < STEPS_MOST, long / short < 7]).toEqual([true, true])
    }),
    { numRuns: 3_000 },
  )
})

test.each([
  ['^\\w*\\(', true],
  ['\\w*\\(', false],
  ['^%.*%$', true],
  ['^.*%.*$', false],
  ['^[a-z]+(?:[_-][a-z]+)*$', true],
  ['^[a-z]+[0-9]{0,2}(?:[_-][a-z]+[0-9]{0,4}){1,}$', true],
  ['^(?:[A-Z]{1,3}[a-z]+[0-9]{0,2})+$', true],
  ['^(?:[A-Z]{1,3}[a-z]*[0-9]{0,2})+$', false],
  ['^[a-z]+(?:[_-]?[a-z]+)*$', false],
  ['^[a-z]+(?:_[a-z]+)+[a-z]+$', false],
  ['^(?:_[a-z]+[a-z0-9]{0,4})+$', false],
  ['[a-z]+(?:_[a-z]+)+!', false],
  ['^[a-z]+(?:[A-Z]{1,3}[a-z]+[0-9]{0,2}|[A-Z][0-9])+$', true],
  ['[a-z]+(?:[A-Z]{1,3}[a-z]+|[A-Z][0-9])+!', false],
  ['^(?:_[a-z]+|_a)+$', false],
  ['^(?:_[a-z]+|-_)+$', false],
])('%s: %s', (source, expected) => expect(isLinear(rootOf(source))).toBe(expected))

test('the judge knows what is not linear', () => {
  const steps = (source: string, length: number): number => stepsOf(rootOf(source), 'a'.repeat(length))
  expect(steps('a*!', 600) / steps('a*!', 150)).toBeGreaterThan(14)
  expect(steps('(?:a+)+!', 60)).toBeGreaterThan(STEPS_MOST)
  expect(steps('^a*!', 600) / steps('^a*!', 150)).toBeLessThan(5)
})
