import { setImmediate } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Engine } from '../../../../shared/scanning/types.ts'
import { scanPieces } from '../../../../shared/scanning/walk/pieces.ts'

test('between two pieces of a large text others have their turn, as who extends a claim', async () => {
  const turns: string[] = []
  const engine: Engine = {
    rules: { rules: [], allowlists: [] },
    scan: () => {
      turns.push('piece')
      return { hits: [], unscanned: [] }
    },
  }
  const others = (async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      await setImmediate()
      turns.push('other')
    }
  })()
  const text = Buffer.alloc(1_000_000, 'line\n')
  await Promise.all([scanPieces(engine, [text], { path: '' }, 300_000), others])
  expect(turns.slice(0, 4)).toEqual(['piece', 'other', 'piece', 'other'])
})

test('a time that is up within a large text: no further piece is looked at, and the bytes left out are told', async () => {
  let looked = 0
  const engine: Engine = {
    rules: { rules: [], allowlists: [] },
    scan: () => {
      looked += 1
      return { hits: [], unscanned: [] }
    },
  }
  const budget = { isLate: () => looked === 2, bytes: 1_000_000 }
  const { unscanned } = await scanPieces(
    engine,
    [Buffer.alloc(1_000_000, 'a')],
    { path: '' },
    200_000,
    budget,
  )
  expect(looked).toBe(2)
  // two pieces, of each the last 64 KiB is left to the next
  expect(unscanned).toEqual([{ reason: 'time', bytes: 1_000_000 - 2 * (200_000 - 65_536) }])
})
