import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createBoard } from '../../cli/board.ts'
import { underClaim } from '../../cli/claim.ts'
import { hold, holdMessage, holdText } from '../../cli/failover/hold.ts'
import { inParallel } from '../../cli/pool.ts'
import { mirrorReplica } from '../../cli/seed/mirror.ts'
import { type SeedParts, seedReplica } from '../../cli/seed/replica.ts'
import { type SeedRow, statusOf, summaryOf } from '../../cli/seed/row.ts'
import type { Relay, RelayOutcome } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { openReplicas, type ReplicaStore } from '../../shared/store/replicas.ts'
import { startTable, type TestTable } from '../support/table.ts'

const at = (region: string, name: string) => ({ account: '111111111111', region, name })
const targetOf = (name: string) => ({
  repository: at('us-east-1', name),
  replica: at('eu-west-1', name),
  deletes: 'mirror' as const,
})

let dynamo: TestTable
let store: ReplicaStore

beforeAll(async () => {
  dynamo = await startTable()
  store = openReplicas(dynamo.table)
})
afterAll(() => dynamo?.close())

const cost = { requests: 4, received: 10, sent: 10, milliseconds: 1 }
const proof = { digest: 'sha256:aa', refs: 2, at: '2026-11-26T10:00:00.000Z' }
const equal = (created = 0): RelayOutcome => ({
  kind: 'equal',
  proof,
  refs: new Map(),
  moved: { created, updated: 0, deleted: 0 },
  cost,
})
let ids = 0

describe('one replica', () => {
  const told: string[] = []
  const progress = { phase: (text: string) => void told.push(text), bytes: () => undefined }

  /** @param outcomes of one relay after the other; an error is thrown */
  const partsWith = (
    outcomes: readonly (RelayOutcome | Error)[],
    more: Partial<SeedParts> = {},
  ): SeedParts => {
    const left = [...outcomes]
    const relay: Relay = async () => {
      const next = left.shift() ?? equal()
      if (next instanceof Error) throw next
      return next
    }
    return {
      store,
      relay,
      relayParts: {} as SeedParts['relayParts'],
      emit: async () => undefined,
      create: async () => undefined,
      mirror: async (target) => ({ ...target, result: 'seeded', way: 'mirror', bytes: 0, milliseconds: 1 }),
      now: Date.now,
      pause: async () => undefined,
      id: () => `claim-${++ids}`,
      signal: new AbortController().signal,
      ...more,
    }
  }

  const cases: readonly [name: string, outcomes: readonly (RelayOutcome | Error)[], row: Partial<SeedRow>][] =
    [
      ['equal already', [equal()], { result: 'equal', way: 'none', refs: 2 }],
      ['made equal', [equal(2)], { result: 'seeded', way: 'relay', refs: 2 }],
      ['missing, then made', [{ kind: 'replica-missing' }, equal(1)], { result: 'seeded' }],
      ['a failure that passes', [new RelayError('REMOTE_THROTTLED'), equal(1)], { result: 'seeded' }],
      [
        'a refusal of access',
        [new RelayError('REMOTE_DENIED', { host: 'x' }), equal(1)],
        { result: 'failed', reason: expect.stringMatching(/REMOTE_DENIED.*host=x/) as unknown as string },
      ],
      ['a source that is gone', [{ kind: 'source-missing' }], { result: 'failed' }],
      [
        'too much for the relay',
        [
          {
            kind: 'hand-over',
            reason: 'limit',
            detail: 'x',
            moved: { created: 0, updated: 0, deleted: 0 },
            cost,
          },
        ],
        { result: 'seeded', way: 'mirror' },
      ],
      [
        'a plan that loses much',
        [{ kind: 'refused', verdict: { kind: 'refuse', reason: 'too much', deletions: 9, rewinds: 1 } }],
        {
          result: 'refused',
          reason: expect.stringMatching(
            /^too much; .*relay seed a-plan-that-loses-much --force$/,
          ) as unknown as string,
        },
      ],
    ]

  test.each(cases)('%s', async (name, outcomes, row) => {
    const target = targetOf(name.replaceAll(/\W/g, '-'))
    expect(await seedReplica(partsWith(outcomes), target, progress)).toMatchObject(row)
    const record = await store.get(target)
    // whatever came of it, others may work on it again
    expect(record?.claim).toBeUndefined()
    expect(record?.status === 'equal').toBe(
      row.result === 'equal' || (row.result === 'seeded' && row.way !== 'mirror'),
    )
  })

  test('whoever wanted it meanwhile is served by one more look', async () => {
    const target = targetOf('wanted')
    let looks = 0
    const relay: Relay = async () => {
      looks += 1
      const now = Date.now()
      const claim = { id: 'function', until: now + 1000, now, attempt: 0, reason: 'push', messages: ['m'] }
      if (looks === 1) expect(await store.claim(target, claim)).toBe('dirty-marked')
      return equal(looks === 1 ? 2 : 1)
    }
    expect(await seedReplica(partsWith([], { relay }), target, progress)).toMatchObject({
      result: 'seeded',
      moved: { created: 3 },
    })
    expect(looks).toBe(2)
  })

  test('a bus that does not take the event does not undo the proof, and is told', async () => {
    const target = targetOf('untold')
    const emit = () => Promise.reject(new RelayError('PUBLISH_FAILED'))
    const row = await seedReplica(partsWith([equal(1)], { emit }), target, progress)
    expect(row).toMatchObject({ result: 'seeded', reason: expect.stringMatching(/proven.*PUBLISH_FAILED/) })
    expect(await store.get(target)).toMatchObject({ status: 'equal' })
  })

  test('what another holds is waited for, then taken; a defect is not hidden in a row', async () => {
    const target = targetOf('held')
    const now = Date.now()
    await store.claim(target, {
      id: 'mirror',
      until: now + 60_000,
      now,
      attempt: 0,
      reason: 'push',
      messages: [],
    })
    const pause = () => store.releaseClaim(target, 'mirror')
    expect(await seedReplica(partsWith([equal()], { pause }), target, progress)).toMatchObject({
      result: 'equal',
    })
    expect(told).toContain('waits for another worker (push)')
    await expect(seedReplica(partsWith([new TypeError('defect')]), target, progress)).rejects.toThrow(
      'defect',
    )
  })

  test('held for longer than there is patience: who holds it, and until when', async () => {
    const target = targetOf('impatient')
    const now = Date.now()
    await store.claim(target, {
      id: 'mirror',
      until: now + 3600_000,
      now,
      attempt: 0,
      reason: 'push',
      messages: [],
    })
    let clock = now
    const pause = async () => {
      clock += 60_000
    }
    const parts = partsWith([], { pause, now: () => clock })
    const wish = { target, reason: 'seed', patience: () => 300_000 }
    await expect(underClaim(parts, wish, async () => undefined)).rejects.toMatchObject({
      code: 'CLAIM_LOST',
      data: { reason: 'push', until: new Date(now + 3600_000).toISOString() },
    })
  })

  test.each(['relay', 'mirror'] as const)(
    'the hold of a killed failover is not waited for long: %s',
    async (way) => {
      const target = targetOf(`frozen-${way}`)
      let clock = Date.now()
      const pause = async () => {
        clock += 30_000
      }
      const now = () => clock
      const signal = new AbortController().signal
      const holder = { store, now, pause, id: () => 'failover', signal }
      await hold(holder, target, target.repository, 'failover to eu-west-1 by someone', () => 'wait')
      const seed =
        way === 'relay'
          ? seedReplica(partsWith([], { pause, now }), target, progress)
          : mirrorReplica(
              { ...holder, force: false, ask: async () => undefined },
              target,
              'by hand',
              progress,
            )
      const { name } = target.replica
      const reason = new RegExp(
        `held by failover to eu-west-1 by someone.*failover ${name} .*--resume.*failback ${name} takes it back`,
      )
      expect(await seed).toMatchObject({ result: 'failed', reason: expect.stringMatching(reason) })
      expect(told.join()).toMatch(reason)
      expect((await store.get(target))?.claim?.id).toBe('failover')
    },
  )

  test('what is held says how it ends', () => {
    const origin = at('us-east-1', 'orders')
    const claim = {
      id: 'c',
      at: 0,
      until: Date.parse('9999-12-31T23:59:59Z'),
      attempt: 0,
      messages: [holdMessage(origin)],
    }
    const text = (more: object) => holdText({ ...claim, reason: 'failback by me', ...more }, 'orders')
    expect(text({})).toMatch(
      /relay failback orders --resume.*relay failover orders --to REGION takes it back/,
    )
    expect(text({ until: 0 })).toMatch(/until 1970.*by itself/)
    expect(text({ messages: ['m'] })).toBeUndefined()
  })

  test('a mirror is watched until the table says how it ended', async () => {
    const ends: readonly [
      string,
      Partial<SeedRow>,
      (target: ReturnType<typeof targetOf>) => Promise<unknown>,
    ][] = [
      ['mirrored', { result: 'seeded', refs: 2 }, (target) => store.recordProof(target, proof, Date.now())],
      [
        'refused',
        { result: 'refused', reason: expect.stringMatching(/too much.*--force/) as unknown as string },
        async (target) => {
          const now = Date.now()
          await store.claim(target, {
            id: 'r',
            until: now + 1000,
            now,
            attempt: 0,
            reason: 'x',
            messages: [],
          })
          const refusal = { plan: 'p', loss: 'l', deletions: 9, rewinds: 0, reason: 'too much', at: proof.at }
          await store.settleClaim(target, 'r', { status: 'refused', refusal })
        },
      ],
      [
        'given-up',
        { result: 'failed', reason: 'MIRROR_FAILED after 5 runs: full' },
        (target) =>
          store.markFailed(target, { code: 'MIRROR_FAILED', reason: 'full', attempts: 5, at: proof.at }),
      ],
      [
        'never',
        { result: 'failed', reason: expect.stringMatching(/replicate queue/) as unknown as string },
        async () => undefined,
      ],
    ]
    for (const [name, row, end] of ends) {
      const target = targetOf(name)
      const asked: unknown[] = []
      let clock = Date.now()
      const pause = async () => {
        clock += 60_000
        await end(target)
      }
      const ask = async (request: unknown) => void asked.push(request)
      const signal = new AbortController().signal
      const parts = { store, force: false, ask, pause, now: () => clock, signal }
      expect(await mirrorReplica(parts, target, 'by hand', progress)).toMatchObject({ way: 'mirror', ...row })
      expect(asked).toEqual([
        {
          repository: target.repository,
          replica: target.replica,
          reason: 'by hand',
          attempt: 0,
          by: 'mirror',
        },
      ])
    }
  })
})

test('the summary stands in columns, reasons below; only what is not as it should be costs the exit status', () => {
  const base = { ...targetOf('orders'), bytes: 0, milliseconds: 1234 }
  const rows: SeedRow[] = [
    {
      ...base,
      result: 'seeded',
      way: 'relay',
      refs: 12,
      bytes: 90_000_000,
      moved: { created: 12, updated: 0, deleted: 0 },
    },
    {
      ...base,
      replica: { ...base.replica, account: '222222222222' },
      result: 'failed',
      way: 'relay',
      reason: 'why',
    },
  ]
  expect(summaryOf(rows)).toEqual([
    'repository  replica                   way    refs    MB  seconds  result',
    'orders      eu-west-1                 relay    12  90.0      1.2  seeded (+12 ~0 -0)',
    'orders      eu-west-1 (222222222222)  relay         0.0      1.2  failed',
    '  why',
  ])
  expect(statusOf(rows)).toBe(1)
  expect(statusOf(rows.slice(0, 1))).toBe(0)
})

test('so many at a time, in order; a defect ends the taking and waits for those under way', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  const work = async (item: number) => {
    running += 1
    most = Math.max(most, running)
    await sleep(1)
    running -= 1
    if (item === 4) throw new Error('defect')
    done.push(item)
    return item * 2
  }
  expect(await inParallel([1, 2, 3], 2, work)).toEqual([2, 4, 6])
  expect(most).toBe(2)
  await expect(inParallel([4, 5, 6, 7, 8], 2, work)).rejects.toThrow('defect')
  expect(done.filter((item) => item > 5)).toEqual([])
  expect(running).toBe(0)
  expect(await inParallel([], 4, work)).toEqual([])
})

describe('the board', () => {
  const streamOf = (isTTY: boolean) => {
    const written: string[] = []
    const write = (text: string | Uint8Array) => written.push(String(text)) > 0
    return { written, stream: { isTTY, columns: 60, write } }
  }

  test('off a terminal: a line at each end, nothing that moves', () => {
    const { stream, written } = streamOf(false)
    const board = createBoard({ stream, total: 1, now: Date.now })
    const line = board.begin('orders')
    line.phase('streams')
    line.bytes(5)
    line.done('orders done')
    board.end()
    expect(written).toEqual(['orders done\n'])
  })

  test('on a terminal: what moves is wiped before a line that stays, and no line is wider than the terminal', async () => {
    const { stream, written } = streamOf(true)
    let clock = 0
    const board = createBoard({ stream, total: 2, now: () => clock })
    const line = board.begin(`a-repository-with-a-long-name-${'x'.repeat(60)}`)
    line.phase('streams')
    clock = 2_000
    line.bytes(4_000_000)
    while (!written.join('').includes('0 of 2')) await sleep(20)
    line.done('✓ orders')
    board.end()
    const text = written.join('')
    expect(text).toContain('\u001b[2A\u001b[J✓ orders\n')
    for (const each of text.split('\n')) expect(stripVTControlCharacters(each).length).toBeLessThan(60)
  })
})
