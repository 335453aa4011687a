import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Compiled } from '../../../../shared/scanning/engine/compile.ts'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import { packRules, unpackRules } from '../../../../shared/scanning/engine/packed.ts'
import { fill } from './fill.ts'
import { pack } from './pack.ts'
import { samples } from './samples/all.ts'

const compiled = compileRules(pack.rules)

/** Every rule with a keyword in the text looks at all of it: no words, no windows, no automata. */
const plain: Compiled = {
  ...compiled,
  expressions: compiled.expressions.map(
    ({ words: _, around: __, program: ___, ascii: ____, bytes: _____, ...rest }) => rest,
  ),
}
const limits = { timeMs: 600_000, hits: 100_000 }
const quick = createEngine(unpackRules(packRules(compiled)), limits)
const slow = createEngine(plain, limits)

const templates = Object.entries(samples).flatMap(([id, { hits, misses }]) =>
  [...hits, ...misses].map((template, at) => fill(template, `${id} ${at}`).replace(/[⟦⟧]/g, '')),
)
const keywords = [...new Set(pack.rules.rules.flatMap((rule) => rule.keywords))]
const noise = [
  '\n',
  ' ',
  '=',
  ': ',
  '"',
  "'",
  ';',
  ' = ',
  '(',
  '.',
  '-',
  '_',
  'x',
  '7',
  '\t',
  '\r\n',
  ',',
  '>',
  '${',
]
const beyond = ['é', '€', '\u212a', '\u017f', '\u0130', '😀', 'ß']

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...templates) },
  // the beginning or the end of one, so that matches end where something else begins
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...templates), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
      .map(([text, part, front]) => {
        const at = Math.floor(text.length * part)
        return front ? text.slice(0, at) : text.slice(at)
      }),
  },
  { weight: 4, arbitrary: fc.constantFrom(...keywords).map((word) => word) },
  { weight: 2, arbitrary: fc.constantFrom(...keywords).map((word) => word.toUpperCase()) },
  { weight: 8, arbitrary: fc.constantFrom(...noise) },
  { weight: 1, arbitrary: fc.nat({ max: 300 }).map((count) => 'aB3'.repeat(count)) },
)
const texts = (more: readonly string[]) =>
  fc
    .array(more.length === 0 ? piece : fc.oneof({ weight: 9, arbitrary: piece }, fc.constantFrom(...more)), {
      minLength: 1,
      maxLength: 24,
    })
    .map((all) => all.join(''))

const found = (engine: typeof quick, text: string) => {
  const { hits, unscanned } = engine.scan(Buffer.from(text), { path: 'a.txt' })
  if (unscanned.length > 0) throw new Error(`not all was looked at: ${JSON.stringify(unscanned)}`)
  return hits.map(({ rule: { id }, start, end, secret }) => ({ id, start, end, secret })).sort(inOrder)
}
const inOrder = (a: { id: string; start: number }, b: { id: string; start: number }): number =>
  a.start - b.start || (a.id < b.id ? -1 : 1)

test.each([
  ['ASCII', []],
  ['other letters, such as fold to ASCII too', beyond],
])('what words, windows and automata leave is found as in the whole text: %s', (_, more) => {
  let finds = 0
  fc.assert(
    fc.property(texts(more), (text) => {
      const expected = found(slow, text)
      finds += expected.length
      expect(found(quick, text)).toEqual(expected)
    }),
    { numRuns: 120 },
  )
  expect(finds).toBeGreaterThan(50)
})

test('so it is in a text so full of keywords that the automata give up', () => {
  const unit = fc.array(fc.oneof(fc.constantFrom(...keywords), fc.constantFrom(...noise)), {
    minLength: 1,
    maxLength: 3,
  })
  const full = fc
    .tuple(unit, fc.array(piece, { minLength: 4, maxLength: 12 }), fc.nat({ max: 1_500 }))
    .map(([parts, all, least]) => {
      const run = parts.join('').repeat(Math.ceil((1_000 + least) / parts.join('').length))
      return `${run}${all.join(run)}${run}`
    })
  let finds = 0
  fc.assert(
    fc.property(full, (text) => {
      const expected = found(slow, text)
      finds += expected.length
      expect(found(quick, text)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
  expect(finds).toBeGreaterThan(25)
})

test('each sample alone, at the very beginning and end of a text and between other letters', () => {
  const places = templates.flatMap((text) => [text, ` ${text}`, `\n${text}\n`, `é${text}€`])
  // thousands: what is equal is not worth the matcher's words
  const other = places.filter((text) => !isDeepStrictEqual(found(quick, text), found(slow, text)))
  expect(other.map((text) => [text, found(quick, text), found(slow, text)])).toEqual([])
})
