import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compilePattern } from '../../../local/eventbridge/pattern.ts'

interface Case {
  readonly says: string
  readonly pattern: object | string
  readonly verdict: 'matches' | 'differs' | 'refused'
}

const folder = join(import.meta.dirname, 'patterns')
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))
const event = read('event.json')

const verdictOf = (pattern: object | string): Case['verdict'] => {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern)
  try {
    return compilePattern(text)(event) ? 'matches' : 'differs'
  } catch (error) {
    expect(error).toMatchObject({
      code: 'InvalidEventPatternException',
      message: expect.stringMatching(/^Event pattern is not valid\. Reason: ./),
    })
    return 'refused'
  }
}

for (const file of readdirSync(folder).filter((name) => name !== 'event.json'))
  describe(file, () => {
    test.each((read(file) as Case[]).map((each) => [each.says, each] as const))(
      '%s',
      (_, { pattern, verdict }) => {
        expect(verdictOf(pattern)).toBe(verdict)
      },
    )
  })

test('a pattern that lists an event’s own leaves matches it, and no longer once one differs', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  const { tree } = fc.letrec<{ tree: unknown; branch: object }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, leaf, tie('branch')),
    branch: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('tree'), { minKeys: 1, maxKeys: 4 }),
  }))
  const patternOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, patternOf(inner)]))
      : [value]
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tree, { minKeys: 1, maxKeys: 4 }),
      (made) => {
        const pattern = JSON.stringify(patternOf(made))
        fc.pre(pattern.length < 4_000)
        const matches = compilePattern(pattern)
        expect(matches(made)).toBe(true)
        expect(matches({ ...made, more: 1 })).toBe(true)
        expect(matches({ ...made, [Object.keys(made)[0]!]: 'something else entirely' })).toBe(false)
      },
    ),
  )
})

test('wildcards agree with a regular expression', () => {
  const text = fc.stringMatching(/^[ab]{0,8}$/)
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), text, (parts, value) => {
      const pattern = parts.join('*')
      fc.pre(!pattern.includes('**'))
      const matches = compilePattern(JSON.stringify({ a: [{ wildcard: pattern }] }))
      expect(matches({ a: value })).toBe(new RegExp(`^${parts.join('.*')}$`).test(value))
    }),
  )
})

test('any text ends in a matcher or in a coded error', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void verdictOf(text)))
})
