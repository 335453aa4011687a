import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileFilter } from '../../../local/sns/filter-policy.ts'
import { tokensOf } from '../../../local/sns/filter-tokens.ts'
import { jsonFailure } from '../../../local/sns/json-failure.ts'
import type { Attribute, Published } from '../../../local/sns/types.ts'

const published = (attributes: Record<string, Attribute>, message = 'x'): Published => ({
  id: 'i',
  topicArn: 't',
  message,
  attributes,
  at: 0,
})
const filterOf = (policy: unknown, scope?: string) =>
  compileFilter({
    protocol: 'sqs',
    attributes: {
      FilterPolicy: typeof policy === 'string' ? policy : JSON.stringify(policy),
      ...(scope ? { FilterPolicyScope: scope } : {}),
    },
  })
const text = (value: string): Attribute => ({ type: 'String', value })
const number = (value: number): Attribute => ({ type: 'Number', value: String(value) })
const list = (...values: unknown[]): Attribute => ({ type: 'String.Array', value: JSON.stringify(values) })

describe('on attributes', () => {
  test.each<[unknown, Attribute | undefined, boolean]>([
    [['a', 'b'], text('b'), true],
    [['a'], text('A'), false],
    [['a'], undefined, false],
    [[7], number(7), true],
    [[7], text('7'), false],
    [['7'], number(7), false],
    [[true], list(true, 'x'), true],
    [[true], text('true'), false],
    [[null], undefined, true],
    [[null], list(null), true],
    [[null], text('null'), false],
    [['rugby'], list('tennis', 'rugby'), true],
    [[{ prefix: 'bas' }], text('baseball'), true],
    [[{ suffix: 'ball' }], text('baseball'), true],
    [[{ prefix: 'ball' }], text('baseball'), false],
    [[{ 'equals-ignore-case': 'TENNIS' }], text('tennis'), true],
    [[{ wildcard: '*ball' }], text('baseball'), true],
    [[{ wildcard: 'b*b*l' }], text('baseball'), true],
    [[{ wildcard: 'b*b' }], text('baseball'), false],
    [[{ wildcard: 'a\\*c' }], text('a*c'), true],
    [[{ wildcard: 'a\\*c' }], text('abc'), false],
    [[{ 'anything-but': ['rugby', 'tennis'] }], text('baseball'), true],
    [[{ 'anything-but': ['rugby', 'tennis'] }], text('rugby'), false],
    [[{ 'anything-but': 'rugby' }], number(1), true],
    [[{ 'anything-but': [1, 2] }], number(2), false],
    [[{ 'anything-but': ['rugby'] }], list('rugby', 'baseball'), true],
    [[{ 'anything-but': ['rugby'] }], list('rugby'), false],
    [[{ 'anything-but': ['rugby'] }], undefined, false],
    [[{ 'anything-but': { prefix: 'order-' } }], text('data-entry'), true],
    [[{ 'anything-but': { prefix: ['order-', 'data-'] } }], text('data-entry'), false],
    [[{ 'anything-but': { suffix: 'x' } }], text('y'), true],
    [[{ numeric: ['=', 301.5] }], number(301.5), true],
    [[{ numeric: ['>', 0, '<=', 150] }], number(150), true],
    [[{ numeric: ['>', 0, '<=', 150] }], number(0), false],
    [[{ numeric: ['<', 0] }], text('-1'), false],
    [[{ exists: true }], text('x'), true],
    [[{ exists: true }], undefined, false],
    [[{ exists: false }], undefined, true],
    [[{ exists: false }], { type: 'Binary', value: 'AAAA' }, true],
    [[{ cidr: '10.0.0.0/24' }], text('10.0.0.255'), true],
    [[{ cidr: '10.0.0.0/24' }], text('10.0.1.0'), false],
    [[{ cidr: '2001:db8::/32' }], text('2001:db8:1::1'), true],
    [[{ cidr: '2001:db8::/32' }], text('10.0.0.1'), false],
    [['x', { numeric: ['>', 5] }, { prefix: 'y' }], number(6), true],
  ])('%j of %j: %s', (conditions, attribute, passes) => {
    expect(filterOf({ key: conditions })(published(attribute ? { key: attribute } : {}))).toBe(passes)
  })

  test('all keys must match; $or takes one of its sides', () => {
    const filter = filterOf({
      source: ['aws'],
      $or: [{ a: ['1'] }, { b: [{ numeric: ['<', 5] }], c: ['x'] }],
    })
    expect(filter(published({ source: text('aws'), a: text('1') }))).toBe(true)
    expect(filter(published({ source: text('aws'), b: number(1), c: text('x') }))).toBe(true)
    expect(filter(published({ source: text('aws'), b: number(1) }))).toBe(false)
    expect(filter(published({ a: text('1') }))).toBe(false)
  })

  test('an empty policy lets everything through', () => {
    expect(filterOf(' { } ')(published({}))).toBe(true)
  })
})

describe('on the body', () => {
  test.each<[unknown, unknown, boolean]>([
    [{ detail: { ref: ['main'] } }, { detail: { ref: 'main' } }, true],
    [{ detail: { ref: ['main'] } }, { detail: { ref: ['dev', 'main'] } }, true],
    [{ detail: { ref: ['main'] } }, { detail: 'main' }, false],
    [{ a: [null] }, { a: null }, true],
    [{ a: [null] }, {}, false],
    [{ a: [1] }, { a: 1.0 }, true],
    [{ a: ['1'] }, { a: 1 }, false],
    [{ a: [false] }, { a: false }, true],
    [{ a: { b: [{ exists: false }] } }, {}, true],
    [{ a: [{ exists: true }] }, { a: { b: 1 } }, false],
    // both keys in one element of the list
    [{ r: { x: ['1'], y: ['2'] } }, { r: [{ x: '1', y: '2' }, { x: '3' }] }, true],
    [{ r: { x: ['1'], y: ['2'] } }, { r: [{ x: '1' }, { y: '2' }] }, false],
    [{ $or: [{ a: { b: ['1'] } }, { c: ['2'] }] }, { a: { b: '1' } }, true],
    [{ 'a.b': ['1'] }, { a: { b: '1' } }, false],
  ])('%j of %j: %s', (policy, body, passes) => {
    expect(filterOf(policy, 'MessageBody')(published({}, JSON.stringify(body)))).toBe(passes)
  })

  test.each(['no json', '[]', '7', '"x"'])('%s is no object and passes no filter', (body) => {
    expect(filterOf({ a: [{ exists: true }] }, 'MessageBody')(published({}, body))).toBe(false)
  })
})

// texts and columns as recorded from AWS
test.each([
  ['{"key":[["value"]]}', 'Match value must be String, number, true, false, or null', 10],
  ['{"key":[{"wrong-operator":true}]}', 'Unrecognized match type wrong-operator', 31],
  ['{"key":[{"suffix":"value","prefix":"value2"}]}', 'Only one key allowed in match expression', 37],
  ['{"key":[{"suffix":100}]}', 'suffix match pattern must be a string', 22],
  ['{"key":[{"suffix":null}]}', 'suffix match pattern must be a string', 23],
  ['{"key":{"suffix":"value"}}', '"suffix" must be an object or an array', 19],
  ['{"key":[{"suffix":["test","test2"]}]}', 'suffix match pattern must be a string', 20],
  ['{"key":{"not-an-operator":"value"}}', '"not-an-operator" must be an object or an array', 28],
  ['{"key_a":"value_one"}', '"key_a" must be an object or an array', 11],
  ['{"key":[{"numeric":[]}]}', 'Invalid member in numeric match: ]', 22],
  ['{"key":[{"numeric":["operator"]}]}', 'Unrecognized numeric range operator: operator', 32],
  ['{"key":[{"numeric":[1,"<="]}]}', 'Invalid member in numeric match: 1', 22],
  ['{"key":[{"numeric":["=","000"]}]}', 'Value of equals must be numeric', 26],
  ['{"key":[{"numeric":[">="]}]}', 'Value of >= must be numeric', 26],
  ['{"key":[{"numeric":["<",100,">",10]}]}', 'Too many elements in numeric expression', 30],
  ['{"key":[{"numeric":[">=",1,">",2]}]}', 'Bad numeric range operator: >', 31],
  ['{"key":[{"numeric":[">",3,"<",1]}]}', 'Bottom must be less than top', 33],
  ['{"key":[{"numeric":[">",20,"<="]}]}', 'Value of <= must be numeric', 33],
  ['{"key":[{"numeric":[">",20,30]}]}', 'Bad value in numeric range: 30', 30],
  ['{"key":[{"numeric":[">",20,"test"]}]}', 'Bad numeric range operator: test', 34],
  ['{"key":[{"numeric":[">","20","<","30"]}]}', 'Value of > must be numeric', 26],
  ['{"key":[{"numeric":[">",20,"<",30,"<",50]}]}', 'Too many terms in numeric range expression', 36],
  ['{"key":[{"exists":null}]}', 'exists match pattern must be either true or false.', 23],
  ['{"key":[{"exists":"no"}]}', 'exists match pattern must be either true or false.', 20],
  ['{"key":[]}', 'Empty arrays are not allowed', 10],
])('%s: %s at column %i', (policy, why, column) => {
  const message = `FilterPolicy: ${why}\n at [Source: (String)"${policy}"; line: 1, column: ${column}]`
  expect(() => filterOf(policy.replaceAll(':', ' : '))).toThrow(message)
})

test.each([
  [{ key: Array.from({ length: 151 }, (_, n) => n) }, 'FilterPolicy: Filter policy is too complex'],
  [{ a: Array(13).fill('x'), b: Array(12).fill('x') }, 'FilterPolicy: Filter policy is too complex'],
  [
    Object.fromEntries([...'abcdef'].map((key) => [key, ['x']])),
    'FilterPolicy: Filter policy can not have more than 5 keys',
  ],
  [{ a: { b: ['c'] } }, 'Filter policy scope MessageAttributes does not support nested filter policy'],
])('refuses %.0j', (policy, why) => {
  expect(() => filterOf(policy)).toThrow(why)
})

test('up to 150 combinations pass: values times depth, multiplied; sides of $or added', () => {
  const nested = (c: number, e: number) => ({
    a: { b: { c: Array(c).fill('x') } },
    d: { e: Array(e).fill('x') },
  })
  // 4 × 3 × 3 × 2 = 72, 5 × 3 × 5 × 2 = 150, 5 × 3 × 6 × 2 = 180
  filterOf(nested(4, 3), 'MessageBody')
  filterOf(nested(5, 5), 'MessageBody')
  expect(() => filterOf(nested(5, 6), 'MessageBody')).toThrow('too complex')
  const or = (n: number) => ({
    s: Array(10).fill('x'),
    $or: [{ a: Array(n).fill('x') }, { b: Array(7).fill('x') }],
  })
  filterOf(or(8))
  expect(() => filterOf(or(9))).toThrow('too complex')
})

test('tokens lie where the compact text has them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value)
      // fast-check's -0 is 0 in JSON
      const tokens = tokensOf(JSON.parse(json))
      expect(tokens.at(-1)?.end).toBe(json.length + 1)
      for (const { kind, value: given, end } of tokens)
        if (kind === 'string' || kind === 'name')
          expect(JSON.parse(json.slice(end - 1 - JSON.stringify(given).length, end - 1))).toBe(given)
        else expect(json.slice(0, end - 1).endsWith(kind === 'number' ? String(given) : kind)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test.each([
  [
    '{invalid}',
    "Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]",
  ],
  [
    'invalid',
    "Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 8]",
  ],
  ['{"a":1', /^Unexpected end-of-input: expected close marker for Object \(start marker at .*column: 1\]\)/],
  ['{"a" 1}', /was expecting a colon/],
  ['[1 2]', /was expecting comma to separate Array entries/],
  ['{"a":}', /^Unexpected character \('}' \(code 125\)\)/],
])('%s is no JSON: %s', (given, why) => {
  expect(jsonFailure(given)).toEqual(typeof why === 'string' ? why : expect.stringMatching(why))
})

test('whatever is JSON has nothing wrong, and whatever is not ends in words', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.json().map((json) => json.slice(0, -1)),
      ),
      (given) => {
        let good = true
        try {
          JSON.parse(given)
        } catch {
          good = false
        }
        expect(jsonFailure(given) === undefined).toBe(good)
      },
    ),
    { numRuns: 500 },
  )
})
