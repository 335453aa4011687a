import { beforeEach, expect, test } from '@jest/globals'
import { alone, type RunParts } from '../../cli/failover/run.ts'
import { openRuns } from '../../shared/store/procedures.ts'
import { memoryTable } from '../support/memory-table.ts'

const orders = { account: '111111111111', region: 'us-east-1', name: 'orders' }
let runs: ReturnType<typeof openRuns>
let time: number
let ids: number
beforeEach(() => {
  runs = openRuns(memoryTable())
  time = 1_800_000_000_000
  ids = 0
})

/** Pauses pass at once, and let others go on. */
const partsOf = (by: string): RunParts => ({
  runs,
  by,
  id: () => `run-${++ids}`,
  now: () => time,
  pause: async (milliseconds) => {
    time += milliseconds
    await new Promise(setImmediate)
  },
  signal: new AbortController().signal,
})

test('of two runs one waits for the other, of other repositories none does', async () => {
  const course: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = alone(
    partsOf('nina'),
    orders,
    () => course.push('nina waits'),
    async () => {
      course.push('nina begins')
      await gate.promise
      course.push('nina ends')
    },
  )
  const second = alone(
    partsOf('otto'),
    orders,
    (run) => {
      course.push(`otto waits for ${run?.by}`)
      gate.resolve()
    },
    async () => void course.push('otto begins'),
  )
  await alone(
    partsOf('otto'),
    { ...orders, name: 'other' },
    () => course.push('waits'),
    async () => undefined,
  )
  await Promise.all([first, second])
  expect(course).toEqual(['nina begins', 'otto waits for nina', 'nina ends', 'otto begins'])
})

test('a run that was killed is over by itself; one that goes on is named', async () => {
  await runs.take(orders, { id: 'killed', by: 'nina', until: time + 20_000 }, time)
  expect(
    await alone(
      partsOf('otto'),
      orders,
      () => undefined,
      async () => 'done',
    ),
  ).toBe('done')
  await runs.take(orders, { id: 'alive', by: 'nina', until: time + 1e9 }, time)
  await expect(
    alone(
      partsOf('otto'),
      orders,
      () => undefined,
      async () => 'done',
    ),
  ).rejects.toThrow(/nina is at a failover/)
})

test('who has been overtaken is told before the next step, and takes nothing away from the other', async () => {
  const attempt = alone(
    partsOf('nina'),
    orders,
    () => undefined,
    async ({ check }) => {
      await check()
      time += 60_000
      expect(await runs.take(orders, { id: 'next', by: 'otto', until: time + 20_000 }, time)).toBe(true)
      await check()
    },
  )
  await expect(attempt).rejects.toMatchObject({ code: 'CLAIM_LOST' })
  expect((await runs.holder(orders))?.by).toBe('otto')
})
