import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MOST_HEARD, openReplicas, type ReplicaStore, replicaKey } from '../../../shared/store/replicas.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let server: TestTable
let store: ReplicaStore
let number = 0

beforeAll(async () => {
  server = await startTable()
  store = openReplicas(server.table)
})
afterAll(() => server.close())

const newPair = () => {
  number += 1
  const repository = { account: '111111111111', region: 'us-east-1', name: `r${number}` }
  return { repository, replica: { ...repository, region: 'eu-west-1' } }
}
const claimOf = (id: string, now: number, until = now + 100, messages: readonly string[] = [`of-${id}`]) => ({
  id,
  now,
  until,
  attempt: 0,
  reason: 'push',
  messages,
})
const proof = { digest: 'sha256:1', refs: 1, at: '2031-05-17T09:00:00.000Z' }

describe('claims', () => {
  test('one worker has it, the next marks it dirty, and a dirty claim does not close', async () => {
    const pair = newPair()
    expect(await store.claim(pair, claimOf('a', 1000))).toBe('claimed')
    expect(await store.claim(pair, claimOf('b', 1001))).toBe('dirty-marked')
    expect(await store.closeClaim(pair, 'a', proof)).toBe('dirty')
    expect(await store.clearDirty(pair, 'a')).toBe(true)
    expect(await store.closeClaim(pair, 'a', proof)).toBe('done')
    expect(await store.closeClaim(pair, 'a', proof)).toBe('lost')
    expect(await store.get(pair)).toEqual({
      ...pair,
      status: 'equal',
      dirty: false,
      hints: 0,
      failures: 0,
      proof,
      equalSince: proof.at,
    })
  })

  test('a message that comes back takes over the claim of its reader that died, until a mirror runs under it', async () => {
    const pair = newPair()
    await store.claim(pair, claimOf('a', 1000, 9000, ['m1', 'm2']))
    expect(await store.claim(pair, claimOf('b', 1001, 9000, ['m3']))).toBe('dirty-marked')
    expect(await store.claim(pair, claimOf('c', 1002, 9000, ['m4', 'm2']))).toBe('claimed')
    expect(await store.get(pair)).toMatchObject({ dirty: false, claim: { id: 'c', messages: ['m4', 'm2'] } })
    expect(await store.closeClaim(pair, 'a', proof)).toBe('lost')
    await store.keepClaim(pair, 'c', { until: 9000, task: 'arn:task' })
    expect(await store.claim(pair, claimOf('d', 1003, 9000, ['m2']))).toBe('dirty-marked')
    const silent = newPair()
    await store.claim(silent, claimOf('a', 1000, 9000, []))
    expect(await store.claim(silent, claimOf('b', 1001, 9000, []))).toBe('dirty-marked')
  })

  test('a stale claim is taken over, and its former holder can do nothing with it', async () => {
    const pair = newPair()
    await store.claim(pair, claimOf('a', 1000, 1100))
    expect(await store.claim(pair, claimOf('b', 1100))).toBe('dirty-marked')
    expect(await store.claim(pair, claimOf('b', 1101))).toBe('claimed')
    expect((await store.get(pair))?.dirty).toBe(false)
    expect(await store.clearDirty(pair, 'a')).toBe(false)
    expect(await store.planClaim(pair, 'a', { created: 1, updated: 0, deleted: 0 })).toBe(false)
    expect(await store.keepClaim(pair, 'a', { until: 9, task: 't' })).toBe(false)
    expect(await store.releaseClaim(pair, 'a')).toBe(false)
    expect(await store.releaseForMore(pair, 'a', { failures: 1 })).toBe('lost')
    expect(await store.expireClaim(pair, 'a')).toBe(false)
    expect(
      await store.markFailed(
        pair,
        { code: 'X', reason: 'x', attempts: 1, at: proof.at },
        { id: 'a', evenDirty: true },
      ),
    ).toBe('lost')
    expect((await store.get(pair))?.claim?.id).toBe('b')
  })

  test('an expired claim is free at once', async () => {
    const pair = newPair()
    await store.claim(pair, claimOf('a', 1000))
    expect(await store.expireClaim(pair, 'a')).toBe(true)
    expect(await store.claim(pair, claimOf('b', 1001))).toBe('claimed')
  })

  test('of many workers at once exactly one has it, and nobody goes unheard', async () => {
    const pair = newPair()
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) => store.claim(pair, claimOf(`w${index}`, 1000))),
    )
    expect(results.filter((result) => result === 'claimed')).toHaveLength(1)
    expect((await store.get(pair))?.dirty).toBe(true)
  })

  test('a claim that closes while others ask for it ends with every asker served', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ask', 'work'), { minLength: 2, maxLength: 8 }),
        async (steps) => {
          const pair = newPair()
          // a unit of work is asked for, and served by a look that begins after it was asked for
          let asked = 0
          let served = 0
          const ask = async (name: string) => {
            asked += 1
            if ((await store.claim(pair, claimOf(name, 1000))) === 'dirty-marked') return
            for (;;) {
              const upTo = asked
              await store.clearDirty(pair, name)
              served = Math.max(served, upTo)
              if ((await store.closeClaim(pair, name, proof)) === 'done') return
            }
          }
          await Promise.all(steps.map((_, index) => ask(`s${index}`)))
          expect(served).toBe(asked)
          expect((await store.get(pair))?.claim).toBeUndefined()
        },
      ),
      { numRuns: 15 },
    )
  })

  test('a run to be followed by another leaves its counts and failures, unless somebody asked meanwhile', async () => {
    const pair = newPair()
    const carried = { created: 1, updated: 2, deleted: 3 }
    await store.claim(pair, claimOf('a', 1000))
    await store.claim(pair, claimOf('b', 1001))
    expect(await store.releaseForMore(pair, 'a', { failures: 2, carried })).toBe('dirty')
    await store.clearDirty(pair, 'a')
    expect(await store.releaseForMore(pair, 'a', { failures: 2, carried })).toBe('done')
    expect(await store.get(pair)).toEqual({
      ...pair,
      status: 'replicating',
      dirty: false,
      hints: 0,
      failures: 2,
      carried,
    })
  })
})

describe('hints', () => {
  test('the oldest unproven time is kept, the rest counted', async () => {
    const pair = newPair()
    await store.noteHint(pair, { at: 5000, ids: ['a', 'b'] })
    await store.noteHint(pair, { at: 3000, ids: ['c'] })
    await store.noteHint(pair, { at: 4000, ids: ['d', 'a', 'd'] })
    expect(await store.get(pair)).toMatchObject({ waitingSince: 3000, hints: 4, status: 'unknown' })
  })

  test('so many, and no more, until a proof', async () => {
    const pair = newPair()
    for (let n = 0; n < MOST_HEARD + 50; n += 10) {
      await store.noteHint(pair, { at: 5000, ids: Array.from({ length: 10 }, (_, more) => `e${n + more}`) })
    }
    expect((await store.get(pair))?.hints).toBe(MOST_HEARD)
    await store.recordProof(pair, proof, 0)
    expect((await store.get(pair))?.hints).toBe(0)
    await store.noteHint(pair, { at: 5000, ids: ['e0'] })
    expect((await store.get(pair))?.hints).toBe(1)
  })

  test('a late event that the proof covers starts no waiting time, one of the same second does', async () => {
    const pair = newPair()
    await store.recordProof(pair, proof, 0)
    const at = Date.parse(proof.at)
    await store.noteHint(pair, { at: at - 1001, ids: ['x'] })
    expect((await store.get(pair))?.waitingSince).toBeUndefined()
    await store.noteHint(pair, { at: at - 1000, ids: ['x'] })
    expect((await store.get(pair))?.waitingSince).toBe(at - 1000)
  })
})

describe('what relay status reads', () => {
  const later = { ...proof, at: '2031-05-17T10:00:00.000Z' }
  const reset: readonly [string, (pair: ReturnType<typeof newPair>) => Promise<unknown>][] = [
    [
      'an event that no proof covers',
      (pair) => store.noteHint(pair, { at: Date.parse(later.at), ids: ['x'] }),
    ],
    ['a sweep that finds it behind', (pair) => store.markBehind(pair, { refs: 1, since: 'x' }, 1000)],
    ['a failure', (pair) => store.markFailed(pair, { code: 'X', reason: 'x', attempts: 1, at: proof.at })],
    [
      'a look that finds a difference',
      async (pair) => {
        await store.claim(pair, claimOf('a', 1000))
        await store.planClaim(pair, 'a', { created: 1, updated: 0, deleted: 0 })
        await store.releaseClaim(pair, 'a')
      },
    ],
  ]
  test.each(reset)('equal since the first of many proofs, anew after %s', async (_name, disturb) => {
    const pair = newPair()
    await store.recordProof(pair, proof, 0)
    await store.recordProof(pair, later, 0)
    expect(await store.get(pair)).toMatchObject({ proof: later, equalSince: proof.at })
    await disturb(pair)
    expect((await store.get(pair))?.equalSince).toBeUndefined()
    await store.recordProof(pair, later, 0)
    expect((await store.get(pair))?.equalSince).toBe(later.at)
  })

  test('the way of the last work stays when later looks find nothing to do', async () => {
    const pair = newPair()
    const lastWay = { way: 'relay', reason: 'push' } as const
    await store.claim(pair, claimOf('a', 1000))
    await store.closeClaim(pair, 'a', proof, lastWay)
    await store.claim(pair, claimOf('b', 1000))
    await store.closeClaim(pair, 'b', later)
    expect(await store.get(pair)).toMatchObject({ lastWay, proof: later, equalSince: proof.at })
  })

  test('a missed event is counted once each time it falls behind, and a proof does not forget it', async () => {
    const pair = newPair()
    for (let round = 0; round < 2; round += 1) {
      for (let sweeps = 0; sweeps < 3; sweeps += 1)
        await store.markBehind(pair, { refs: 1, since: 'x', missed: true }, 1000)
      await store.pace(pair, { asks: 1, until: 5, over: 'unread' })
      await store.recordProof(pair, proof, 1000)
    }
    await store.markBehind(pair, { refs: 1, since: 'x' }, 1000)
    const record = await store.get(pair)
    expect(record).toMatchObject({ missed: 2, behind: { refs: 1, since: 'x' } })
    expect(record?.paced).toBeUndefined()
  })

  test('records between two keys', async () => {
    const account = '222222222222'
    const pairOf = (name: string) => ({
      repository: { account, region: 'us-east-1', name },
      replica: { account, region: 'eu-west-1', name },
    })
    for (const name of ['a', 'a-b', 'a.b', 'b']) await store.recordProof(pairOf(name), proof, 0)
    const found = await store.list({ from: replicaKey(pairOf('a')), to: replicaKey(pairOf('a.b')) })
    expect(found.map(({ repository }) => repository.name)).toEqual(['a', 'a-b', 'a.b'])
  })
})

describe('status', () => {
  test('a failure stays until a proof', async () => {
    const pair = newPair()
    const failure = { code: 'REMOTE_DENIED', reason: 'no', attempts: 3, at: proof.at }
    expect(await store.markFailed(pair, failure)).toBe('done')
    expect(await store.markBehind(pair, { refs: 2, since: proof.at }, 1000)).toBe(true)
    expect(await store.get(pair)).toMatchObject({ status: 'failed', failure, behind: { refs: 2 } })
    expect(await store.recordProof(pair, proof, 1000)).toBe(true)
    expect(await store.get(pair)).toEqual({
      ...pair,
      status: 'equal',
      dirty: false,
      hints: 0,
      failures: 0,
      proof,
      equalSince: proof.at,
    })
  })

  test('a failure closes a dirty claim only for whoever saw to that', async () => {
    const pair = newPair()
    const failure = { code: 'X', reason: 'x', attempts: 1, at: proof.at }
    await store.claim(pair, claimOf('a', 1000))
    await store.claim(pair, claimOf('b', 1001))
    expect(await store.markFailed(pair, failure, { id: 'a', evenDirty: false })).toBe('dirty')
    expect(await store.markFailed(pair, failure, { id: 'a', evenDirty: true })).toBe('done')
    expect(await store.get(pair)).toMatchObject({ status: 'failed', dirty: false, failure })
  })

  test('being behind keeps its first time', async () => {
    const pair = newPair()
    await store.markBehind(pair, { refs: 2, since: 'first' }, 1000)
    await store.markBehind(pair, { refs: 5, since: 'second' }, 1000)
    expect(await store.get(pair)).toMatchObject({ status: 'behind', behind: { refs: 5, since: 'first' } })
  })

  test('what the sweep saw before a later proof is not written over it', async () => {
    const pair = newPair()
    const later = { ...proof, digest: 'sha256:2', at: '2031-05-17T09:00:00.001Z' }
    await store.recordProof(pair, later, 1000)
    expect(await store.recordProof(pair, proof, 1000)).toBe(false)
    expect((await store.get(pair))?.proof).toEqual(later)
  })

  test('what the sweep sees is not written over somebody’s work', async () => {
    const pair = newPair()
    await store.claim(pair, claimOf('a', 1000))
    expect(await store.recordProof(pair, proof, 1050)).toBe(false)
    expect(await store.markBehind(pair, { refs: 1, since: 'x' }, 1050)).toBe(false)
    expect((await store.get(pair))?.status).toBe('replicating')
  })

  test('roles and external ids are not stored', async () => {
    const { repository, replica } = newPair()
    const reachable = { ...replica, role: 'arn:aws:iam::222222222222:role/r', externalId: 'x-1' }
    await store.noteHint({ repository, replica: reachable }, { at: 1, ids: ['x'] })
    expect((await store.get({ repository, replica }))?.replica).toEqual(replica)
  })

  test('all of them are listed, beyond one page too', async () => {
    const before = (await store.list()).length
    const fat = 'x'.repeat(300_000)
    for (let index = 0; index < 5; index += 1) {
      await store.markFailed(newPair(), { code: 'X', reason: fat, attempts: 1, at: proof.at })
    }
    expect(await store.list()).toHaveLength(before + 5)
  })
})
