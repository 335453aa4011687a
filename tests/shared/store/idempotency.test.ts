import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openOnce } from '../../../shared/store/idempotency.ts'
import { openSweepMarkers } from '../../../shared/store/marker.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let server: TestTable
let time = 1_000_000
beforeAll(async () => {
  server = await startTable()
})
afterAll(() => server.close())
const open = () => openOnce({ table: server.table, now: () => time, id: randomUUID })

test('work is done once per key, and again after it was forgotten', async () => {
  const { once } = open()
  let runs = 0
  const work = async () => {
    runs += 1
  }
  expect(await once('a', 10, 60, work)).toBe('done')
  expect(await once('a', 10, 60, work)).toBe('already')
  expect(await once('b', 10, 60, work)).toBe('done')
  time += 62_000
  expect(await once('a', 10, 60, work)).toBe('done')
  expect(runs).toBe(3)
})

test('while one is at it, the others are told to come again; of many, one does it', async () => {
  const { once } = open()
  let runs = 0
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () =>
      once('together', 10, 60, async () => {
        runs += 1
        await new Promise((resolve) => setTimeout(resolve, 300))
      }),
    ),
  )
  expect(runs).toBe(1)
  const lost = results.filter((result) => result.status === 'rejected')
  expect(lost).toHaveLength(5)
  expect(lost.every(({ reason }) => reason.code === 'CLAIM_LOST')).toBe(true)
})

test('work that throws gives the key back at once', async () => {
  const { once } = open()
  const failure = new Error('no')
  await expect(once('c', 10, 60, () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await once('c', 10, 60, async () => {})).toBe('done')
})

test('a dead worker’s lease ends, and a slow one does not undo its successor', async () => {
  const { once } = open()
  const slow = once('d', 10, 60, async () => {
    time += 11_000
    expect(await once('d', 10, 60, async () => {})).toBe('done')
    throw new Error('too late')
  })
  await expect(slow).rejects.toThrow('too late')
  expect(await once('d', 10, 60, async () => {})).toBe('already')
})

test('one sweep is under way; a dead one is taken up or replaced by exactly one, and ends once', async () => {
  const markers = openSweepMarkers(server.table)
  const sweep = { id: 'a', begunAt: 1_000, aliveUntil: 2_000, bounds: ['k', 'z'] }
  expect(await markers.read()).toBeUndefined()
  expect(await markers.begin(sweep, undefined)).toBe(true)
  expect(await markers.begin({ ...sweep, id: 'b' }, undefined)).toBe(false)
  await markers.done('a', 1)
  await markers.done('a', 1)
  await markers.done('b', 0)
  await markers.alive('a', 1_500)
  const seen = await markers.read()
  expect(seen).toEqual({ ...sweep, done: [1], again: false })
  // of many that found it dead, one takes it up
  const taken = await Promise.all([1, 2, 3].map(() => markers.resume(seen!, 5_000)))
  expect(taken.filter(Boolean)).toHaveLength(1)
  expect(await markers.read()).toMatchObject({ aliveUntil: 5_000, resumedWith: 1 })
  expect(await markers.begin({ ...sweep, id: 'late' }, seen)).toBe(false)
  await markers.letGo('a')
  const dead = await markers.read()
  const replaced = await Promise.all(['c', 'd'].map((id) => markers.begin({ ...sweep, id }, dead)))
  expect(replaced.filter(Boolean)).toHaveLength(1)
  const { id } = (await markers.read())!
  expect(await markers.askAgain('a')).toBe(false)
  expect(await markers.askAgain(id)).toBe(true)
  expect(await markers.read()).toMatchObject({ id, again: true, done: [] })
  expect(await Promise.all([markers.end(id), markers.end(id)])).toEqual(expect.arrayContaining([true, false]))
  expect(await markers.read()).toBeUndefined()
})

test('what an earlier version left in the place of the marker is written over', async () => {
  await server.table.put({ pk: 'marker', sk: 'sweep' }, { at: 'somewhere' })
  const markers = openSweepMarkers(server.table)
  expect(await markers.read()).toBeUndefined()
  expect(await markers.begin({ id: 'a', begunAt: 1, aliveUntil: 2, bounds: [] }, undefined)).toBe(true)
})
