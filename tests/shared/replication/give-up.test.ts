import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from '@jest/globals'
import type { Parts } from '../../../shared/replication/ports.ts'
import { giveUp } from '../../../shared/replication/report.ts'
import type { Code } from '../../../shared/runtime/errors.ts'
import { openOnce } from '../../../shared/store/idempotency.ts'
import { openReplicas, type ReplicaStore } from '../../../shared/store/replicas.ts'
import { memoryTable } from '../../support/memory-table.ts'

const repository = { account: '111111111111', region: 'us-east-1', name: 'orders' }
const pair = { repository, replica: { ...repository, region: 'eu-west-1' } }
const proof = { digest: 'sha256:1', refs: 1, at: '2031-05-17T08:00:00.000Z' }
const kept = { plan: 'sha256:2', refs: 1, at: proof.at }

let parts: Parts
let store: ReplicaStore
let told: string[]
let still: number
beforeEach(() => {
  const table = memoryTable()
  const now = () => Date.parse(proof.at) + 60_000
  store = openReplicas(table)
  told = []
  still = 0
  parts = {
    store,
    now,
    once: openOnce({ table, now, id: randomUUID }).once,
    emit: async (_, detail) => void told.push((detail as { code: string }).code),
    reader: { readRefs: () => Promise.reject(new Error('nobody reads')) },
    meter: { put: () => undefined },
    log: {
      info: () => undefined,
      warn: (message) => {
        if (message === 'still failing') still += 1
      },
      error: () => undefined,
    },
  }
})
const fail = (code: Code) => giveUp(parts, pair, { code, reason: 'no', attempts: 5 })

test.each<[string, readonly Code[], readonly Code[]]>([
  ['the same again', ['REMOTE_DENIED', 'REMOTE_DENIED'], ['REMOTE_DENIED']],
  ['by the relay, then by the mirror', ['PUSH_REJECTED', 'MIRROR_FAILED'], ['PUSH_REJECTED']],
  ['that says no more than what is known', ['REMOTE_DENIED', 'MIRROR_FAILED'], ['REMOTE_DENIED']],
  [
    'for which there is something else to do',
    ['MIRROR_FAILED', 'KEY_REFUSED'],
    ['MIRROR_FAILED', 'KEY_REFUSED'],
  ],
  ['that was told, after another', ['REMOTE_DENIED', 'MIRROR_FAILED', 'REMOTE_DENIED'], ['REMOTE_DENIED']],
])('a failure %s', async (_, codes, expected) => {
  for (const code of codes) await fail(code)
  expect([told, still]).toEqual([expected, codes.length - expected.length])
  expect(await store.get(pair)).toMatchObject({ status: 'failed', failure: { code: codes.at(-1) } })
})

test.each<[string, () => Promise<unknown>]>([
  ['was equal', () => store.recordProof(pair, proof, parts.now())],
  [
    'ended in another way',
    async () => {
      await store.claim(pair, { id: 'c', until: 1, now: 0, attempt: 0, reason: 'push', messages: [] })
      await store.settleClaim(pair, 'c', { status: 'kept', kept })
    },
  ],
])('is told again after the replica %s', async (_, end) => {
  await fail('PUSH_REJECTED')
  await end()
  await fail('PUSH_REJECTED')
  expect(told).toEqual(['PUSH_REJECTED', 'PUSH_REJECTED'])
})

test('of two who give up at the same time one tells', async () => {
  const ends = await Promise.allSettled([fail('PUSH_REJECTED'), fail('MIRROR_FAILED')])
  expect(told).toHaveLength(1)
  // the other heard that somebody is telling, or told: either leads to a log line or another try
  for (const end of ends)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'CLAIM_LOST' })
})
