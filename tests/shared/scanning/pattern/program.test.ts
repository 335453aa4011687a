import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Node } from '../../../../shared/scanning/pattern/ast.ts'
import { LazyDfa } from '../../../../shared/scanning/pattern/dfa.ts'
import { nfaOf } from '../../../../shared/scanning/pattern/nfa.ts'
import { parsePattern } from '../../../../shared/scanning/pattern/parse.ts'
import { programWriter, readProgram } from '../../../../shared/scanning/pattern/program.ts'
import { patterns, texts } from './arbitrary.ts'

const treeOf = (source: string): Node => {
  const pattern = parsePattern(source)
  if ('mistake' in pattern) throw new Error(`${source}: ${pattern.mistake}`)
  return pattern.root
}
const dfaOf = (node: Node): LazyDfa => {
  const nfa = nfaOf(node)
  if (!nfa) throw new Error('too large')
  return new LazyDfa(nfa)
}

test('what was written matches what the tree does', () => {
  const write = programWriter()
  fc.assert(
    fc.property(patterns, texts, fc.boolean(), (source, text, folds) => {
      fc.pre(!('mistake' in parsePattern(source)))
      const tree = treeOf(folds ? `(?i)${source}` : source)
      const bytes = Buffer.from(text, 'latin1')
      const program = write(tree)
      expect(JSON.parse(JSON.stringify(program.text))).toBe(program.text)
      expect(dfaOf(readProgram(program)).firstEnd(bytes, 0, bytes.length)).toBe(
        dfaOf(tree).firstEnd(bytes, 0, bytes.length),
      )
    }),
    { numRuns: 3000 },
  )
})

test.each([
  ['', ''],
  ['abc', 'abc'],
  ['(?i)api_key', '~api_key'],
  ['(?i:api)X', '~apiX'],
  ['(?i:api)x', '~api\u00a1'],
  ['Ab(?i:c)', 'Ab\u00a1'],
  ['(?:a|bc)?d*', '(a|bc)?d*'],
  ['(?:ab){2,}', '(ab){2,}'],
  ['(?:a{2}){3}', '(a{2}){3}'],
  ['(?:)*', '()*'],
  ['a|', '(a|)'],
  ['x{10}y{2,300}z+?', 'x{10}y{2,300}z+'],
  ['\\bkey\\(\\{\\?\\^~"', '^4key\u00a1\u00a2\u00a3\u00a4\u00a5\u00a6'],
  ['a}1', 'a}1'],
  ['\\b1//0', '^41//0'],
])('%s is written %s', (source, text) => {
  const program = programWriter()(treeOf(source))
  expect(program.text).toBe(text)
  expect(programWriter()(readProgram(program)).text).toBe(text)
})
