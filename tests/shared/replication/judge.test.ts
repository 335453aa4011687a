import { describe, expect, test } from '@jest/globals'
import { FIRST_PAUSE_MS, judge, LONGEST_PAUSE_MS, type Look } from '../../../shared/replication/judge.ts'
import { planDigest } from '../../../shared/replication/refused.ts'
import type { ReplicaRecord } from '../../../shared/store/records.ts'

const NOW = Date.parse('2031-05-17T09:00:00Z')
const repository = { account: '111111111111', region: 'us-east-1', name: 'orders' }
const proof = { digest: 'sha256:1', refs: 1, at: '2031-05-17T08:00:00.000Z' }
const base: ReplicaRecord = {
  repository,
  replica: { ...repository, region: 'eu-west-1' },
  status: 'equal',
  dirty: false,
  hints: 0,
  failures: 0,
  proof,
  equalSince: proof.at,
}
const claim = { id: 'a', at: NOW, until: NOW + 1, attempt: 0, reason: 'push', messages: [] }
const failure = { code: 'PUSH_REJECTED', reason: 'no', attempts: 5, at: proof.at }
const equal = {
  kind: 'equal' as const,
  proof: { ...proof, at: new Date(NOW).toISOString() },
  refs: new Map([['refs/heads/main', 'a'.repeat(40)]]),
}
const updates = [{ kind: 'delete' as const, ref: 'refs/heads/a', from: 'a'.repeat(40) }]
const different: Look = { kind: 'different', updates }
const refusal = { plan: planDigest(updates), loss: 'x', deletions: 1, rewinds: 0, reason: 'r', at: proof.at }
const unread = (code: string, skipped = false): Look => ({ kind: 'unread', code, skipped })
const denied = unread('REMOTE_DENIED')

type Row = readonly [string, Look, ReplicaRecord | undefined, boolean, object]
const rows: readonly Row[] = [
  ['equal and known so: nothing to write', equal, base, false, { kind: 'equal', ask: false }],
  ['equal for the first time', equal, undefined, false, { ask: false, news: equal.proof }],
  ['equal with an event waiting', equal, { ...base, waitingSince: 1 }, false, { news: equal.proof }],
  ['equal after it was behind', equal, { ...base, status: 'behind' }, false, { news: equal.proof }],
  [
    'equal after it could not be read',
    equal,
    { ...base, paced: { asks: 1, until: 0, over: 'unread' } },
    false,
    { news: equal.proof },
  ],
  ['equal while somebody is at it', equal, { ...base, claim }, true, { kind: 'equal', ask: false }],
  ['equal under a stale claim', equal, { ...base, claim }, false, { kind: 'equal', ask: true }],
  [
    'equal with a success untold',
    equal,
    { ...base, pending: { created: 1, updated: 0, deleted: 0 } },
    false,
    { ask: true },
  ],
  ['different: its event may be on its way', different, base, false, { ask: true, suspect: true, refs: 1 }],
  [
    'different and known to be behind',
    different,
    { ...base, behind: { refs: 1, since: 'x' } },
    false,
    { ask: true, suspect: false },
  ],
  ['different while somebody is at it', different, { ...base, claim }, true, { ask: true, suspect: false }],
  [
    'a plan that a person has been asked about',
    different,
    { ...base, status: 'refused', refusal },
    false,
    { ask: false, suspect: false },
  ],
  [
    'another plan than that',
    {
      kind: 'different',
      updates: [...updates, { kind: 'delete', ref: 'refs/heads/b', from: 'b'.repeat(40) }],
    },
    { ...base, status: 'refused', refusal },
    false,
    { ask: true },
  ],
  ['source gone', { kind: 'source-missing' }, base, false, { kind: 'source-missing' }],
  [
    'its server failed for others',
    unread('REMOTE_UNREACHABLE', true),
    base,
    false,
    { ask: false, skipped: true },
  ],
  [
    'throttled once: left to the next sweep',
    unread('REMOTE_THROTTLED'),
    base,
    false,
    { ask: false, pace: { asks: 0, until: NOW, over: 'unread' } },
  ],
  [
    'throttled twice: asked for',
    unread('REMOTE_THROTTLED'),
    { ...base, paced: { asks: 0, until: NOW, over: 'unread' } },
    false,
    { ask: true },
  ],
]

test.each(rows)('%s', (_name, look, record, held, expected) => {
  expect(judge(look, { record, held, keeps: true, now: NOW })).toMatchObject(expected)
})

test('what was left as it is is asked for when relay.yml does not say so any more, and was no event that nobody heard of', () => {
  const kept = { plan: planDigest(updates), refs: 1, at: proof.at }
  const record = { ...base, status: 'kept', kept } as const
  const sight = (keeps: boolean, look: Look = different) =>
    judge(look, { record, held: false, keeps, now: NOW })
  expect(sight(true)).toMatchObject({ ask: false, suspect: false })
  expect(sight(false)).toMatchObject({ ask: true, suspect: false })
  const another = { ...updates[0]!, ref: 'refs/heads/b' }
  expect(sight(true, { kind: 'different', updates: [another] })).toMatchObject({ ask: true, suspect: true })
})

test('nothing is written down for what is equal, or only different', () => {
  for (const look of [equal, different]) {
    const sight = judge(look, { record: base, held: false, keeps: true, now: NOW })
    expect(sight).not.toHaveProperty('pace')
    expect(sight).not.toHaveProperty('news')
  }
})

describe('what is asked for in vain', () => {
  /** sweeps every five minutes for a week; the times of the requests in minutes */
  const asksOver = (look: (minute: number) => Look, start: ReplicaRecord): number[] => {
    const asks: number[] = []
    let record = start
    for (let minute = 0; minute < 7 * 24 * 60; minute += 5) {
      const sight = judge(look(minute), { record, held: false, keeps: false, now: NOW + minute * 60_000 })
      if (sight.pace) record = { ...record, paced: sight.pace }
      if (sight.kind !== 'source-missing' && sight.ask) asks.push(minute)
    }
    return asks
  }

  test.each([
    ['cannot be read', () => denied, base],
    ['fails', () => different, { ...base, status: 'failed', failure } as const],
  ])('because it %s, is asked for with growing pauses', (_name, look, record) => {
    const asks = asksOver(look, record)
    expect(asks.slice(0, 7)).toEqual([0, 30, 90, 210, 450, 930, 1_890])
    const pauses = asks.slice(1).map((minute, index) => minute - (asks[index] ?? 0))
    expect(Math.max(...pauses) * 60_000).toBe(LONGEST_PAUSE_MS)
    expect(FIRST_PAUSE_MS).toBe(30 * 60_000)
    expect(asks.length).toBeLessThan(15)
  })

  test('is asked for at once when it can be read again', () => {
    const asks = asksOver((minute) => (minute < 100 ? denied : different), {
      ...base,
      status: 'failed',
      failure,
    })
    expect(asks.slice(0, 4)).toEqual([0, 30, 90, 100])
  })

  test('a difference that no failure is known of is asked for with every sweep', () => {
    expect(asksOver(() => different, base)).toHaveLength((7 * 24 * 60) / 5)
  })
})
