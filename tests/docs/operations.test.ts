import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { operationsPage } from './operations.ts'

test('docs/local-operations.md lists what is served; `npm run docs` writes it anew', async () => {
  expect(readFileSync('docs/local-operations.md', 'utf8')).toBe(await operationsPage())
})
