import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openStore } from '../../../local/state/store.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'damage-'))
  file = join(folder, 'state.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const RECORDS = 400
const fill = () => {
  const store = openStore(file)
  store.transaction(() => {
    for (let i = 0; i < RECORDS; i += 1)
      store.collection('things').put(String(i).padStart(4, '0'), { i, text: 'apple '.repeat(60) })
  })
  store.close()
}
const readAll = () => {
  const store = openStore(file)
  const entries = store.collection<{ i: number }>('things').entries()
  store.collection('things').put('new', { i: -1 })
  store.close()
  return { damage: store.damage, entries }
}

test('a sound database has no damage', () => {
  fill()
  expect(readAll()).toMatchObject({ damage: [], entries: { length: RECORDS } })
})

describe('a damaged database is put aside, and what can be read of it is kept', () => {
  const wreck: readonly [string, () => void, (kept: number) => void][] = [
    [
      'pages in the middle overwritten',
      () => {
        const bytes = readFileSync(file)
        bytes.fill(0xa5, 40_960, 49_152)
        writeFileSync(file, bytes)
      },
      (kept) => {
        expect(kept).toBeGreaterThan(RECORDS / 4)
        expect(kept).toBeLessThan(RECORDS)
      },
    ],
    [
      'no database at all',
      () => writeFileSync(file, 'apples\n'.repeat(1_000)),
      (kept) => expect(kept).toBe(0),
    ],
    ['cut off', () => truncateSync(file, 60_000), (kept) => expect(kept).toBeLessThan(RECORDS)],
  ]
  test.each(wreck)('%s', (_, damage, check) => {
    fill()
    damage()
    const first = readAll()
    expect(first.damage).toEqual([
      expect.stringMatching(/state\.db is damaged \(.+put aside as .+\.damaged-1/),
    ])
    check(first.entries.length)
    for (const [key, value] of first.entries) expect(value.i).toBe(Number(key))
    expect(readdirSync(folder)).toContain('state.db.damaged-1')
    // and from now on it is sound
    expect(readAll()).toMatchObject({ damage: [], entries: { length: first.entries.length + 1 } })
  })
})

test('one record that cannot be read is taken out, and named', () => {
  fill()
  const raw = new DatabaseSync(file)
  raw.prepare("UPDATE documents SET value = '{broken' WHERE key = '0007'").run()
  raw.close()
  const { damage, entries } = readAll()
  expect(damage).toEqual(['The record 0007 of things cannot be read; it was taken out.'])
  expect(entries).toHaveLength(RECORDS - 1)
})
