import { expect, test } from '@jest/globals'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { digestOf, packRules, unpackRules } from '../../../../shared/scanning/engine/packed.ts'
import { rulePack } from '../../../../stack/rule-pack.ts'
import { rule, ruleSet } from './rules.ts'

test('the shipped rules come back as they were compiled', () => {
  const compiled = compileRules(rulePack())
  const { digest, ...back } = unpackRules(packRules(compiled))
  expect(back).toEqual(compiled)
  expect(digest).toBe(digestOf(compiled.rules))
})

test('another rule is another digest', () => {
  const digest = (regex: string) => digestOf(ruleSet([rule('a', { regex })]))
  expect(digest('tok_[a-z]+')).not.toBe(digest('tok_[a-z]*'))
})

test('a pack with a bad expression is refused', () => {
  expect(() => packRules(compileRules(ruleSet([rule('a', { regex: '(?=x)' })])))).toThrow('1 expressions')
})
