import { expect, test } from '@jest/globals'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import type { Hit } from '../../../../shared/scanning/types.ts'
import { rule, ruleSet } from './rules.ts'

const compiled = compileRules(ruleSet([rule('tok', { regex: 'tok=([a-z0-9]{8,20})', keywords: ['tok'] })]))
const scan = (text: string, decodeDepth: number): readonly Hit[] =>
  createEngine(compiled, { decodeDepth }).scan(Buffer.from(text), { path: '' }).hits

const plain = 'tok=abcdef0123456789'
const base64 = Buffer.from(plain).toString('base64')
const url = Buffer.from(`${plain}zz?`).toString('base64url')
const hex = Buffer.from(plain).toString('hex')
const percent = [...Buffer.from(plain)].map((byte) => `%${byte.toString(16)}`).join('')
const unicode = [...plain].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('')

test.each([
  ['base64', base64],
  ['base64', url],
  ['hex', hex],
  ['percent', percent],
  ['unicode', unicode],
])('%s: the hit points at what was encoded', (kind, encoded) => {
  const text = `first line\nx "${encoded}" y\n`
  expect(scan(text, 0)).toEqual([])
  const [hit, ...more] = scan(text, 1)
  expect(more).toEqual([])
  expect(hit).toMatchObject({
    decoded: [kind],
    startLine: 2,
    endLine: 2,
    secret: expect.stringContaining('abcdef0123456789'),
  })
  expect(text.slice(hit?.start, hit?.end)).toBe(encoded)
})

test('an escape within a plain value', () => {
  const text = 'tok%3Dabcdef0123456789'
  const [hit] = scan(text, 1)
  expect(text.slice(hit?.start, hit?.end)).toBe(text)
})

test('one within the other, outermost first, only as deep as asked for', () => {
  const text = `a\nkey: ${Buffer.from(hex).toString('base64')} end`
  expect(scan(text, 1)).toEqual([])
  const [hit] = scan(text, 2)
  expect(hit).toMatchObject({ decoded: ['base64', 'hex'], startLine: 2 })
  expect(text.slice(hit?.start, hit?.end)).toBe(Buffer.from(hex).toString('base64'))
})

test('what was plain is found once, though another pass sees it again', () => {
  const text = `${plain} and ${base64} and ${plain}`
  expect(scan(text, 3).map((hit) => hit.decoded)).toEqual([[], ['base64'], []])
})

test('a match that reaches out of what was encoded', () => {
  const text = `tok=${Buffer.from('abcdefgh01234567').toString('base64')}`
  const decoded = scan(text, 1).filter((hit) => hit.decoded.length > 0)
  expect(decoded.map((hit) => text.slice(hit.start, hit.end))).toEqual([text])
})

test('bytes that are no text stay encoded', () => {
  expect(scan(Buffer.from(`\0\x01\x02${plain}`).toString('base64'), 2)).toEqual([])
})
