import { expect, test } from '@jest/globals'
import { tryTheSweep, unreachableReplica } from './sweep.ts'

test('the sweep alone, killed in the middle: no repository is left out, and the one that is unreachable is reported once', async () => {
  const found = await tryTheSweep({ repositories: 12, killAfter: 14, more: 2, hurry: true, minutes: 2 })
  expect(found).toMatchObject({
    different: [unreachableReplica],
    failed: [unreachableReplica],
    deadLetters: 1,
  })
  expect(found.killed).toBeGreaterThan(0)
  expect(found.resumed.length).toBeGreaterThan(0)
}, 240_000)
