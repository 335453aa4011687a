import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compilePattern } from '../../../local/eventbridge/pattern.ts'
import { testPattern } from '../../../local/eventbridge/test-pattern.ts'

/** One case of tests/fixtures/event-patterns; its file's name says what must come of it. */
interface Case {
  readonly says?: string
  /** as an object, or as the text itself where its digits, keys or mistakes count */
  readonly pattern: object | string
  readonly detail?: object | string
  readonly reason?: string
}

const folder = join(import.meta.dirname, '../../fixtures/event-patterns')
const text = (value: object | string): string => (typeof value === 'string' ? value : JSON.stringify(value))
const EVENT = {
  version: '0',
  id: 'e-1',
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: '111122223333',
  time: '2031-05-17T09:04:33Z',
  region: 'eu-west-1',
  resources: ['arn:aws:codecommit:eu-west-1:111122223333:orchard'],
}
const eventWith = (detail: object | string): string =>
  `${JSON.stringify(EVENT).slice(0, -1)},"detail":${text(detail)}}`

const files = readdirSync(folder)
const cases = (kind: string) =>
  files
    .filter((file) => file.endsWith(`.${kind}.json`))
    .map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case] as const)

test('every case says what must come of it', () => {
  expect(files.filter((file) => !/\.(match|miss|refused)\.json$/.test(file))).toEqual([])
})

describe.each([
  ['match', true],
  ['miss', false],
])('%s', (kind, expected) => {
  test.each(cases(kind))('%s', (_, { pattern, detail = {} }) => {
    expect(testPattern({ EventPattern: text(pattern), Event: eventWith(detail) })).toEqual({
      Result: expected,
    })
  })
})

describe('refused', () => {
  test.each(cases('refused'))('%s', (_, { pattern, reason }) => {
    let refusal: unknown
    try {
      compilePattern(text(pattern))
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({
      code: 'InvalidEventPatternException',
      status: 400,
      message: `Event pattern is not valid. Reason: ${reason}`,
    })
  })
})

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const name = fc.stringMatching(/^[a-z]{1,6}$/)

test('a pattern that lists an event’s own leaves matches it, and no longer once one differs', () => {
  const { tree } = fc.letrec<{ tree: unknown; branch: object }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, leaf, tie('branch')),
    branch: fc.dictionary(name, tie('tree'), { minKeys: 1, maxKeys: 4 }),
  }))
  const patternOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, patternOf(inner)]))
      : [value]
  fc.assert(
    fc.property(fc.dictionary(name, tree, { minKeys: 1, maxKeys: 4 }), (made) => {
      const pattern = JSON.stringify(patternOf(made))
      fc.pre(pattern.length < 4_000)
      const matches = compilePattern(pattern)
      expect(matches(JSON.parse(JSON.stringify(made)))).toBe(true)
      expect(matches({ ...made, more: 1 })).toBe(true)
      expect(matches({ ...made, [Object.keys(made)[0]!]: 'something else entirely' })).toBe(false)
    }),
  )
})

test('anything-but holds for exactly the values that are there and not listed', () => {
  const small = fc.integer({ min: 0, max: 5 })
  const lists = fc.oneof(
    fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    fc.array(small, { minLength: 1 }),
  )
  const values = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd', '1'), small, fc.boolean(), fc.constant(null))
  fc.assert(
    fc.property(lists, values, (list, value) => {
      const differs = compilePattern(JSON.stringify({ a: [{ 'anything-but': list }] }))
      const same = compilePattern(JSON.stringify({ a: list }))
      expect(differs({ a: value })).toBe(!same({ a: value }))
      expect(differs({ b: value })).toBe(false)
    }),
  )
})

test('numeric ranges agree with plain comparison, and numbers with their other spellings', () => {
  const number = fc.integer({ min: -5_000_000, max: 5_000_000 }).map((millionths) => millionths / 1_000)
  fc.assert(
    fc.property(number, number, number, fc.boolean(), fc.boolean(), (a, b, value, openLow, openHigh) => {
      fc.pre(a !== b)
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      const range = [openLow ? '>' : '>=', low, openHigh ? '<' : '<=', high]
      const matches = compilePattern(JSON.stringify({ a: [{ numeric: range }] }))
      const inside = (openLow ? value > low : value >= low) && (openHigh ? value < high : value <= high)
      expect(matches({ a: value })).toBe(inside)
      for (const spelling of [String(value), value.toExponential(), value.toFixed(3), `${value}e0`])
        expect(
          testPattern({
            EventPattern: `{"detail":{"a":[${value.toExponential()}]}}`,
            Event: eventWith(`{"a":${spelling}}`),
          }),
        ).toEqual({ Result: true })
    }),
  )
})

test('wildcards agree with a regular expression', () => {
  const part = fc.stringMatching(/^[ab]{0,3}$/)
  const wild = (pattern: string) => {
    try {
      return compilePattern(JSON.stringify({ a: [{ wildcard: pattern }] }))
    } catch (error) {
      expect((error as Error).message).toMatch(/Rule is too complex|Consecutive wildcard characters/)
      return undefined
    }
  }
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.stringMatching(/^[ab]{0,8}$/),
      (parts, value) => {
        const matches = wild(parts.join('*'))
        fc.pre(matches !== undefined)
        expect(matches?.({ a: value })).toBe(new RegExp(`^${parts.join('.*')}$`).test(value))
      },
    ),
  )
})

test('any text ends in a matcher or in a coded error', () => {
  const verdict = (pattern: string) => {
    try {
      compilePattern(pattern)({ a: 'b' })
    } catch (error) {
      expect(error).toMatchObject({
        code: 'InvalidEventPatternException',
        message: expect.stringMatching(/^Event pattern is not valid\. Reason: ./),
      })
    }
  }
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => json.slice(0, -1)),
      ),
      verdict,
    ),
  )
})

test('what the reader takes for JSON is what JSON.parse takes', () => {
  const read = (event: string): unknown => {
    try {
      return testPattern({ EventPattern: '{"id":["e-1"]}', Event: event })
    } catch {
      return undefined
    }
  }
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '}', '"', '0', 'e', '\\', '[', ' '),
      (json, at, extra) => {
        const cut = at % (json.length + 1)
        const broken = eventWith(`${json.slice(0, cut)}${extra}${json.slice(cut)}`)
        let valid = true
        try {
          JSON.parse(broken)
        } catch {
          valid = false
        }
        expect(read(broken) !== undefined).toBe(valid)
      },
    ),
  )
})
