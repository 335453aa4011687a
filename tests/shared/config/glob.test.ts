import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooses, GLOB, matchesGlob } from '../../../shared/config/glob.ts'

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '_'), maxLength: 12 })
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '?'), maxLength: 12 })

/** The same by a regular expression, which is slow on bad patterns but plain to see. */
const byRegExp = (pattern: string, text: string): boolean => {
  const source = pattern.replace(/[.-]/g, '\\$&').replaceAll('?', '.').replace(/\*+/g, '.*')
  return new RegExp(`^${source}$`, 's').test(text)
}

test('agrees with the regular expression of the same meaning', () => {
  fc.assert(
    fc.property(glob, name, (pattern, text) => matchesGlob(pattern, text) === byRegExp(pattern, text)),
    {
      numRuns: 5_000,
    },
  )
})

test('a name matches itself, and the star matches all', () => {
  fc.assert(fc.property(name, (text) => matchesGlob(text, text) && matchesGlob('*', text)))
})

test('no pattern takes more steps than pattern times name', () => {
  let reads = 0
  const counted = new Proxy(new String('a'.repeat(100)), {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
      return Reflect.get(target, key, target)
    },
  }) as unknown as string
  expect(matchesGlob(`${'*a'.repeat(49)}*b`, counted)).toBe(false)
  expect(reads).toBeLessThanOrEqual(100 * 100)
})

describe('lists', () => {
  test.each([
    [['*'], 'orders', true],
    [['orders', 'web-?'], 'web-1', true],
    [['orders', 'web-?'], 'web-10', false],
    [['*', '!legacy-*'], 'legacy-billing', false],
    [['!legacy-*', '*'], 'legacy-billing', false],
    [['!legacy-*', '*'], 'orders', true],
    [['!a'], 'b', false],
    [['Orders'], 'orders', false],
    [[], 'orders', false],
  ])('%j and %s: %s', (globs, text, expected) => {
    expect(chooses(globs, text)).toBe(expected)
  })
})

test('what a glob may hold', () => {
  for (const good of ['*', '!*-x', 'a.b_c-d', '?'.repeat(100)]) expect(good).toMatch(GLOB)
  for (const bad of ['', '!', 'a b', 'a/b', '[ab]', '{a,b}', '!!a', 'a'.repeat(101)])
    expect(bad).not.toMatch(GLOB)
})
