import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { validate } from 'dockerfile-utils'

const text = readFileSync('containers/mirror/Dockerfile', 'utf8')
const instructions = text
  .replaceAll('\\\n', ' ')
  .split('\n')
  .flatMap((line) => (/^[A-Z]/.test(line) ? [/^(\S+)\s+(.*)$/.exec(line)?.slice(1) ?? []] : []))
const all = (keyword: string) => instructions.filter(([word]) => word === keyword).map(([, rest]) => rest)

test('the Dockerfile is a valid one', () => {
  const problems = validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)
  expect(problems).toEqual([])
})

test('its base is pinned by a digest that the builder gives', () => {
  expect(all('FROM')).toEqual([`${'$'}{BASE_IMAGE}@${'$'}{BASE_DIGEST} AS base`, 'scratch'])
  expect(all('ARG')).toContain('BASE_DIGEST')
})

test('it runs our program, not as root, with a work folder that may be a volume', () => {
  expect(all('USER').at(-1)).toBe('1000:1000')
  expect(all('CMD').at(-1)).toBe('["node", "main.mjs"]')
  expect(all('WORKDIR').at(-1)).toBe('/app')
  expect(all('VOLUME').at(-1)).toBe('["/work"]')
  expect(all('ENV')).toContain('TMPDIR=/work')
})

test('it installs git and nothing else', () => {
  const installed = [...text.matchAll(/apk add --no-cache ([^\\\n]+)/g)].map((match) => match[1]?.trim())
  expect(installed).toEqual(['git'])
})

test('what is sent to the builder is the programs and the rules', () => {
  const kept = readFileSync('containers/mirror/Dockerfile.dockerignore', 'utf8').trim().split('\n')
  expect(kept).toEqual([
    '*',
    '!.build/mirror/main.mjs',
    '!.build/mirror/credential.mjs',
    '!.build/mirror/scan.mjs',
    '!.build/mirror/rules.json.br',
  ])
})
