import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Pattern } from '../../../../shared/scanning/pattern/ast.ts'
import { emitGo } from '../../../../shared/scanning/pattern/emit.ts'
import {
  type Expression,
  goExpression,
  type Match,
  re2Expression,
  runnerOf,
  v8Expression,
} from '../../../../shared/scanning/pattern/expression.ts'
import { parsePattern } from '../../../../shared/scanning/pattern/parse.ts'
import { patterns, texts } from './arbitrary.ts'

const all = (expression: Expression, text: string): Match[] => {
  const find = expression.on(text)
  const found: Match[] = []
  for (let from = 0; from <= text.length; ) {
    const match = find(from)
    if (!match) break
    found.push(match)
    from = match.end > match.start ? match.end : match.end + 1
    while ((text.charCodeAt(from) & 0xc0) === 0x80) from += 1
  }
  return found
}

const v8 = (source: string): Expression => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${source}: ${pattern.mistake}`)
  return v8Expression(() => pattern.root)
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

test('random patterns over random texts: V8 finds what re2js finds, group by group', () => {
  fc.assert(
    fc.property(patterns, texts, (source, text) => {
      const pattern = parsePattern(source)
      fc.pre(!('mistake' in pattern) && runnerOf(pattern.root, true) === 'v8')
      const ours = all(v8(source), text).filter(({ start, end }) => end > start)
      expect(ours).toEqual(all(re2Expression(source), text).filter(({ start, end }) => end > start))
    }),
    { numRuns: 3000 },
  )
})

test('random patterns written in Go’s syntax again mean the same', () => {
  fc.assert(
    fc.property(patterns, texts, (source, text) => {
      const pattern = parsePattern(source)
      fc.pre(!('mistake' in pattern))
      expect(all(re2Expression(emitGo((pattern as Pattern).root)), text)).toEqual(
        all(re2Expression(source), text),
      )
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['(?i)abc', 'xABc', 'ABc'],
  ['a(?i)b|c', 'C', 'C'],
  ['(?i:a)b', 'Ab AB', 'Ab'],
  ['(?i)key', utf8('\u212aEY'), utf8('\u212aEY')],
  ['x(?i)ſ', 'xS', 'xS'],
  ['\\Aab\\z', 'ab', 'ab'],
  ['(?P<name>a)', 'ba', 'a'],
  ['(?<name>a)', 'ba', 'a'],
  ['[[:alpha:]]+', '1ab2', 'ab'],
  ['[[:^alpha:]]+', 'a12b', '12'],
  ['\\x{41}\\x42\\103', 'ABC', 'ABC'],
  ['\\Qa.b\\E+', 'a.bb', 'a.bb'],
  ['(?U)a+', 'aaa', 'a'],
  ['(?U)a+?', 'aaa', 'aaa'],
  ['(?m)^b$', 'a\nb\nc', 'b'],
  ['(?s)a.b', 'a\nb', 'a\nb'],
  ['a.b', utf8('aéb'), utf8('aéb')],
  ['^.{2}$', utf8('é€'), utf8('é€')],
  ['[é-ü]+', utf8('aéüb'), utf8('éü')],
  ['\\pL+', utf8('1éß2'), utf8('éß')],
  ['\\p{Greek}', utf8('aλ'), utf8('λ')],
  ['[^a]b', '\xff\xfeb', '\xfeb'],
  ['a{,2}', 'a{,2}', 'a{,2}'],
  ['\\s', '\v\t', '\t'],
  ['[\\x60\'"\\s;]', '`', '`'],
  ['a|ab', 'ab', 'a'],
  ['[]a]+', ']a', ']a'],
  ['\\_\\-\\/', '_-/', '_-/'],
])('%s finds in %j: %j', (source, text, expected) => {
  const match = v8(source).on(text)(0)
  expect(match && text.slice(match.start, match.end)).toBe(expected)
  const other = re2Expression(source).on(text)(0)
  expect(other && text.slice(other.start, other.end)).toBe(expected)
})

// by Go's unicode.SimpleFold
test.each([
  ['(?i)k', 'kK\u212a'],
  ['(?i)σ', 'σςΣ'],
  ['(?i)ß', 'ßẞ'],
  ['(?i)[Ǆ]', 'Ǆǅǆ'],
  ['(?i)å', 'åÅ\u212b'],
  ['(?i)\\x{10428}', '𐐀𐐨'],
  ['(?i)i', 'iI'],
  ['(?i)İ', 'İ'],
  ['(?i)日', '日'],
  ['(?i)[\\x{100}-\\x{10ffff}]', 'kKsµå\u212aſσ日İıτ'],
])('%s is all of %s and nothing else', (source, letters) => {
  for (const run of [v8(source), re2Expression(source)])
    expect([...new Set(`${letters}iıİτ`)].filter((letter) => run.on(utf8(letter))(0))).toEqual([...letters])
})

test.each([
  ['a**', 'a repeat of a repeat', 2],
  ['*a', 'nothing to repeat', 0],
  ['(a', 'missing', 0],
  ['a)', 'unexpected', 1],
  ['[a', 'missing', 0],
  ['a{1001}', '1000', 1],
  ['(?:a{500}){3}', 'multiply', 0],
  ['(?=a)', 'look-around', 0],
  ['\\1', '\\1', 0],
  ['\\Z', '\\Z', 0],
  ['[b-a]', 'backwards', 1],
  ['[[:no:]]', 'no class', 1],
  ['\\p{Nope}', 'Unicode', 0],
  ['(?P<a b>x)', 'name', 2],
  ['a\\', 'backslash', 1],
  ['(?i', 'look-around', 0],
])('%s is refused: %s at %i', (source, mistake, at) => {
  expect(parsePattern(source)).toEqual({ mistake: expect.stringContaining(mistake), at })
})

test.each([
  ['ghp_[0-9a-zA-Z]{36}', 'v8'],
  ['\\bkey[ \\t]{0,9}=[ \\t]{0,9}([a-z]{20})(?:[\\s;]|$)', 'v8'],
  ['eyJ[\\w-]{20,}', 'v8'],
  ['(?:a+)+b', 're2'],
  ['(?:a|a)*b', 're2'],
  ['\\w+@', 're2'],
  ['=\\s*[\\s\\w]*;', 're2'],
  ['-----BEGIN[\\s\\S]{64,}?-----END', 're2'],
  ['(?:(a)|b)*', 're2'],
  ['x(?:[ab]{0,900}[bc]{0,900})d', 're2'],
])('%s runs on %s', (source, runner) => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(pattern.mistake)
  expect(runnerOf(pattern.root, true)).toBe(runner)
  expect(runnerOf(pattern.root, false)).toBe('re2')
})

test('an expression that Go refuses is not made', () => {
  expect(() => goExpression('(', 'own')).toThrow('missing at 0')
})
