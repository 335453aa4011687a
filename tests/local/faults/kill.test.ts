import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { armKill } from '../../../local/faults/kill.ts'

const tally = () => {
  const kills: number[] = []
  return { kills, kill: () => void kills.push(kills.length) }
}

test('kills after its time, or when what it waits for has happened, and once', async () => {
  const { kills, kill } = tally()
  const happens = Promise.withResolvers<void>()
  armKill({ killAfterMs: 5, killOn: happens.promise }, kill)
  expect(kills).toHaveLength(0)
  happens.resolve()
  await sleep(30)
  expect(kills).toHaveLength(1)
})

test('kills nobody who has ended, nor one without a fault', async () => {
  const { kills, kill } = tally()
  const happens = Promise.withResolvers<void>()
  const disarm = armKill({ killAfterMs: 5, killOn: happens.promise }, kill)
  armKill({}, kill)
  disarm()
  happens.resolve()
  await sleep(30)
  expect(kills).toHaveLength(0)
})
