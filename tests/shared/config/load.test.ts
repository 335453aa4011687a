import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { loadConfig } from '../../../shared/config/load.ts'
import { parseConfig } from '../../../shared/config/parse.ts'

const folder = mkdtempSync(join(tmpdir(), 'relay-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): URL => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return pathToFileURL(path)
}

test('reads what the build wrote', () => {
  const config = parseConfig(
    "version: 1\nreplicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]\n",
  )
  expect(loadConfig(file('relay.json', JSON.stringify(config)))).toEqual(config)
})

test.each([
  ['not JSON', '{'],
  ['another version', '{"version":2,"replicate":[],"notify":[]}'],
  ['nothing', 'null'],
  ['a part', '{"version":1}'],
])('%s is refused', (name, text) => {
  expect(() => loadConfig(file(`${name}.json`, text))).toThrow(/^CONFIG_INVALID/)
})

test('a missing file is refused', () => {
  expect(() => loadConfig(pathToFileURL(join(folder, 'none.json')))).toThrow(/^CONFIG_INVALID/)
})
