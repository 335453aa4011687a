import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createSweep, type SweepHandlerParts } from '../../../functions/sweep/handler.ts'
import { type CodeCommitAccess, createCodeCommit } from '../../../shared/codecommit/access.ts'
import type { RelayError } from '../../../shared/runtime/errors.ts'
import { openReplicas } from '../../../shared/store/replicas.ts'
import type { Table } from '../../../shared/store/table.ts'
import { type CodeCommitApi, codeCommitApi } from '../../support/codecommit-api.ts'
import { type GitRequest, type GitServer, startGitServer } from '../../support/git-server.ts'
import { startTable, type TestTable } from '../../support/table.ts'
import { config } from '../world.ts'

// The function with a real table, real Git servers and the real client; queues and the bus are lists.

const ACCOUNT = '111111111111'
const NAMES = Array.from({ length: 8 }, (_, index) => `r${index}`)
const REPLICAS = ['eu-west-1', 'ap-southeast-1']
const keys = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret+0001'].join('/') }
const sides = {
  source: (name: string) => ({ account: ACCOUNT, region: 'us-east-1', name }),
  pair: (name: string, region = 'eu-west-1') => ({
    repository: { account: ACCOUNT, region: 'us-east-1', name },
    replica: { account: ACCOUNT, region, name },
  }),
}

let root: string
let server: GitServer
let api: CodeCommitApi
let reader: CodeCommitAccess
let before: (request: GitRequest) => number | undefined | Promise<number | undefined>
const tips: string[] = []
const environment = { ...process.env }

const setMain = (region: string, name: string, tip: number) =>
  writeFileSync(join(root, region, name, 'refs/heads/main'), `${tips[tip]}\n`)

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sweep-'))
  const model = join(root, 'model')
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  git('init', '--quiet', '--bare', '--initial-branch=main', model)
  const tree = git(`--git-dir=${model}`, 'hash-object', '-t', 'tree', '-w', '/dev/null')
  const who = ['-c', 'user.name=n', '-c', 'user.email=n@example.org']
  for (const message of ['one', 'two'])
    tips.push(git(`--git-dir=${model}`, ...who, 'commit-tree', '-m', message, tree))
  for (const region of ['us-east-1', ...REPLICAS])
    for (const name of NAMES) cpSync(model, join(root, region, name), { recursive: true })
  api = codeCommitApi(root, () => {
    throw new Error('no role is assumed here')
  })
  server = await startGitServer({
    root,
    secretOf: (id) => (id === keys.accessKeyId ? keys.secretAccessKey : undefined),
    before: (request) => before(request),
    otherwise: api.handle,
  })
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  })
  delete process.env.AWS_PROFILE
  delete process.env.AWS_SESSION_TOKEN
  reader = createCodeCommit({
    gitEndpoint: server.endpoint,
    region: 'us-east-1',
    now: Date.now,
    timeoutMs: 5_000,
  })
})
afterAll(async () => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_MAX_ATTEMPTS']) {
    if (environment[name] === undefined) delete process.env[name]
    else process.env[name] = environment[name]
  }
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

let database: TestTable
beforeEach(async () => {
  database = await startTable()
  before = () => undefined
  server.requests.length = 0
  for (const region of ['us-east-1', ...REPLICAS]) for (const name of NAMES) setMain(region, name, 0)
})
afterEach(() => database.close())

interface Sent {
  readonly body: string
  readonly delaySeconds: number
}

const open = (changes: Partial<SweepHandlerParts> = {}) => {
  let time = Date.parse('2031-05-17T09:05:00Z')
  const slices: Sent[] = []
  const requests: { replica: { name: string; region: string }; reason: string }[] = []
  const told: { type: string; detail: Record<string, unknown> }[] = []
  const pauses: number[] = []
  const figures: [string, number][] = []
  const writes: string[] = []
  const note: Record<string, unknown> = {}
  const counting = (table: Table): Table => ({
    ...table,
    update: (key, change) => {
      writes.push(`${key.pk} ${key.sk}`)
      return table.update(key, change)
    },
  })
  const parts: SweepHandlerParts = {
    config: {
      ...config,
      sweep: { everyMinutes: 5 },
      replicate: [{ ...config.replicate[0]!, to: REPLICAS.map((region) => ({ region })) }],
    },
    own: { account: ACCOUNT, region: 'us-east-1' },
    bus: 'default',
    replicateQueue: 'https://sqs/replicate',
    sweepQueue: 'https://sqs/sweep',
    reader,
    table: counting(database.table),
    events: {
      putEvents: async ({ Entries }) => {
        for (const { DetailType, Detail } of Entries!)
          told.push({ type: DetailType!, detail: JSON.parse(Detail!) })
        return { FailedEntryCount: 0 }
      },
    },
    queues: {
      sendMessage: async ({ MessageBody, DelaySeconds, QueueUrl }) => {
        expect(QueueUrl).toBe('https://sqs/sweep')
        slices.push({ body: MessageBody!, delaySeconds: DelaySeconds ?? 0 })
      },
      sendMessageBatch: async ({ Entries, QueueUrl }) => {
        expect(QueueUrl).toBe('https://sqs/replicate')
        for (const { MessageBody } of Entries!) requests.push(JSON.parse(MessageBody!).detail)
        return {}
      },
    },
    tasks: {
      runTask: () => Promise.reject(new Error('the sweep starts nothing')),
      describeTasks: async () => ({ tasks: [], failures: [] }),
    },
    meter: { put: (name, value) => void figures.push([name, value]) },
    now: () => time,
    pause: async (milliseconds) => {
      pauses.push(milliseconds)
      time += milliseconds
    },
    id: randomUUID,
    ...changes,
  }
  const handler = createSweep(parts)
  const errors: string[] = []
  const run = async (body = '{"reason":"schedule"}') => {
    for (const key of Object.keys(note)) delete note[key]
    await handler(
      { Records: [{ messageId: 'm', body, attributes: {} }] },
      {
        requestId: 'r',
        remainingMs: () => 900_000,
        note: (facts) => Object.assign(note, facts),
        log: { info: () => {}, warn: () => {}, error: (message) => void errors.push(message) },
      },
    )
    return { ...note } as Record<string, unknown>
  }
  return {
    run,
    slices,
    requests,
    told,
    pauses,
    figures,
    writes,
    errors,
    pass: (milliseconds: number) => (time += milliseconds),
    /** the messages of the sweep's queue, oldest first, until it is empty */
    drain: async () => {
      const notes = []
      for (let next = slices.shift(); next; next = slices.shift()) notes.push(await run(next.body))
      return notes
    },
    store: openReplicas(database.table),
    marker: () => database.table.get({ pk: 'marker', sk: 'sweep' }),
  }
}

/** region and name, by count */
const asked = () => {
  const counts: Record<string, number> = {}
  for (const { region, name } of server.requests)
    counts[`${region}/${name}`] = (counts[`${region}/${name}`] ?? 0) + 1
  return counts
}
const sliced = { replicas: 4, slices: 100, most: 100, characters: 10_000 }

describe('when nothing differs', () => {
  test('each replica is read once, then its source once for all; nothing is asked for, and the second sweep writes nothing', async () => {
    const sweep = open()
    expect(await sweep.run()).toMatchObject({
      looked: 16,
      found: { equal: 16, different: 0, 'source-missing': 0, unread: 0 },
      requested: 0,
      missedEvents: 0,
      complete: true,
    })
    expect(server.requests).toHaveLength(24)
    expect(new Set(Object.values(asked()))).toEqual(new Set([1]))
    for (const name of NAMES) {
      const order = server.requests.filter((request) => request.name === name)
      expect(order.map(({ service }) => service)).toEqual([
        'git-receive-pack',
        'git-receive-pack',
        'git-upload-pack',
      ])
    }
    expect(await sweep.store.list()).toHaveLength(16)
    expect(await sweep.marker()).toBeUndefined()
    sweep.writes.length = 0
    await sweep.run()
    expect(sweep.writes.filter((key) => key.startsWith('replica'))).toEqual([])
    expect([sweep.requests, sweep.told, sweep.pauses]).toEqual([[], [], []])
  })
})

describe('what differs', () => {
  test('is given time for its event once, however many they are; then it is told, counted and asked for', async () => {
    const sweep = open()
    await sweep.run()
    for (const name of NAMES.slice(0, 5)) setMain('us-east-1', name, 1)
    // its event was heard of, the work is late
    await sweep.store.noteHint(sides.pair('r4'), { at: Date.parse('2031-05-17T09:06:00Z'), ids: ['x'] })
    sweep.pass(300_000)
    const note = await sweep.run()
    expect(note).toMatchObject({ requested: 10, missedEvents: 9, found: { equal: 6, different: 10 } })
    expect(sweep.figures).toEqual([['MissedEvents', 9]])
    expect(sweep.pauses).toEqual([3_000])
    expect(sweep.told.filter(({ type }) => type === 'Replica Behind')).toHaveLength(10)
    expect(sweep.requests).toHaveLength(10)
    expect(await sweep.store.get(sides.pair('r0'))).toMatchObject({ missed: 1, status: 'behind' })
    expect((await sweep.store.get(sides.pair('r4')))?.missed).toBeUndefined()
    // known now: asked for with every sweep, neither waited for, nor told, nor counted again
    sweep.pass(300_000)
    expect(await sweep.run()).toMatchObject({ requested: 10, missedEvents: 0 })
    expect(sweep.pauses).toEqual([3_000])
    expect(sweep.told).toHaveLength(10)
  })
})

describe('more than one invocation can do', () => {
  test('is cut into slices that are spread over the interval, each looked at once', async () => {
    const sweep = open({ budget: sliced })
    expect(await sweep.run()).toMatchObject({ slices: 4, looked: 4 })
    expect(sweep.slices.map(({ delaySeconds }) => delaySeconds)).toEqual([45, 90, 135])
    const notes = await sweep.drain()
    expect(notes.map(({ looked }) => looked)).toEqual([4, 4, 4])
    expect(Object.values(asked())).toEqual(Array(24).fill(1))
    expect(await sweep.marker()).toBeUndefined()
  })

  test('a slice that is delivered twice is looked at once', async () => {
    const sweep = open({ budget: sliced })
    await sweep.run()
    sweep.slices.push(...sweep.slices)
    const notes = await sweep.drain()
    expect(notes.filter(({ over }) => over)).toHaveLength(3)
    expect(Object.values(asked())).toEqual(Array(24).fill(1))
  })

  test('a lost slice is taken up by a later schedule, and nothing else is looked at again', async () => {
    const sweep = open({ budget: sliced })
    await sweep.run()
    const [lost] = sweep.slices.splice(1, 1)
    await sweep.drain()
    server.requests.length = 0
    expect(await sweep.run()).toMatchObject({ underWay: expect.any(String) })
    expect(server.requests).toEqual([])
    sweep.pass(300_000)
    expect(await sweep.run()).toMatchObject({ resumed: true, slices: 1, looked: 4 })
    expect(Object.keys(asked()).sort()).toEqual(
      ['ap-southeast-1', 'eu-west-1', 'us-east-1'].flatMap((region) =>
        ['r4', 'r5'].map((name) => `${region}/${name}`),
      ),
    )
    expect(await sweep.marker()).toBeUndefined()
    // it was not lost after all
    expect(await sweep.run(lost!.body)).toMatchObject({ over: true })
  })

  test('two sweeps at once do the work of one; whoever asked by hand meanwhile gets another after it', async () => {
    const sweep = open({ budget: sliced })
    await Promise.all([sweep.run(), sweep.run()])
    await sweep.run()
    expect(sweep.slices).toHaveLength(3)
    await sweep.run('{"reason":"by hand"}')
    const bodies = sweep.slices.splice(0)
    for (const { body } of bodies) await sweep.run(body)
    expect(Object.values(asked())).toEqual(Array(24).fill(1))
    expect(sweep.slices).toEqual([{ body: '{"reason":"asked for meanwhile"}', delaySeconds: 0 }])
    await sweep.drain()
    expect(Object.values(asked())).toEqual(Array(24).fill(2))
    expect(await sweep.marker()).toBeUndefined()
  })

  test('a slice that fails with every sweep keeps no other from being looked at', async () => {
    let broken = false
    const told: unknown[] = []
    const sweep = open({
      budget: sliced,
      events: {
        putEvents: async ({ Entries }) => {
          if (broken && Entries?.[0]?.Detail?.includes('"r2"')) return { FailedEntryCount: 1 }
          told.push(Entries)
          return { FailedEntryCount: 0 }
        },
      },
    })
    await sweep.run()
    await sweep.drain()
    setMain('us-east-1', 'r2', 1)
    broken = true
    const sweepAll = async () => {
      server.requests.length = 0
      const failures: unknown[] = []
      await sweep.run().catch((error: unknown) => failures.push(error))
      for (let next = sweep.slices.shift(); next; next = sweep.slices.shift())
        await sweep.run(next.body).catch((error: unknown) => failures.push(error))
      sweep.pass(300_000)
      expect(failures).toEqual([expect.objectContaining({ message: '2 replicas not swept' })])
      // the table's or the bus's trouble keeps no replica from being repaired
      expect(sweep.requests.splice(0)).toHaveLength(2)
      return Object.keys(asked()).length
    }
    // whole; the failed slice alone; given up for a whole one
    expect([await sweepAll(), await sweepAll(), await sweepAll()]).toEqual([24, 6, 24])
  })
})

describe('a source that is gone', () => {
  const away = (name: string) => join(root, `us-east-1-${name}`)
  afterEach(() => {
    for (const name of NAMES)
      if (existsSync(away(name))) renameSync(away(name), join(root, 'us-east-1', name))
  })

  test.each([
    ['in one slice', undefined],
    ['at the end of a slice, and at the end of all', sliced],
  ])('%s: its replicas are asked for until that is noted', async (_name, budget) => {
    const sweep = open(budget ? { budget } : {})
    const whole = async () => {
      await sweep.run()
      await sweep.drain()
      sweep.pass(300_000)
    }
    await whole()
    for (const name of ['r3', 'r7']) renameSync(join(root, 'us-east-1', name), away(name))
    await whole()
    expect(sweep.requests.map(({ replica }) => `${replica.region}/${replica.name}`).sort()).toEqual([
      'ap-southeast-1/r3',
      'ap-southeast-1/r7',
      'eu-west-1/r3',
      'eu-west-1/r7',
    ])
    for (const name of ['r3', 'r7'])
      for (const region of REPLICAS) {
        const pair = sides.pair(name, region)
        const claim = { id: 'a', now: 0, until: 1, attempt: 0, reason: 'sweep', messages: [] }
        await sweep.store.claim(pair, claim)
        await sweep.store.settleClaim(pair, 'a', { status: 'source-missing', missingSince: 'now' })
      }
    await whole()
    expect(sweep.requests).toHaveLength(4)
  })

  test('all of them', async () => {
    const sweep = open()
    await sweep.run()
    sweep.pass(300_000)
    for (const name of NAMES) renameSync(join(root, 'us-east-1', name), away(name))
    expect(await sweep.run()).toMatchObject({ orphans: 16, requested: 16, looked: 0 })
  })

  test('a region that cannot be listed is not taken for one without repositories', async () => {
    const sweep = open()
    await sweep.run()
    sweep.pass(300_000)
    api.fail('ListRepositories', 503)
    try {
      expect(await sweep.run()).toMatchObject({ orphans: 0, requested: 0, unlisted: 1 })
    } finally {
      api.fail('ListRepositories', undefined)
    }
  })
})

describe('servers in trouble', () => {
  test('throttled for a while: asked more slowly, and everything is looked at', async () => {
    let refused = 0
    before = ({ region }) => {
      if (region !== 'eu-west-1' || refused >= 12) return undefined
      refused += 1
      return 429
    }
    const sweep = open()
    expect(await sweep.run()).toMatchObject({
      found: { equal: 16 },
      throttled: 12,
      complete: true,
    })
    expect(sweep.pauses.length).toBeGreaterThan(0)
    expect(sweep.requests).toEqual([])
  })

  test('a region that throttles whatever it is asked: the other is looked at, and this one left alone', async () => {
    before = ({ region }) => (region === 'eu-west-1' ? 429 : undefined)
    const sweep = open()
    const note = await sweep.run()
    expect(note).toMatchObject({ found: { equal: 8, unread: 8 }, requested: 0 })
    expect(server.requests.filter(({ region }) => region === 'eu-west-1').length).toBeLessThanOrEqual(32)
    expect(asked()['ap-southeast-1/r7']).toBe(1)
  })

  test('a replica that never answers stops no other', async () => {
    const hang = Promise.withResolvers<undefined>()
    const othersDone = Promise.withResolvers<void>()
    before = ({ region, name }) => {
      if (name === 'r0' && region === 'eu-west-1') return hang.promise
      if (server.requests.filter((one) => one.name !== 'r0').length === 21) othersDone.resolve()
      return undefined
    }
    const sweep = open()
    const running = sweep.run()
    await othersDone.promise
    hang.resolve(undefined)
    expect(await running).toMatchObject({ found: { equal: 16 } })
  })

  test('a replica that is refused is asked for once, with its reason', async () => {
    before = ({ region, name }) => (name === 'r3' && region === 'eu-west-1' ? 403 : undefined)
    const sweep = open()
    for (let round = 0; round < 3; round += 1) {
      await sweep.run()
      sweep.pass(300_000)
    }
    expect(sweep.requests).toEqual([expect.objectContaining({ reason: 'sweep: REMOTE_DENIED' })])
    expect(sweep.requests[0]?.replica).toEqual({ account: ACCOUNT, region: 'eu-west-1', name: 'r3' })
    expect(new Set(sweep.errors)).toEqual(new Set(['refs not read']))
  })
})

describe('upkeep', () => {
  test('settings are synced for what was looked at, a failure stops nothing, parked tips expire once a sweep', async () => {
    const synced: string[] = []
    let expired = 0
    const sweep = open({
      budget: sliced,
      upkeep: {
        syncSettings: async (repository, targets) => {
          synced.push(`${repository.name}*${targets.length}`)
          if (repository.name === 'r2') throw new Error('no')
        },
        expireParked: async () => {
          expired += 1
        },
      },
    })
    await sweep.run()
    await sweep.drain()
    expect(synced.sort()).toEqual(NAMES.map((name) => `${name}*2`))
    expect(expired).toBe(1)
    expect(sweep.errors).toEqual(['settings not synced'])
  })
})

test('a region that is gone is asked a few times, not for every replica', async () => {
  const gone: RelayError[] = []
  const sweep = open({
    reader: {
      tagsOf: (repository) => reader.tagsOf(repository),
      listRepositories: async () => Array.from({ length: 60 }, (_, index) => `many-${index}`),
      readRefs: async ({ region, name }, side) => {
        if (region !== 'eu-west-1') return new Map()
        const unreachable = createCodeCommit({ gitEndpoint: 'http://127.0.0.1:1', now: Date.now })
        return unreachable.readRefs({ account: ACCOUNT, region, name }, side).catch((error: RelayError) => {
          gone.push(error)
          throw error
        })
      },
    },
    budget: { ...sliced, replicas: 1_000, most: 1_000 },
  })
  const note = await sweep.run()
  expect(gone.length).toBeLessThan(20)
  expect(sweep.requests.length).toBe(gone.length)
  expect(note).toMatchObject({ looked: 120, found: { equal: 60, unread: 60 }, skipped: 60 - gone.length })
})
