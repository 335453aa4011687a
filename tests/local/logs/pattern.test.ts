import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parsePattern } from '../../../local/logs/pattern.ts'

const LINES = ['hello', 'world', 'hello world', 'goodbye world', 'hello cruela', 'goodbye cruel world']

// CloudWatch Logs user guide, "Filter pattern syntax ...", examples of terms
const terms: [pattern: string, found: string[]][] = [
  ['', LINES],
  [' ', LINES],
  ['hello', ['hello', 'hello world', 'hello cruela']],
  ['goodbye world', ['goodbye world', 'goodbye cruel world']],
  ['"hello cruel"', ['hello cruela']],
  ['?hello ?goodbye', LINES.filter((line) => /hello|goodbye/.test(line))],
  ['hello -world', ['hello', 'hello cruela']],
  ['-hello', ['world', 'goodbye world', 'goodbye cruel world']],
  ['world ?hello', ['world', 'hello world', 'goodbye world', 'goodbye cruel world']],
  ['HELLO', []],
  ['%^hello$%', ['hello']],
]
test.each(terms)('terms: %s', (pattern, found) => {
  expect(LINES.filter(parsePattern(pattern))).toEqual(found)
})

const EVENT = JSON.stringify({
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  ThisFlag: true,
  bandwidth: 75,
  latency: 50.5,
  'with-dash': 'x',
  empty: '',
})
const json: [pattern: string, fits: boolean][] = [
  ['{ $.eventType = "UpdateTrail" }', true],
  ['{$.eventType="UpdateTrail"}', true],
  ['{ $.eventType = UpdateTrail }', true],
  ['{ $.eventType = "Update*" }', true],
  ['{ $.eventType = "update*" }', false],
  ['{ $.sourceIPAddress != 123.123.* }', true],
  ['{ $.arrayKey[0] = "value" }', true],
  ['{ $.arrayKey[1] = "value" }', false],
  ['{ $.arrayKey[*] = "another value" }', true],
  ['{ $.objectList[1].id = 2 }', true],
  ['{ $.objectList[*].name = "b" }', true],
  ['{ $.SomeObject IS NULL }', true],
  ['{ $.SomeOtherObject IS NULL }', false],
  ['{ $.SomeOtherObject NOT EXISTS }', true],
  ['{ $.ThisFlag IS TRUE }', true],
  ['{ $.ThisFlag IS FALSE }', false],
  ['{ $.bandwidth > 70 }', true],
  ['{ $.bandwidth >= 75 && $.latency < 50.5 }', false],
  ['{ $.bandwidth > 75 || $.latency <= 50.5 }', true],
  ['{ ($.bandwidth = 1 || $.bandwidth = 75) && $.eventType = "*Trail" }', true],
  ['{ $.bandwidth = 75.0 }', true],
  ['{ $.absent != "x" }', false],
  ['{ $.absent = "x" }', false],
  ['{ $.[\'with-dash\'] = "x" }', false],
  ['{ $[\'with-dash\'] = "x" }', true],
  ['{ $.with-dash = "x" }', true],
  ['{ $.eventType = %^Upd% }', true],
  ['{ $.empty > 0 }', false],
]
test.each(json)('JSON: %s', (pattern, fits) => {
  if (pattern.includes('$.[')) expect(() => parsePattern(pattern)).toThrow('Invalid filter pattern')
  else expect(parsePattern(pattern)(EVENT)).toBe(fits)
  if (!pattern.includes('$.[')) expect(parsePattern(pattern)('no JSON')).toBe(false)
})

const ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
const fields: [pattern: string, fits: boolean][] = [
  ['[ip, id, user, timestamp, request, status_code, size]', true],
  ['[ip, id, user, timestamp, request, status_code = 4*, size]', true],
  ['[ip, id, user, timestamp, request = *html*, status_code = 4*, size > 1000]', true],
  ['[ip, id, user, timestamp, request, status_code = 5*, size]', false],
  ['[ip, ..., status_code = 404, size]', true],
  ['[..., size < 1534]', false],
  ['[ip != 127.*, ...]', false],
  ['[ip, id, user]', false],
  ['[w1 = 127.0.0.1 || w1 = x, ...]', true],
  ['[w1 = "127.0.0.1" && w1 != "x", ...]', true],
]
test.each(fields)('fields: %s', (pattern, fits) => {
  expect(parsePattern(pattern)(ACCESS)).toBe(fits)
})

test.each([
  'foo:bar',
  '"open',
  '{ $.a }',
  '{ $.a = "x"',
  '{ a = "x" }',
  '{ $.a > x }',
  '{ $.a = "x" } more',
  '[a, b',
  '[a = ]',
  '[..., ...]',
  '%(%',
  'x'.repeat(1025),
])('refuses %s', (pattern) => {
  expect(() => parsePattern(pattern)).toThrow(expect.objectContaining({ code: 'InvalidParameterException' }))
})

test('any text is a pattern or is refused, and a quoted one finds itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parsePattern(text)('anything')
      } catch (error) {
        expect(error).toMatchObject({ code: 'InvalidParameterException' })
      }
    }),
  )
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, '\\$&')}"`
      expect(parsePattern(quoted)(`before ${text} after`)).toBe(true)
    }),
  )
})
