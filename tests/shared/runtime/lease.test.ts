import { expect, test } from '@jest/globals'
import { openLease, whenLost } from '../../../shared/runtime/lease.ts'

// what a holder of a replica's claim sees of it: tests/shared/replication/ways.test.ts

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const facts = { repository: 'us-east-1/orders', claim: 'c-1' }

/** On a clock that only pauses move; the claim is another's from the third extension on. */
const hold = (until: number) => {
  const extended: [at: number, until: number][] = []
  let clock = 1_000
  const lease = openLease(
    {
      log,
      now: () => clock,
      pause: async (milliseconds) => {
        clock += milliseconds
      },
      extend: async (next) => {
        extended.push([clock, next])
        return extended.length < 3
      },
    },
    { leaseMs: 100, beatMs: 10, until, facts },
  )
  return { lease, extended }
}

test.each([
  ['that holds is extended at the first beat', 1_100, [1_010, 1_020, 1_030]],
  ['of which that is not known is extended at once', 1_000, [1_000, 1_010, 1_020]],
])('a claim %s, and its loss is told', async (_, until, times) => {
  const { lease, extended } = hold(until)
  await expect(whenLost(lease)).rejects.toMatchObject({ code: 'CLAIM_LOST', data: facts })
  await expect(whenLost(lease)).rejects.toMatchObject({ code: 'CLAIM_LOST' })
  expect(extended).toEqual(times.map((at) => [at, at + 100]))
  await lease.stop()
})
