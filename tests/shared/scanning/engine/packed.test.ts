import { expect, test } from '@jest/globals'
import { type CompiledRule, compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { wordedOf, wordTable } from '../../../../shared/scanning/engine/keyword-index.ts'
import { digestOf, packRules, unpackRules } from '../../../../shared/scanning/engine/packed.ts'
import type { Rule } from '../../../../shared/scanning/types.ts'
import { rulePack } from '../../../../stack/rule-pack.ts'
import { allowlist, rule, ruleSet } from './rules.ts'

test('the shipped rules come back as they were compiled', () => {
  const compiled = compileRules(rulePack())
  const { digest, words, proven, ...back } = unpackRules(packRules(compiled))
  // what to look for is in one table then
  const withoutWords = ({ words: _, around: __, program, ...rest }: CompiledRule) => ({
    ...rest,
    text: program?.text,
  })
  expect({ ...back, expressions: back.expressions.map(withoutWords) }).toEqual({
    ...compiled,
    expressions: compiled.expressions.map(withoutWords),
  })
  expect(back.expressions[0]?.program?.sets).toEqual(compiled.expressions[0]?.program?.sets)
  expect(words).toEqual(wordTable(wordedOf(compiled)))
  expect(proven).toBe(true)
  expect(digest).toBe(digestOf(compiled.rules))
})

test('another rule is another digest', () => {
  const digest = (regex: string) => digestOf(ruleSet([rule('a', { regex })]))
  expect(digest('tok_[a-z]+')).not.toBe(digest('tok_[a-z]*'))
})

test('a pack with a bad expression is refused', () => {
  expect(() => packRules(compileRules(ruleSet([rule('a', { regex: '(?=x)' })])))).toThrow('1 expressions')
})

test.each<Partial<Rule>>([
  { path: '(a*)*b' },
  { allowlists: [allowlist({ paths: ['(a*)*b'] })] },
  { allowlists: [allowlist({ regexes: ['(a*)*b'] })] },
])('a pack with %j is refused: at run time nobody asks whether V8 may run it', (own) => {
  expect(() => packRules(compileRules(ruleSet([rule('a', own)])))).toThrow('V8 may not run them: (a*)*b')
})

test.each(['', 'a|b'])('a pack with the keyword %j is refused', (keyword) => {
  const rules = ruleSet([rule('a', { regex: 'tok', keywords: ['tok', keyword] })])
  expect(() => packRules(compileRules(rules))).toThrow('cannot be shipped')
})
