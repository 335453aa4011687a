import fc from 'fast-check'

// Small alphabets, so that random patterns and random texts meet.
const atoms = fc.constantFrom(
  'a',
  'b',
  'k',
  's',
  'A',
  '_',
  '-',
  '1',
  ' ',
  '\\n',
  'é',
  '€',
  'ß',
  '\\x{e9}',
  '\\.',
)
const classes = fc.constantFrom(
  '.',
  '[ab]',
  '[^a]',
  '[a-z]',
  '[^\\n]',
  '\\w',
  '\\W',
  '\\d',
  '\\s',
  '\\S',
  '[[:alpha:]]',
  '[é€]',
  '[^é]',
  '[\\w.-]',
  '[^[:space:]b]',
  '\\pL',
  '[a-zé-ü]',
)
const asserts = fc.constantFrom('\\b', '\\B', '^', '$', '\\A', '\\z', '(?m:^)', '(?m:$)')
const counts = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{0,3}', '{2}', '{1,2}?', '{2,}', '{0,2}?')

/** Patterns in Go's syntax. */
export const patterns: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atoms,
    classes,
    asserts,
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie('node'), counts).map(([a, count]) => `(?:${a})${count}`),
    tie('node').map((a) => `(${a})`),
    tie('node').map((a) => `(?i:${a})`),
    tie('node').map((a) => `(?s:${a})`),
    tie('node').map((a) => `(?U:${a})`),
    tie('node').map((a) => `(?:a(?i)${a})`),
  ),
})).node

const chars = fc.constantFrom(
  'a',
  'b',
  'k',
  's',
  'A',
  'B',
  'K',
  'S',
  '_',
  '-',
  '1',
  ' ',
  '\n',
  '.',
  'é',
  '€',
  '\u212a',
  '\u017f',
  '😀',
  '\r',
)

/** UTF-8 texts, as latin1. */
export const texts: fc.Arbitrary<string> = fc
  .array(chars, { maxLength: 24 })
  .map((all) => Buffer.from(all.join('')).toString('latin1'))
