import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IGNORE_MOST, readIgnoreFile } from '../../../../shared/scanning/conventions/ignore-file.ts'
import { renderMistake } from '../../../../shared/scanning/conventions/mistakes.ts'
import type { Finding } from '../../../../shared/scanning/finding.ts'
import { raw } from '../report/findings.ts'

const COMMIT = 'c'.repeat(40)
const { finding } = raw('Zq8Lw0Rt5Yp2Kx7Vb3Nm')
const at = (more: Partial<Finding>): Finding => ({ ...finding, ...more })

describe('an entry', () => {
  const entries: [what: string, entry: string, allows: boolean][] = [
    ['of a place in any commit', 'src/a.ts:our-token:2', true],
    ['of a place in the commit', `${COMMIT}:src/a.ts:our-token:2`, true],
    ['with spaces around', '  src/a.ts:our-token:2\t\r', true],
    ['with backslashes', 'src\\a.ts:our-token:2', true],
    ['with a commit and backslashes', `${COMMIT}:src\\a.ts:our-token:2`, true],
    ['of the secret itself', finding.fingerprint, true],
    ['of another commit', `${'d'.repeat(40)}:src/a.ts:our-token:2`, false],
    ['of another line', 'src/a.ts:our-token:22', false],
    ['of another rule', 'src/a.ts:our:2', false],
    ['of another file', 'src/a.tsx:our-token:2', false],
    ['of another secret', `k1:${'0'.repeat(64)}`, false],
    ['as a comment', '# src/a.ts:our-token:2', false],
    ['of gitleaks, with a glob, which it does not know either', 'src/*:our-token:2', false],
  ]
  test.each(entries)('%s', (_, entry, allows) => {
    const file = readIgnoreFile(`\n${entry}\n`)
    expect(file.mistakes).toEqual([])
    expect(file.entryFor(finding) !== undefined).toBe(allows)
  })

  test('with a colon in the path', () => {
    const file = readIgnoreFile('src/a:b.ts:our-token:2\nC:\\x\\y:our-token:3')
    expect(file.mistakes).toEqual([])
    expect(file.entryFor(at({ path: 'src/a:b.ts' }))?.line).toBe(1)
    expect(file.entryFor(at({ path: 'C:/x/y', startLine: 3 }))?.line).toBe(2)
  })

  test('of a message, which has no file', () => {
    const message = at({ kind: 'commit-message', path: '', startLine: 1 })
    expect(readIgnoreFile(`${COMMIT}::our-token:1`).entryFor(message)?.line).toBe(1)
    expect(readIgnoreFile(':our-token:1').entryFor(message)?.line).toBe(1)
  })

  test('of a path, on line 0', () => {
    expect(readIgnoreFile('src/a.ts:our-token:0').entryFor(at({ startLine: 0 }))?.line).toBe(1)
  })
})

test('says why, from the comments above', () => {
  const text = `\ufeff# old keys
## revoked in 2019
a:r:1
b:r:2
# another
c:r:3

d:r:4
`
  const file = readIgnoreFile(text)
  expect(file.mistakes).toEqual([])
  const entryOf = (path: string, startLine: number) => file.entryFor(at({ path, ruleId: 'r', startLine }))
  expect(entryOf('a', 1)).toEqual({ line: 3, reason: 'old keys revoked in 2019' })
  expect(entryOf('b', 2)).toEqual({ line: 4, reason: 'old keys revoked in 2019' })
  expect(entryOf('c', 3)).toEqual({ line: 6, reason: 'another' })
  expect(entryOf('d', 4)).toEqual({ line: 8, reason: '' })
})

test('lines of another form are told, and the others hold', () => {
  const file = readIgnoreFile(
    'src/a.ts:our-token\nsrc/a.ts:our-token:2 # why\nabc\na:b:c\nsrc/a.ts:our-token:2',
  )
  expect(file.mistakes.map(renderMistake)).toEqual(
    [
      '1 expected FILE:RULE:LINE, COMMIT:FILE:RULE:LINE or a fingerprint KEY:HEX, found parts: 2',
      '2 expected FILE:RULE:LINE, COMMIT:FILE:RULE:LINE or a fingerprint KEY:HEX, found a comment behind an entry',
      '3 expected FILE:RULE:LINE, COMMIT:FILE:RULE:LINE or a fingerprint KEY:HEX, found parts: 1',
      '4 expected FILE:RULE:LINE, COMMIT:FILE:RULE:LINE or a fingerprint KEY:HEX, found parts: 3',
    ].map((line) => `.gitleaksignore:${line} (ignored)`),
  )
  expect(file.entryFor(finding)?.line).toBe(5)
})

test('too long a file is not used', () => {
  const file = readIgnoreFile(`src/a.ts:our-token:2\n${'#'.repeat(IGNORE_MOST)}`)
  expect(file.mistakes).toHaveLength(1)
  expect(file.entryFor(finding)).toBeUndefined()
})

test('every finding is allowed by the fingerprint that gitleaks would write for it', () => {
  const name = fc
    .string({ minLength: 1 })
    .filter((text) => text.trim() === text && !/[\n\r#\ufeff]/.test(text))
  const id = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
  fc.assert(
    fc.property(name, id, fc.nat(), fc.boolean(), (path, ruleId, startLine, withCommit) => {
      const one = at({ path, ruleId, startLine })
      const written = `${withCommit ? `${COMMIT}:` : ''}${path}:${ruleId}:${startLine}`
      const file = readIgnoreFile(written)
      expect(file.mistakes).toEqual([])
      expect(file.entryFor(one)).toBeDefined()
      expect(file.entryFor({ ...one, startLine: startLine + 1 })).toBeUndefined()
    }),
  )
})
