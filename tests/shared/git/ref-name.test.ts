import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isCodeCommitRefName, isRefName } from '../../../shared/git/ref-name.ts'

const good = [
  'refs/heads/main',
  'refs/heads/feature/a.b-c_d',
  'refs/heads/größe/日本',
  'refs/heads/-dash',
  'refs/heads/HEAD',
  'refs/tags/v1.0.0',
  'refs/heads/a@b',
  'refs/heads/a{b}',
  "refs/heads/it's;$(x)",
]
const bad = [
  '',
  'main',
  'HEAD',
  'refs/notes/x',
  'refs/headsx/a',
  'refs/heads/',
  'refs/heads//a',
  'refs/heads/a/',
  'refs/heads/.a',
  'refs/heads/a/.b',
  'refs/heads/a.lock',
  'refs/heads/a.lock/b',
  'refs/heads/a..b',
  'refs/heads/a.',
  'refs/heads/a b',
  'refs/heads/a\tb',
  'refs/heads/a\nb',
  'refs/heads/a~1',
  'refs/heads/a^',
  'refs/heads/a^{}',
  'refs/heads/a:b',
  'refs/heads/a?',
  'refs/heads/a*',
  'refs/heads/[a',
  'refs/heads/a\\b',
  'refs/heads/a@{1}',
  'refs/heads/a\x7f',
]

const gitAccepts = (name: string): boolean => {
  try {
    execFileSync('git', ['check-ref-format', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('git’s rules', () => {
  test.each(good)('%j is a ref', (name) => expect(isRefName(name)).toBe(true))
  test.each(bad)('%j is none', (name) => expect(isRefName(name)).toBe(false))

  test('git check-ref-format judges branch names the same', () => {
    const letters = fc.constantFrom(...'ab./@{}~^:?*[\\ -', '.lock', 'é', '..')
    const names = fc.sample(fc.array(letters, { minLength: 1, maxLength: 6 }), 150)
    for (const parts of names) {
      const name = `refs/heads/${parts.join('')}`
      expect([name, isRefName(name)]).toEqual([name, gitAccepts(name)])
    }
  })
})

describe('CodeCommit’s rules', () => {
  test('256 characters pass, 257 do not', () => {
    expect(isCodeCommitRefName(`refs/heads/${'ü'.repeat(256)}`)).toBe(true)
    expect(isCodeCommitRefName(`refs/heads/${'a'.repeat(257)}`)).toBe(false)
  })

  test('neither @ nor what looks like an object id', () => {
    expect(isCodeCommitRefName('refs/heads/@')).toBe(false)
    expect(isCodeCommitRefName(`refs/heads/${'a1'.repeat(20)}`)).toBe(false)
    expect(isCodeCommitRefName(`refs/heads/${'a1'.repeat(20)}a`)).toBe(true)
  })
})
