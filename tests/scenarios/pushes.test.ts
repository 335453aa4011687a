import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { fsckOf } from '../support/fsck.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

let live: LiveCloud
let nina: Developer

beforeAll(async () => {
  live = await raiseCloud()
  await live.createRepository('orders')
  nina = await developerOf(live, 'orders')
})

afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

describe('every kind of push ends equal on both sides', () => {
  test('the first push makes the replica', async () => {
    await nina.commit('Begin')
    await nina.git('push', 'origin', 'main')
    await live.untilEqual('orders')
    const proof = await live.untilEvent('Replica Updated')
    expect(proof.detail).toMatchObject({
      repository: { account: '111111111111', region: 'us-east-1', name: 'orders' },
      replica: { account: '111111111111', region: 'eu-west-1', name: 'orders' },
      refs: 1,
      created: 1,
      way: 'relay',
      wayReason: 'one ref differed',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      replicaLagMs: expect.any(Number),
    })
  })

  test('and the subscriber reads who pushed what, and that the replica is equal', async () => {
    const push = await live.inbox.waitFor((message) => /orders.*main/.test(message.subject), 20_000)
    expect(push?.subject).toMatch(/relay/)
    const equal = await live.inbox.waitFor(
      (message) => /orders.*replica.*eu-west-1.*equal/i.test(message.subject),
      20_000,
    )
    expect(equal).toBeDefined()
  })

  test('a branch that moved is streamed on the word of its event', async () => {
    await nina.commit('Word of its event')
    await nina.git('push', 'origin', 'main')
    await live.untilEqual('orders')
    const proof = await live.untilEvent('Replica Updated', ({ way }) => way === 'fast-path')
    expect(proof.detail).toMatchObject({
      updated: 1,
      wayReason: 'one branch moved, as its event said',
      replicaLagMs: expect.any(Number),
    })
  })

  test('a new branch, a forced rewind, an annotated and a light tag, a deleted branch', async () => {
    await nina.commit('Second')
    await nina.git('checkout', '-q', '-b', 'feature/ripen')
    await nina.commit('Ripen')
    await nina.git('push', 'origin', 'main', 'feature/ripen')
    await live.untilEqual('orders')

    await nina.git('reset', '--hard', '-q', 'HEAD~1')
    await nina.git('push', '--force', 'origin', 'feature/ripen')
    await live.untilEqual('orders')

    await nina.git('tag', '-a', 'v1', '-m', 'One')
    await nina.git('tag', 'light')
    await nina.git('push', 'origin', 'v1', 'light')
    await live.untilEqual('orders')

    await nina.git('push', 'origin', ':feature/ripen')
    await live.untilEqual('orders')
    const refs = await live.refs(live.replicaUrl('orders'))
    expect([...refs.keys()].sort()).toEqual(['refs/heads/main', 'refs/tags/light', 'refs/tags/v1'])
  })

  test('a branch that turns into a folder of branches', async () => {
    await nina.git('push', 'origin', 'main:refs/heads/topic')
    await live.untilEqual('orders')
    await nina.git('push', 'origin', ':refs/heads/topic')
    await nina.git('push', 'origin', 'main:refs/heads/topic/one')
    await live.untilEqual('orders')
  })

  // that CodeCommit refuses more than 4,000 in one push, and that nothing changes then: tests/local/codecommit
  // more than one push of Relay's own takes: tests/containers/mirror/mirror.test.ts, tests/shared/replication/relay
  test('300 refs in two pushes: more events than one invocation takes', async () => {
    const tip = await nina.git('rev-parse', 'main')
    const specs = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `${tip}:refs/tags/many/${from + index}`)
    const before = await live.refs(live.url('orders'))
    for (const from of [0, 150]) await nina.git('push', '--quiet', 'origin', ...specs(from, from + 150))
    await live.untilEqual('orders')
    expect((await live.refs(live.replicaUrl('orders'))).size).toBe(before.size + 300)
  })

  test('the replica is whole', async () => {
    expect(await fsckOf(live, live.replicaUrl('orders'))).toBe('')
  })
})
