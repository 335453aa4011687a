import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { jsonSchemaText } from '../../../shared/config/json-schema.ts'

const committed = readFileSync(new URL('../../../docs/relay.schema.json', import.meta.url), 'utf8')

test('the file for editors is up to date (npm run schema)', () => {
  expect(committed).toBe(jsonSchemaText())
})

interface Part {
  description?: string
  properties?: Record<string, Part>
  items?: Part
  additionalProperties?: Part | boolean
}

test('every key is described and every mapping closed', () => {
  const visit = (part: Part, path: string) => {
    expect([path, part.description ?? 'none']).not.toEqual([path, 'none'])
    if (part.properties) expect([path, part.additionalProperties]).toEqual([path, false])
    for (const [key, inner] of Object.entries(part.properties ?? {})) visit(inner, `${path}.${key}`)
    if (typeof part.additionalProperties === 'object') visit(part.additionalProperties, `${path}.*`)
    if (part.items?.properties) visit(part.items, `${path}[]`)
  }
  visit(JSON.parse(committed) as Part, 'relay.yml')
})
