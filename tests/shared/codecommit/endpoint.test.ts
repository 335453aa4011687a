import { describe, expect, test } from '@jest/globals'
import { gitUrl } from '../../../shared/codecommit/endpoint.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const codeFor = (template: string | undefined, region: string, name: string): string | undefined => {
  try {
    gitUrl(template, region, name)
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

test.each([
  ['us-east-1', 'orchard', 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/orchard'],
  ['us-gov-west-1', 'a', 'https://git-codecommit.us-gov-west-1.amazonaws.com/v1/repos/a'],
  [
    'cn-north-1',
    'Orchard_1.x-y',
    'https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/Orchard_1.x-y',
  ],
])('AWS’s own endpoint in %s', (region, name, url) => expect(gitUrl(undefined, region, name)).toBe(url))

test('a template keeps its scheme and port', () => {
  const template = 'http://git-codecommit.{region}.amazonaws.com.localhost:4566'
  expect(gitUrl(template, 'eu-west-1', 'orchard')).toBe(
    'http://git-codecommit.eu-west-1.amazonaws.com.localhost:4566/v1/repos/orchard',
  )
  expect(gitUrl(`${template}/`, 'eu-west-1', 'orchard')).toBe(gitUrl(template, 'eu-west-1', 'orchard'))
})

describe('names', () => {
  test('100 characters pass, 101 do not', () => {
    expect(codeFor(undefined, 'eu-west-1', 'a'.repeat(100))).toBeUndefined()
    expect(codeFor(undefined, 'eu-west-1', 'a'.repeat(101))).toBe('NAME_INVALID')
  })

  test.each(['', '.', '..', 'a/b', '../a', 'a.git', 'a b', 'a?x', 'a#x', 'a%2f', 'größe', 'a\n'])(
    '%j is no repository',
    (name) => expect(codeFor(undefined, 'eu-west-1', name)).toBe('NAME_INVALID'),
  )

  test.each(['', 'eu', 'EU-WEST-1', 'eu-west-1.evil.example', 'eu-west-1/', 'eu-west-1@x', 'x\ny-1'])(
    '%j is no region',
    (region) => expect(codeFor(undefined, region, 'orchard')).toBe('NAME_INVALID'),
  )
})

test.each([
  '',
  'git.example.org',
  'ftp://x/',
  'https://user@x',
  'https://user:word@x',
  'https://x/path',
  'https://x/?q',
])('%j is no endpoint', (template) =>
  expect(codeFor(template, 'eu-west-1', 'orchard')).toBe('ENVIRONMENT_INVALID'),
)
