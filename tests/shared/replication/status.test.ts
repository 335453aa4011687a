import { describe, expect, test } from '@jest/globals'
import type { Operator } from '../../../cli/operator.ts'
import { lookAtAll } from '../../../cli/status/look.ts'
import { span, statusLines, summaryLine, WIDTH } from '../../../cli/status/table.ts'
import type { Look } from '../../../shared/replication/judge.ts'
import { allWell, type ReplicaStatus, statusOf, summaryOf } from '../../../shared/replication/status.ts'
import type { ReplicaRecord } from '../../../shared/store/records.ts'

const NOW = Date.parse('2031-05-17T09:00:00Z')
const ago = (minutes: number) => NOW - minutes * 60_000
const iso = (minutes: number) => new Date(ago(minutes)).toISOString()
const account = '111111111111'
const repository = { account, region: 'us-east-1', name: 'orders' }
const replica = { ...repository, region: 'eu-west-1' }
const digest = `sha256:${'1f2e3d4c'.repeat(8)}`
const proof = { digest, refs: 12, at: iso(30) }
const record = (changes: Partial<ReplicaRecord> = {}): ReplicaRecord => ({
  repository,
  replica,
  status: 'equal',
  dirty: false,
  hints: 0,
  failures: 0,
  proof,
  equalSince: iso(90),
  lastWay: { way: 'relay', reason: 'push' },
  ...changes,
})
const equal: Look = { kind: 'equal', proof: { ...proof, at: iso(0) }, refs: new Map() }
const oid = 'a'.repeat(40)
const different: Look = {
  kind: 'different',
  updates: [
    { kind: 'create', ref: 'refs/heads/a', to: oid },
    { kind: 'create', ref: 'refs/heads/b', to: oid },
    { kind: 'delete', ref: 'refs/tags/c', from: oid },
  ],
}
const denied: Look = { kind: 'unread', code: 'REMOTE_DENIED', skipped: false }
const failure = { code: 'PUSH_REJECTED', reason: 'pre-receive hook declined', attempts: 5, at: iso(10) }
const refusal = { plan: 'p', loss: 'l', deletions: 40, rewinds: 0, reason: '40 of 50 refs', at: iso(3) }
const waiting = { waitingSince: ago(4), hints: 2 }
const of = (known: ReplicaRecord | undefined, look?: Look) =>
  statusOf({ repository, replica }, known, look, NOW)

const { proof: _proof, ...firstRun } = record({ status: 'replicating', ...waiting })

type Row = readonly [string, ReplicaRecord | undefined, Look | undefined, object]
const rows: readonly Row[] = [
  ['equal now', record(), equal, { state: 'equal', live: true, lagMs: 0, caughtUpMs: 90 * 60_000 }],
  [
    'equal now, before that was written down',
    record({ ...waiting, status: 'replicating' }),
    equal,
    { state: 'equal', lagMs: 0 },
  ],
  ['equal now, whatever failed before', record({ status: 'failed', failure }), equal, { state: 'equal' }],
  [
    'a source without refs was read, and is not emptied after',
    record(),
    { ...denied, code: 'SOURCE_EMPTIED' },
    { state: 'failed', live: true, trouble: { nextStep: expect.stringMatching(/restore the source/) } },
  ],
  [
    'different now: behind since the oldest event',
    record({ ...waiting, behind: { refs: 1, since: iso(2) } }),
    different,
    {
      state: 'behind',
      lagMs: 4 * 60_000,
      behind: { created: 2, updated: 0, deleted: 1 },
      waitingEvents: 2,
    },
  ],
  [
    'different, and only the sweep saw it',
    record({ status: 'behind', behind: { refs: 3, since: iso(7) }, missed: 2 }),
    different,
    { state: 'behind', lagMs: 7 * 60_000, missedEvents: 2 },
  ],
  ['different this moment: nobody knows since when', record(), different, { state: 'behind', behind: {} }],
  [
    'different and given up',
    record({ status: 'failed', failure }),
    different,
    {
      state: 'failed',
      trouble: { code: 'PUSH_REJECTED', attempts: 5, nextStep: expect.stringMatching(/\w/) },
    },
  ],
  [
    'different and refused',
    record({ status: 'refused', refusal }),
    different,
    {
      state: 'refused',
      trouble: {
        code: 'PLAN_REFUSED',
        reason: '40 of 50 refs',
        at: iso(3),
        nextStep: expect.stringMatching(/relay seed \w+ --force/),
      },
    },
  ],
  ['different and to be left so', record({ status: 'kept' }), different, { state: 'kept', lagMs: 0 }],
  [
    'a side that cannot be read',
    record(),
    denied,
    {
      state: 'unread',
      live: false,
      trouble: { code: 'REMOTE_DENIED', nextStep: expect.stringMatching(/your own credentials/) },
    },
  ],
  [
    'the source is gone',
    record({ status: 'source-missing', missingSince: iso(60) }),
    { kind: 'source-missing' },
    {
      state: 'source-missing',
      trouble: {
        code: 'SOURCE_MISSING',
        at: iso(60),
        nextStep: expect.stringMatching(/make the source again/),
      },
    },
  ],
  ['nobody has looked yet, and it is equal', undefined, equal, { state: 'equal', missedEvents: 0 }],
  ['nobody has looked yet', undefined, undefined, { state: 'unknown', live: false }],
  ['recorded: equal at the last proof', record(), undefined, { state: 'equal', live: false }],
  ['recorded: an event waits', record(waiting), undefined, { state: 'behind', lagMs: 4 * 60_000 }],
  ['recorded: the first mirror runs', firstRun, undefined, { state: 'unknown' }],
  ['recorded: failed', record({ status: 'failed', failure }), undefined, { state: 'failed' }],
]

test.each(rows)('%s', (_name, known, look, expected) => {
  expect(of(known, look)).toMatchObject({ repository, replica, ...expected })
})

describe('a replica that no tag asks for any more', () => {
  const rule = { repositories: ['*'], tag: 'relay:replicate-to', way: 'auto', deletes: 'mirror' }
  const away = { ...replica, region: 'eu-central-1' }
  const lookWith = (source: ReadonlyMap<string, string> | undefined, still: readonly string[] = []) =>
    lookAtAll(
      {
        config: { replicate: [{ ...rule, to: [{ region: 'eu-west-1' }, { region: 'eu-central-1' }] }] },
        region: 'us-east-1',
        own: async () => ({ account }),
        targets: async () =>
          still.map((region) => ({ repository, replica: { ...replica, region }, deletes: 'mirror' })),
        store: async () => ({ list: async () => [record(), record({ replica: away })] }),
        codecommit: async () => ({
          readRefs: async ({ region }: { region: string }) =>
            region === 'us-east-1' ? source : new Map([['refs/heads/main', oid]]),
        }),
      } as unknown as Operator,
      { repositories: [], recorded: false },
    )
  const moved = new Map([['refs/heads/main', 'b'.repeat(40)]])

  test('is shown as ended, not as behind, and is no trouble', async () => {
    const all = await lookWith(moved)
    expect(all.map(({ state }) => state)).toEqual(['ended', 'ended'])
    expect(all[0]).not.toHaveProperty('trouble')
    expect(allWell(all)).toBe(true)
    expect(statusLines(all, NOW).join('\n')).toContain('no tag of the source asks for it')
  })

  test('also where another replica of the source goes on', async () => {
    const all = await lookWith(moved, ['eu-west-1'])
    expect(all.map(({ replica: { region }, state }) => [region, state])).toEqual([
      ['eu-west-1', 'behind'],
      ['eu-central-1', 'ended'],
    ])
  })

  test('a source that is gone is told as such', async () => {
    expect((await lookWith(undefined)).map(({ state }) => state)).toEqual([
      'source-missing',
      'source-missing',
    ])
  })
})

test('what is to be done sends nobody to a mirror that never ran', () => {
  const missing = of(record({ status: 'source-missing' }), { kind: 'source-missing' }).trouble?.nextStep
  expect(missing).toMatch(/make the source again/)
  expect(missing).not.toMatch(/mirror task|redrive/)
  const refused = of(record({ status: 'refused', refusal }), different).trouble?.nextStep
  expect(refused).toMatch(/^Look at what happened to the source/)
})

test('what works on it is told while its claim is live', () => {
  const claim = {
    id: 'a',
    at: ago(1),
    until: NOW + 1,
    attempt: 2,
    reason: 'push',
    messages: [],
    task: 'arn:aws:ecs:us-east-1:111111111111:task/relay/0a1b2c',
  }
  expect(of(record({ claim }), different).running).toEqual({
    since: iso(1),
    by: 'mirror task 0a1b2c',
    reason: 'push',
    attempt: 2,
  })
  expect(of(record({ claim: { ...claim, until: NOW - 1 } }), different)).not.toHaveProperty('running')
})

test('nothing of a role, an external id or a message is passed on', () => {
  const reachable = { ...replica, role: 'arn:aws:iam::222222222222:role/r', externalId: 'x-1' }
  const status = statusOf({ repository, replica: reachable }, record(), equal, NOW)
  expect(status.replica).toEqual(replica)
})

describe('of many', () => {
  const well = of(record(), equal)
  const late = of(record({ ...waiting, missed: 1 }), different)

  test('the worst lag is that of those that are behind; caught up are all or none', () => {
    expect(summaryOf([well, late])).toEqual({
      replicas: 2,
      states: { equal: 1, behind: 1 },
      worstLagMs: 4 * 60_000,
      missedEvents: 1,
    })
    expect(summaryOf([well, of(record({ equalSince: iso(5) }), equal)])).toMatchObject({
      caughtUpMs: 5 * 60_000,
    })
    expect([allWell([well]), allWell([well, late]), allWell([])]).toEqual([true, false, true])
  })
})

describe('the table', () => {
  const long = 'a-repository-with-a-name-of-nearly-a-hundred-characters-'.padEnd(98, 'x')
  const named = (name: string, status: ReplicaStatus): ReplicaStatus => ({
    ...status,
    repository: { ...repository, name },
  })
  const all = [
    of(record(), equal),
    named(long, of(record({ status: 'failed', failure, ...waiting, missed: 3 }), different)),
    {
      ...of(record({ status: 'refused', refusal }), different),
      replica: { ...replica, account: '222222222222' },
    },
    named('new', of(undefined, undefined)),
  ]
  const lines = statusLines(all, NOW)

  test('is read at 100 columns and without colour', () => {
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(WIDTH)
    // a terminal's sequences begin with the escape character
    expect(lines.join('').includes('\u001b')).toBe(false)
    expect(lines[0]).toMatch(/^ {2}REPOSITORY +REPLICA +STATE +LAG +CAUGHT UP +PROVEN +DIGEST +REFS +BY$/)
    expect(lines[1]).toMatch(/^✓ orders +eu-west-1 +equal +– +90 min +30 min ago +1f2e3d4c +12 +relay$/)
  })

  test('names what is wrong below the replica, and what to do', () => {
    const text = lines.join('\n')
    expect(text).toMatch(/✗ a-rep\S*…\S*xxx +eu-west-1 +failed +4 min/)
    expect(text).toMatch(/refs behind: 2 to create, 0 to update, 1 to delete/)
    expect(text).toMatch(
      /PUSH_REJECTED after 5 tries, 10 min ago: pre-receive hook declined\n +→ Read the log/,
    )
    expect(text).toMatch(/PLAN_REFUSED, 3 min ago: 40 of 50 refs/)
    expect(text).toMatch(/3 events never came/)
    expect(text).toMatch(/\? new +eu-west-1 +unknown +\? +– +never/)
  })

  test('ends in one line for all', () => {
    expect(summaryLine(all)).toBe(
      '4 replicas: 1 equal, 1 failed, 1 refused, 1 unknown; worst lag 4 min; 3 events never came, in all',
    )
    expect(summaryLine(all.slice(0, 1))).toBe('1 replica: 1 equal; caught up for 90 min')
  })

  test.each([
    [-5, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [2 * 3600_000, '2 h'],
    [48 * 3600_000, '2 d'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(span(milliseconds)).toBe(text)
  })
})
