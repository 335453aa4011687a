import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { FARGATE_SIZES, memoryText } from '../../shared/config/fargate.ts'
import { ConfigError } from '../../shared/config/mistakes.ts'
import { parseConfig } from '../../shared/config/parse.ts'
import { examples, WRONG } from './examples.ts'

const guide = readFileSync(new URL('../../docs/configure.md', import.meta.url), 'utf8')

/** ```` ```yaml ```` blocks of the guide */
const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '')

/** A block as a whole file: what it leaves out is added. */
const whole = (block: string): string => {
  const version = block.includes('version:') ? '' : 'version: 1\n'
  const rules = block.includes('replicate:')
    ? ''
    : "replicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]\n"
  return `${version}${rules}${block}`
}

const keysIn = (part: unknown): string[] => {
  if (typeof part !== 'object' || part === null) return []
  const { properties = {}, ...others } = part as { properties?: object }
  return [
    ...Object.keys(properties),
    ...[...Object.values(properties), ...Object.values(others)].flatMap(keysIn),
  ]
}

describe('docs/configure.md', () => {
  test.each(blocks)('the example is sound:\n%s', (block) => {
    expect(() => parseConfig(whole(block))).not.toThrow()
  })

  test.each(Object.keys(examples()))('what it shows of "%s" is what Relay writes', (name) => {
    const shown = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(guide)?.[1]
    expect(shown).toBe(examples()[name])
  })

  test('the example of mistakes has some', () => {
    expect(() => parseConfig(WRONG)).toThrow(ConfigError)
  })

  test('every key is there', () => {
    const file = new URL('../../docs/relay.schema.json', import.meta.url)
    const names = keysIn(JSON.parse(readFileSync(file, 'utf8')))
    expect(names.length).toBeGreaterThan(25)
    for (const name of names) expect(guide).toMatch(new RegExp(`[\`.]${name}[\`.[]`))
  })

  test('every size of Fargate is there', () => {
    for (const [cpu, sizes] of FARGATE_SIZES) expect(guide).toContain(`| ${cpu} | ${memoryText(sizes)} |`)
  })
})
