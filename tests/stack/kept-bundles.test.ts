import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Bundles, keptBundles } from '../../stack/kept-bundles.ts'

const bundles = (word: string): Bundles => ({
  mirror: new Map([['main.mjs', Buffer.from(`mirror ${word}`)]]),
  functions: new Map([['notify', new Map([['chunks/one.mjs', Buffer.from(`chunk ${word}`)]])]]),
  rules: Buffer.from('[]'),
})

let root: string
let kept: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'relay-kept-'))
  kept = join(root, '.build')
  mkdirSync(join(root, 'functions/notify'), { recursive: true })
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'functions/notify/main.ts'), 'one')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const make = (word: string) => keptBundles(root, kept, async () => bundles(word))
/** whose bundles those are */
const wordOf = ({ mirror, functions, rules }: Bundles) => [
  Buffer.from(mirror.get('main.mjs') ?? []).toString(),
  Buffer.from(functions.get('notify')?.get('chunks/one.mjs') ?? []).toString(),
  Buffer.from(rules).toString(),
]
const all = (word: string) => [`mirror ${word}`, `chunk ${word}`, '[]']

test('the same sources are bundled once, and what was kept is what was made', async () => {
  expect(wordOf(await make('first'))).toEqual(all('first'))
  expect(wordOf(await make('second'))).toEqual(all('first'))
})

test.each([
  ['a text', 'functions/notify/main.ts', 'two'],
  ['a new file', 'functions/notify/more.ts', ''],
  ['what is installed', 'node_modules/.package-lock.json', '{}'],
  ['how it is bundled', 'tsconfig.json', '{}'],
])('%s changes: bundled anew, and the former bundles go', async (_, path, text) => {
  await make('first')
  writeFileSync(join(root, path), text)
  expect(wordOf(await make('second'))).toEqual(all('second'))
  expect(readdirSync(kept)).toHaveLength(1)
})

test('a build that fails keeps nothing', async () => {
  await expect(
    keptBundles(root, kept, async () => {
      throw new Error('does not build')
    }),
  ).rejects.toThrow('does not build')
  expect(wordOf(await make('second'))).toEqual(all('second'))
})

test('a file that was cut short is no bundle: they are made anew, and kept', async () => {
  await make('first')
  const file = join(kept, readdirSync(kept)[0] ?? '')
  writeFileSync(file, readFileSync(file).subarray(0, -1))
  expect(wordOf(await make('second'))).toEqual(all('second'))
  expect(wordOf(await make('third'))).toEqual(all('second'))
})

test('where nothing can be kept, a build has its bundles all the same', async () => {
  writeFileSync(kept, 'a file where the folder should be')
  expect(wordOf(await make('first'))).toEqual(all('first'))
  expect(wordOf(await make('second'))).toEqual(all('second'))
})
