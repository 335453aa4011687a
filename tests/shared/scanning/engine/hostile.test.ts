import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { automatonOf, hasWord, layoutOf } from '../../../../shared/scanning/engine/automaton.ts'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import { Windows } from '../../../../shared/scanning/engine/windows.ts'
import { allowlist, rule, ruleSet } from './rules.ts'

const body = '[a-z0-9]{8}'
const set = ruleSet(
  [
    rule('tok', { regex: `\\b(tok_${body})\\b`, keywords: ['tok_'] }),
    rule('open', { regex: '(?s)BEGIN (.{4,}?) END', keywords: ['begin'] }),
    rule('foreign', { regex: '(?:[a-z]+)+=!', keywords: ['key'], vetted: false }),
    rule('listed', {
      regex: 'key=([a-z]+)',
      keywords: ['key'],
      allowlists: [allowlist({ regexes: ['(?:a+)+b'], regexTarget: 'line', stopwords: ['zz'] })],
    }),
    rule('everything', { regex: 'k[^k]y' }),
  ],
  [{ ...allowlist({ paths: ['\\.lock$'] }), targetRules: [] }],
)
const compiled = compileRules(set)

test('any bytes give a result', () => {
  const engine = createEngine(compiled, { decodeDepth: 2 })
  const bits = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom(
        'tok_',
        'abcd1234',
        'BEGIN ',
        ' END',
        'key=',
        '%41',
        '\\u0041',
        'dG9rX2FiY2QxMjM0',
        '\ufeff',
        '\n',
        'é',
      )
      .map((text) => new Uint8Array(Buffer.from(text))),
    fc.constantFrom('key=tok_', 'BEGIN').map((text) => new Uint8Array(Buffer.from(text, 'utf16le'))),
  )
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 30 }), (all) => {
      const text = Buffer.concat(all)
      for (const hit of engine.scan(text, { path: 'a' }).hits) {
        expect(hit.start).toBeGreaterThanOrEqual(0)
        expect(hit.end).toBeGreaterThanOrEqual(hit.start)
        expect(hit.end).toBeLessThanOrEqual(text.length)
        expect(hit.endLine).toBeGreaterThanOrEqual(hit.startLine)
      }
    }),
    { numRuns: 1000 },
  )
})

test('100,000 finds in one line: a thousand are kept, and the rest is told', () => {
  const text = Buffer.from('tok_abcd1234 '.repeat(100_000))
  const { hits, unscanned } = createEngine(compiled, { timeMs: 600_000 }).scan(text, { path: 'a' })
  expect(hits).toHaveLength(1_000)
  expect(new Set(hits.map((hit) => hit.line)).size).toBe(1)
  expect(unscanned).toContainEqual({ reason: 'findings', ruleId: 'tok' })
})

/** a clock that has so many looks until the time is up */
const looks = (many: number): (() => number) => {
  let left = many
  return () => (left-- > 0 ? 0 : 1e9)
}

test('a text full of keywords is left when the time is up, and its rest is told', () => {
  const text = Buffer.from('key=a '.repeat(100_000))
  const { hits, unscanned } = createEngine(compiled, { timeMs: 1 }, looks(3)).scan(text, { path: 'a' })
  expect(hits).toEqual([])
  const [first] = unscanned
  expect(first).toEqual({ reason: 'time', bytes: expect.any(Number) })
  expect(first?.bytes).toBeGreaterThan(text.length / 2)
  expect(first?.bytes).toBeLessThan(text.length)
  const { unscanned: inTime } = createEngine(compiled, { timeMs: 600_000 }).scan(text, { path: 'a' })
  expect(inTime.filter(({ reason }) => reason === 'time')).toEqual([])
})

test('a walk over one long span looks at the time', () => {
  // one span of a rule without bound, in which the automaton finds nothing
  const text = Buffer.from(`BEGIN ${'x '.repeat(2_000_000)}`)
  const scan = (now: () => number) => createEngine(compiled, { timeMs: 1 }, now).scan(text, { path: 'a' })
  let asked = 0
  const { unscanned } = scan(() => {
    asked += 1
    return 0
  })
  expect(unscanned).toEqual([])
  // the pass for keywords asks every 32 KB, and the walk every 64 KB
  expect(asked).toBeGreaterThan((text.length / 32_768) * 1.4)
  expect(scan(looks(asked - 20)).unscanned).toContainEqual({ reason: 'time', ruleId: 'open' })
})

test('the last byte of a long text', () => {
  const text = Buffer.concat([Buffer.alloc(3_000_002, 'x \n'), Buffer.from('tok_abcd1234')])
  const [hit] = createEngine(compiled).scan(text, { path: 'a' }).hits
  expect([hit?.start, hit?.end]).toEqual([text.length - 12, text.length])
})

test('a path that is allowed is not looked at', () => {
  expect(createEngine(compiled).scan(Buffer.from('tok_abcd1234'), { path: 'a.lock' })).toEqual({
    hits: [],
    unscanned: [],
  })
})

test('many keywords make few windows', () => {
  const bytes = Buffer.from('key'.repeat(50_000))
  const inside = new Uint8Array(256).fill(1)
  for (const reach of [
    { before: 10, after: 90, length: 100 },
    { before: -1, after: -1, length: -1 },
  ]) {
    const windows = new Windows()
    for (let at = 0; at < bytes.length; at += 3) windows.add(at, reach, bytes, inside)
    expect(windows.spans).toEqual([0, bytes.length])
  }
})

test('the automaton finds what a plain search finds', () => {
  const words = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'c', 'é'), minLength: 1, maxLength: 4 }),
    { maxLength: 6 },
  )
  const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'c', 'é', ' '), maxLength: 20 })
  const latin1 = (one: string): string => Buffer.from(one).toString('latin1')
  const lower = (one: string): string => one.replace(/[A-Z]/g, (char) => char.toLowerCase())
  fc.assert(
    fc.property(words, text, (all, one) => {
      expect(hasWord(automatonOf(layoutOf(all.map(latin1)).layout), latin1(one))).toBe(
        all.some((word) => lower(one).includes(lower(word))),
      )
    }),
    { numRuns: 2000 },
  )
})

test("a line's allow-list is asked of each line, for all finds on it", () => {
  const fake = allowlist({ regexes: ['fake'], regexTarget: 'line' })
  const rules = ruleSet([
    rule('a', { regex: 'a=\\w+', keywords: ['a='], allowlists: [fake] }),
    rule('b', { regex: 'b=\\w+', keywords: ['b='], allowlists: [fake] }),
  ])
  const text = 'a=1 b=2 fake\na=3 b=4 real\na=5 b=6 fake\na=7 b=8 a=9\n'
  const found = createEngine(compileRules(rules)).scan(Buffer.from(text), { path: 'x' }).hits
  expect(found.map(({ match }) => match)).toEqual(['a=3', 'b=4', 'a=7', 'b=8', 'a=9'])
})
