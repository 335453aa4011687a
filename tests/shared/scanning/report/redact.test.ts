import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { maskOf, PART, redact } from '../../../../shared/scanning/report/redact.ts'

describe('redact', () => {
  test.each([
    ['', ''],
    ['a', 'REDACTED'],
    ['fifteen letters', 'REDACTED'],
    ['sixteen letters!', 'six…'],
    ['twenty letters here!', 'twen…'],
    ['x'.repeat(4000), 'xxxx…'],
    ['😀'.repeat(20), '😀😀😀😀…'],
    [`-----BEGIN KEY-----\n${'a'.repeat(60)}\n-----END KEY-----`, 'REDACTED'],
    [`${'a'.repeat(60)}\r`, 'REDACTED'],
  ])('%j becomes %j', (secret, shown) => {
    expect(redact(secret)).toBe(shown)
  })

  test('shows at most 4 characters and at most a fifth', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (secret) => {
        const shown = redact(secret)
        if (shown === 'REDACTED') return
        const points = [...shown.replace(/…$/, '')]
        expect(points.length).toBeLessThanOrEqual(Math.min(4, [...secret].length / 5))
        expect(secret.startsWith(points.join(''))).toBe(true)
      }),
    )
  })
})

describe('mask', () => {
  const mask = maskOf(['hunter2hunter', 'abcdefghijkl', 'xyz'])

  test.each([
    ['nothing here', 'nothing here'],
    ['key="hunter2hunter";', 'key="REDACTED";'],
    ['hunter2hunterabcdefghijkl', 'REDACTED'],
    ['a hunter came', 'a hunter came'.replace('hunter', 'REDACTED')],
    ['abcd efgh', 'abcd efgh'],
    ['cut: cdefgh|', 'cut: REDACTED|'],
    ['xyz, xy', 'REDACTED, xy'],
  ])('parts of %j: %j', (text, shown) => {
    expect(mask.parts(text)).toBe(shown)
  })

  test.each([
    ['a hunter came', 'a hunter came'],
    ['hunter2hunter2hunter', 'REDACTED'],
    ['xyz abcdefghijkl', 'REDACTED REDACTED'],
  ])('wholes of %j: %j', (text, shown) => {
    expect(mask.wholes(text)).toBe(shown)
  })

  test('wholes leaves short ones where it is told to', () => {
    expect(mask.wholes('xyz abcdefghijkl', 8)).toBe('xyz REDACTED')
  })

  test('of two that begin alike the longer goes', () => {
    expect(maskOf(['abcdefg', 'abcdefghij']).wholes('abcdefghijk abcdefgh')).toBe('REDACTEDk REDACTEDh')
  })

  test('leaves no half of a character', () => {
    expect(maskOf(['ab😀cd']).parts('ab😀').isWellFormed()).toBe(true)
  })

  test('no part of any secret is left', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 60 })
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 })),
        text,
        (secrets, given) => {
          const left = maskOf(secrets).parts(given)
          for (const secret of secrets) {
            const size = Math.min(PART, secret.length)
            for (let at = 0; at + size <= secret.length; at += 1) {
              expect(left).not.toContain(secret.slice(at, at + size))
            }
          }
          const kept = maskOf(secrets).wholes(given)
          for (const secret of secrets) expect(kept).not.toContain(secret)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
