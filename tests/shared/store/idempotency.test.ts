import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openOnce } from '../../../shared/store/idempotency.ts'
import { openMarker } from '../../../shared/store/marker.ts'
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

test('a marker is read back, and goes', async () => {
  const marker = openMarker(server.table, 'sweep')
  expect(await marker.read()).toBeUndefined()
  await marker.write('here')
  expect(await marker.read()).toBe('here')
  await marker.write(undefined)
  expect(await marker.read()).toBeUndefined()
})
