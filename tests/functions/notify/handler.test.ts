import { createHash } from 'node:crypto'
import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { createNotify, type NotifyParts } from '../../../functions/notify/handler.ts'
import { chooses } from '../../../shared/config/glob.ts'
import { parseConfig } from '../../../shared/config/parse.ts'
import type { RelayEvent, RelayInput, RepositoryEvent } from '../../../shared/events/types.ts'
import { createDeliver } from '../../../shared/notices/deliver.ts'
import type { Facts } from '../../../shared/runtime/log.ts'
import {
  elsewhere,
  failed,
  NEW,
  pushed,
  repositoryEvent,
  secretFound,
  tagged,
  updated,
} from '../../shared/notices/samples.ts'

const config = parseConfig(`version: 1
replicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]
topics:
  team: {}
  chat: { slack: { workspace: T024BE7LD, channel: C024BE7LR } }
notify:
  - { topic: team }
  - { topic: chat, events: [replica] }
`)

const destinations: NotifyParts['destinations'] = new Map([
  ['billing', { name: 'billing', arn: 'arn:aws:sns:us-east-1:111111111111:billing' }],
  ['team', { name: 'team', arn: 'arn:aws:sns:us-east-1:111111111111:team' }],
  ['chat', { name: 'chat', arn: 'arn:aws:sns:us-east-1:111111111111:chat', chat: 'slack' }],
])

/** The idempotency table's rules: one worker at a time, done stays done, a failure frees the key. */
const createTable = () => {
  const states = new Map<string, 'running' | 'done'>()
  return {
    states,
    once: async (key: string, work: () => Promise<void>) => {
      await Promise.resolve()
      if (states.get(key) === 'done') return
      if (states.has(key)) throw Object.assign(new Error('running elsewhere'), { code: 'CLAIM_LOST' })
      states.set(key, 'running')
      try {
        await work()
        states.set(key, 'done')
      } catch (error) {
        states.delete(key)
        throw error
      }
    },
  }
}

let sent: PublishCommandInput[]
let refuse: (input: PublishCommandInput) => boolean
let table: ReturnType<typeof createTable>
let facts: Facts

beforeEach(() => {
  sent = []
  refuse = () => false
  table = createTable()
  facts = {}
})

const silent = { info: () => {}, warn: () => {}, error: () => {} }

const run = (...bodies: unknown[]) => runWith(config.notify, ...bodies)

const runWith = async (routes: NotifyParts['notify'], ...bodies: unknown[]) => {
  const notify = createNotify({
    notify: routes,
    destinations,
    decodeBody: (body) => [JSON.parse(body) as RelayInput],
    chooses,
    once: table.once,
    isOwn: (actor) => actor.includes(':assumed-role/codecommit-relay-test-'),
    deliver: createDeliver({
      publish: async (input) => {
        if (refuse(input)) throw new Error('refused')
        sent.push(input)
      },
    }),
  })
  const Records = bodies.map((body, index) => ({
    messageId: `m${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
  }))
  const { batchItemFailures } = await notify(
    { Records },
    { requestId: 'r', log: silent, remainingMs: () => 1_000, note: (more) => Object.assign(facts, more) },
  )
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

const subjects = () =>
  sent.map(({ Subject, TopicArn }) => Subject ?? `card to ${TopicArn?.split(':').at(-1)}`)

const oneOf = (change: RepositoryEvent['changes'][number], id: string, more: Partial<RepositoryEvent> = {}) =>
  repositoryEvent([change], { id, ...more })

const { oldCommit: _, ...withoutOld } = pushed()
const byTrigger = oneOf(withoutOld, 't1', { via: 'trigger', at: '2031-05-17T09:04:33.912Z' })

describe('a secret that is in other repositories as well', () => {
  const event = secretFound([
    { others: [elsewhere('invoices', { news: true }), elsewhere('till', { news: true })] },
  ])
  const routes = (...lists: [string, string][]) =>
    lists.map(([topic, repository]) => ({ topic, events: ['secret' as const], repositories: [repository] }))

  test.each([
    [
      'one topic for all: one message',
      routes(['team', '*']),
      ['orders: SECRET pushed: AWS access key in config/app.env, line 12'],
    ],
    [
      'topics of their own: one message each',
      routes(['team', 'orders'], ['billing', 'invoices']),
      [
        'orders: SECRET pushed: AWS access key in config/app.env, line 12',
        'invoices: SECRET open here, now in orders too: AWS access key in config/app.env, line 12',
      ],
    ],
    [
      'two of the others on one topic: one message',
      routes(['billing', 'invoices'], ['billing', 'till']),
      ['invoices and 1 other: SECRET open here, now in orders too: AWS access key in config/app.env, lin...'],
    ],
  ])('%s, also when the event comes twice', async (_, notify, expected) => {
    expect(await runWith(notify, event, event)).toEqual([])
    await runWith(notify, event)
    expect(subjects().sort()).toEqual(expected.sort())
  })
})

describe('one notice', () => {
  test('for one push', async () => {
    expect(await run(oneOf(pushed(), 'e1'))).toEqual([])
    expect(subjects()).toEqual(['orders: nina pushed to main (7f3c1de..a7f719b)'])
  })

  test('none for what the stack itself pushed: a replica in its own region, or a source that was failed over', async () => {
    const role = 'arn:aws:sts::111111111111:assumed-role/codecommit-relay-test-us-east-1-replicate/replicate'
    expect(await run(oneOf(pushed(), 'e1', { actor: role }))).toEqual([])
    expect(subjects()).toEqual([])
  })

  test('for an event that comes twice, in one batch or later', async () => {
    await run(oneOf(pushed(), 'e1'), oneOf(pushed(), 'e1'))
    await run(oneOf(pushed(), 'e1'))
    expect(subjects()).toEqual(['orders: nina pushed to main (7f3c1de..a7f719b)'])
    expect(facts).toMatchObject({ errands: 1, notices: 0 })
  })

  test.each([
    ['the trigger first', [byTrigger, oneOf(pushed(), 'e1')]],
    ['EventBridge first', [oneOf(pushed(), 'e1'), byTrigger]],
  ])('for a push that both ways report in one batch, with the old tip: %s', async (__, events) => {
    expect(await run(...events)).toEqual([])
    expect(subjects()).toEqual(['orders: nina pushed to main (7f3c1de..a7f719b)'])
  })

  test('for a push that both ways report in two batches', async () => {
    await run(byTrigger)
    expect(await run(oneOf(pushed(), 'e1'))).toEqual([])
    expect(subjects()).toEqual(['orders: nina pushed to main (now a7f719b)'])
  })

  test('for what one hand did to one repository within a batch', async () => {
    await run(oneOf(tagged('a'), 'e1'), oneOf(tagged('b'), 'e2'), oneOf(pushed(), 'e3'))
    expect(subjects()).toEqual(['orders: nina changed 3 refs (1 branch updated, 2 tags created)'])
  })

  test('for a push of 4,000 tags, whichever way it is told', async () => {
    const tags = Array.from({ length: 4_000 }, (__, n) => tagged(`v${n}`))
    await run(repositoryEvent(tags, { id: 't1', via: 'trigger' }))
    expect(table.states.size).toBe(1)
    expect(await run(repositoryEvent(tags, { id: 't1', via: 'trigger' }))).toEqual([])
    table = createTable()
    await run(...tags.map((tag, index) => oneOf(tag, `e${index}`)))
    expect(subjects()).toEqual(['orders: nina created 4,000 tags', 'orders: nina created 4,000 tags'])
  })

  test('per topic that wants to hear', async () => {
    await run(updated())
    expect(subjects()).toEqual([
      'orders: replica in eu-west-1 is equal again (12 refs, 1.3 s after the push)',
      'card to chat',
    ])
  })
})

describe('two notices', () => {
  test('for two people', async () => {
    await run(
      oneOf(pushed(), 'e1'),
      oneOf(pushed({ commit: '1'.repeat(40), oldCommit: NEW }), 'e2', {
        actor: 'arn:aws:iam::111111111111:user/omar',
      }),
    )
    expect(subjects()).toEqual([
      'orders: nina pushed to main (7f3c1de..a7f719b)',
      'orders: omar pushed to main (a7f719b..1111111)',
    ])
  })

  test('for a branch that comes back to the same tip later', async () => {
    await run(oneOf(pushed(), 'e1'))
    await run(oneOf(pushed(), 'e2', { at: '2031-05-17T09:05:33Z' }))
    expect(sent).toHaveLength(2)
  })
})

describe('failures', () => {
  test('only the record that cannot be read fails', async () => {
    expect(await run('{', oneOf(pushed(), 'e1'))).toEqual(['m0'])
    expect(sent).toHaveLength(1)
  })

  test('work for replicate is nothing that people hear of', async () => {
    const request: RelayInput = {
      type: 'request',
      id: 'q',
      at: '2031-05-17T09:04:33Z',
      repository: repositoryEvent([]).repository,
      reason: 'sweep',
      attempt: 0,
    }
    expect(await run(request)).toEqual(['m0'])
  })

  test('a topic that refuses fails its records; the next try tells that topic alone', async () => {
    refuse = ({ TopicArn }) => TopicArn?.endsWith(':chat') ?? false
    expect(await run(oneOf(pushed(), 'e1'), failed())).toEqual(['m1'])
    refuse = () => false
    sent = []
    expect(await run(failed())).toEqual([])
    expect(subjects()).toEqual(['card to chat'])
  })

  test('an item that another worker is at fails, and the others of its group go out', async () => {
    const other = oneOf(tagged('b'), 'e2')
    let release = () => {}
    const running = new Promise<void>((resolve) => {
      release = resolve
    })
    const keys: string[] = []
    const { once } = table
    table.once = (key, work) => {
      keys.push(key)
      return once(key, work)
    }
    refuse = () => true
    expect(await run(other)).toEqual(['m0'])
    const stuck = once(keys[0] ?? '', () => running)
    await Promise.resolve()
    refuse = () => false
    expect(await run(oneOf(tagged('a'), 'e1'), other)).toEqual(['m1'])
    expect(subjects()).toEqual(['orders: nina created tag a (at a7f719b)'])
    release()
    await stuck
  })

  test('no batch at all is refused', async () => {
    const notify = createNotify({
      notify: [],
      destinations,
      decodeBody: () => [],
      chooses,
      once: table.once,
      deliver: async () => {},
    })
    const context = { requestId: 'r', log: silent, remainingMs: () => 1_000, note: () => {} }
    await expect(notify({}, context)).rejects.toMatchObject({ code: 'EVENT_MALFORMED' })
  })
})

test('keys stay short however long the ref is', async () => {
  const long = oneOf(tagged('x'.repeat(250)), 'e1')
  await run(long)
  const longest = `notice#team#${createHash('sha256').digest('hex')}`.length
  for (const key of table.states.keys()) expect(key.length).toBe(longest)
})

test('a trigger’s test is told as a test', async () => {
  const event: RepositoryEvent | RelayEvent = repositoryEvent([], { id: 't9', via: 'trigger', test: true })
  await run(event)
  expect(subjects()).toEqual(['[test] orders: the trigger reaches this topic; nothing was pushed'])
})
