import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import type { RuleSet } from '../../../../shared/scanning/types.ts'
import { patterns } from '../pattern/arbitrary.ts'
import { naiveFinds } from './naive.ts'
import { rule, ruleSet } from './rules.ts'

const shapes = [
  'key[ \\t]{0,3}=[ \\t]{0,3}([a-z0-9]{4})',
  '(?i)[\\w.-]{0,6}?(?:key|tok)[ \\w.-]{0,4}[\\s\'"]{0,2}(?:=|:|=>)[\'"\\s=]{0,2}([a-z0-9_-]{3,6})(?:[\'"\\s;]|\\\\[nr]|$)',
  '[\\w.-]{0,5}?(?i:[\\w.-]{0,5}?(?:key))=([a-z]{2})',
  '\\b(tok_[a-z0-9]{2,4})\\b',
  'tok_[a-z0-9]{2,}',
  '(?:^|[^a-z])(key[0-9]{1,3})(?:$|[^0-9])',
  'key[\\s\\S]{1,}?end',
  'BEGIN[^=]*?END',
  '[a-z]+key',
  '(a|k)ey=.{2}',
  'x{0,2}(?:key|tok)=\\pL',
  '(?s)tok.{0,9}key',
  '^key|tok$',
  '(?m)^key=(\\d)|tok(\\w)$',
  '=[a-z]{2}',
  '(?i:K)ey([^e]{0,3})',
  'key(=)?([a-z]*)',
]
const keywords = ['key', 'tok', 'tok_', 'begin', 'end', 'e', '=', 'y=']
const pieces = [
  'key',
  'KEY',
  'tok_',
  'tok',
  'BEGIN',
  'END',
  'end',
  '=',
  ' = ',
  'ab',
  'x',
  '12',
  '"',
  ';',
  '\n',
  ' ',
  'é',
  '€',
  '\u212aey',
  '-',
  'a.b',
  '\\n',
  'zzzzzzzzzz',
]

const rules = fc
  .array(
    fc.record({
      regex: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...shapes) },
        { weight: 1, arbitrary: patterns.map((one) => `key${one}`) },
      ),
      keywords: fc.uniqueArray(fc.constantFrom(...keywords), { minLength: 0, maxLength: 3 }),
      vetted: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => ruleSet(all.map((one, index) => rule(`r${index}`, one))))
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => Buffer.from(all.join('')))

const ours = (set: RuleSet, text: Buffer): unknown[] => {
  const { hits, unscanned } = createEngine(compileRules(set), { hits: 10_000 }).scan(text, { path: 'a' })
  expect(unscanned).toEqual([])
  const order = set.rules.map(({ id }) => id)
  return hits
    .map(({ rule: { id }, start, secret }) => ({ id, start, secret }))
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id) || a.start - b.start)
}

test('windows find what every rule over the whole text finds', () => {
  fc.assert(
    fc.property(rules, texts, (set, text) => {
      fc.pre(compileRules(set).bad.length === 0)
      expect(ours(set, text)).toEqual(naiveFinds(set, text))
    }),
    { numRuns: 1500 },
  )
})

test('so it is where the automaton walks in four lanes', () => {
  const long = fc
    .tuple(texts, texts, fc.nat({ max: 300 }))
    .map(([a, b, count]) => Buffer.concat([a, Buffer.alloc(count + 1, 'q'), b]))
    .map((unit) => Buffer.alloc(1_200 + (unit.length % 7) * 40, unit))
  fc.assert(
    fc.property(rules, long, (set, text) => {
      fc.pre(compileRules(set).bad.length === 0)
      expect(ours(set, text)).toEqual(naiveFinds(set, text))
    }),
    { numRuns: 200 },
  )
})

test('so it is over texts that are longer than a piece', () => {
  const set = ruleSet(
    shapes.map((regex, index) => rule(`r${index}`, { regex, keywords: ['key', 'tok', 'begin'] })),
  )
  const texts = fc
    .array(fc.tuple(fc.constantFrom(...pieces, '\n', '\n'), fc.nat({ max: 3 })), {
      minLength: 40,
      maxLength: 60,
    })
    .map((all) =>
      Buffer.from(
        all
          .map(([piece, times]) => piece.repeat(times + 1))
          .join('')
          .repeat(1 + Math.ceil(600_000 / (all.length * 9))),
      ),
    )
  fc.assert(
    fc.property(texts, (text) => {
      const one = ruleSet([set.rules[text.length % 6] as (typeof set.rules)[0]])
      expect(
        createEngine(compileRules(one), { hits: 1e6, timeMs: 1e6 }).scan(text, { path: '' }).hits.length,
      ).toBe(naiveFinds(one, text).length)
    }),
    { numRuns: 6 },
  )
})
