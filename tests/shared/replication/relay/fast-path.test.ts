import { afterEach, describe, expect, test } from '@jest/globals'
import { fastPath, replayMoves } from '../../../../shared/replication/relay/fast-path.ts'
import { relay } from '../../../../shared/replication/relay/relay.ts'
import type { NamedMove, RelayWork } from '../../../../shared/replication/relay/types.ts'
import { type Streamed, stream } from '../../../../shared/replication/stream.ts'
import { EQUAL, grow, openSides, type Sides, setRefs } from './sides.ts'

let sides: Sides
afterEach(async () => {
  const trespasses = [...sides.source.server.trespasses, ...sides.replica.server.trespasses]
  await sides.close()
  expect(trespasses).toEqual([])
})

const run = (moves: readonly NamedMove[], more: Partial<RelayWork> = {}, lookFirst = false) =>
  fastPath(sides.parts, { ...sides.work, ...more }, moves, { lookFirst })
const main = (from: string, to: string): NamedMove => ({ kind: 'update', ref: 'refs/heads/main', from, to })
/** behind the one that began it */
const pushes = () =>
  sides.replica.server.exchanges.filter(({ service }) => service === 'git-receive-pack').slice(1)

const begin = async (): Promise<string> => {
  sides = await openSides({
    source: { settings: ['uploadpack.allowReachableSHA1InWant=true', 'uploadpack.allowTipSHA1InWant=true'] },
    replica: { settings: ['core.logAllRefUpdates=always'] },
  })
  const one = await grow(sides.source, 'main', 3)
  await sides.relay()
  return one
}

describe('an event is replayed', () => {
  test('by one fetch and one push, without an advertisement of either side', async () => {
    const one = await begin()
    await setRefs(
      sides.source,
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`refs/heads/other/${n}`, one])),
    )
    await sides.relay()
    const before = sides.replica.server.requests.length
    const two = await grow(sides.source, 'main', 2)
    const first = await run([main(one, two)])
    expect(first).toMatchObject({ kind: 'moved', moved: { created: 0, updated: 1, deleted: 0 } })
    expect(sides.replica.server.requests.slice(before).map(({ step }) => step)).toEqual(['exchange'])
    expect(await sides.differences()).toEqual(EQUAL)
    // once it is known that the source tells single refs: fetch, push, look
    const three = await grow(sides.source, 'main', 1)
    const second = await run([main(two, three)])
    expect(second).toMatchObject({ kind: 'moved', cost: { requests: 3 } })
    expect(second.cost.received + second.cost.sent).toBeLessThan(5_000)
    const four = await grow(sides.source, 'main', 1)
    const third = await replayMoves(sides.parts, sides.work, [main(three, four)])
    expect(third).toMatchObject({ kind: 'moved', cost: { requests: 2 } })
    expect(third.cost.received + third.cost.sent).toBeLessThan(4_000)
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('several refs, and chains of one ref in any order', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main', 1)
    const three = await grow(sides.source, 'main', 1)
    const side = await grow(sides.source, 'side', 1, { from: one })
    await setRefs(sides.replica, { 'refs/heads/side': one, 'refs/heads/gone': one })
    expect(
      await run([
        main(two, three),
        { kind: 'update', ref: 'refs/heads/side', from: one, to: side },
        main(one, two),
        { kind: 'delete', ref: 'refs/heads/gone', from: one },
      ]),
    ).toMatchObject({ kind: 'moved', moved: { created: 0, updated: 2, deleted: 1 } })
    expect(await sides.differences()).toEqual(EQUAL)
    expect(pushes()).toHaveLength(1)
  })

  test('a deletion alone needs no pack', async () => {
    const one = await begin()
    await setRefs(sides.replica, { 'refs/heads/gone': one })
    const fetched = sides.source.server.exchanges.length
    const outcome = await run([{ kind: 'delete', ref: 'refs/heads/gone', from: one }])
    expect(outcome).toMatchObject({ kind: 'moved', moved: { created: 0, updated: 0, deleted: 1 } })
    expect(await sides.differences()).toEqual(EQUAL)
    // looks alone: version 2 has no wants
    expect(sides.source.server.exchanges.slice(fetched).flatMap(({ lines }) => lines)).toEqual([])
  })

  test('what is pushed is announced before', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    const said: unknown[] = []
    const announce: RelayWork['announce'] = async (updates) =>
      void said.push(updates, (await sides.replica.refs()).get('refs/heads/main'))
    await run([main(one, two)], { announce, guard: () => Promise.reject(new Error('not asked')) })
    expect(said).toEqual([[main(one, two)], one])
  })
})

describe('in a stream', () => {
  const streamed = async (moves: readonly NamedMove[], lookFirst = false) => {
    const { parts, work } = sides
    const asked = {
      source: sides.source.server.requests.length,
      replica: sides.replica.server.requests.length,
    }
    const end: Streamed = await stream(
      {
        ...parts,
        relay,
        fastPath: replayMoves,
        ensureReplica: () => Promise.reject(new Error('it is there')),
        reader: {
          readRefs: async (repository, side) => {
            const service = side === 'source' ? 'git-upload-pack' : 'git-receive-pack'
            return (await parts.git.advertise(parts.remote(repository), service))?.refs
          },
        },
        meter: { put: () => undefined },
      },
      {
        target: work.target,
        budget: { until: work.until, bytes: work.bytes },
        force: false,
        replay: { moves, lookFirst },
        announce: async () => undefined,
        signal: new AbortController().signal,
      },
    )
    const steps = (side: 'source' | 'replica') =>
      sides[side].server.requests.slice(asked[side]).map(({ step }) => step)
    return { end, source: steps('source'), replica: steps('replica') }
  }

  test('two requests, then both sides are read for the proof', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    expect(await streamed([main(one, two)])).toMatchObject({
      end: { kind: 'equal', way: 'fast-path', moved: { updated: 1 } },
      source: ['exchange', 'refs'],
      replica: ['exchange', 'refs'],
    })
  })

  test('a source that moves on during the push: the full way, at once', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    sides.replica.server.oddities.exchange = async () => {
      delete sides.replica.server.oddities.exchange
      await grow(sides.source, 'main')
      return undefined
    }
    expect((await streamed([main(one, two)])).end).toMatchObject({
      kind: 'equal',
      way: 'relay',
      wayReason: 'not the fast path: one ref still differed after the fast path',
      moved: { updated: 2 },
    })
    expect(await sides.differences()).toEqual(EQUAL)
  })
})

describe('in doubt nothing is pushed', () => {
  const expectDoubt = async (outcome: ReturnType<typeof run>, reason: RegExp): Promise<void> => {
    expect(await outcome).toMatchObject({
      kind: 'doubt',
      reason: expect.stringMatching(reason),
      moved: { created: 0, updated: 0, deleted: 0 },
    })
  }

  test('a force push', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main', 1, { from: `${one}~1` })
    await expectDoubt(run([main(one, two)]), /fast-forward/)
    await setRefs(sides.source, { 'refs/heads/main': `${one}~1` })
    const back = await sides.source.git(['rev-parse', 'main'])
    await expectDoubt(run([main(one, back)]), /fast-forward/)
    expect(pushes()).toEqual([])
  })

  test('the source has moved on', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    await grow(sides.source, 'main')
    await expectDoubt(run([main(one, two)], {}, true), /moved on/)
    expect(pushes()).toEqual([])
  })

  test('an event that comes again when the ref has gone back does not move the replica back in time', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    await run([main(one, two)])
    await setRefs(sides.source, { 'refs/heads/main': one, 'refs/heads/kept': two })
    await sides.relay()
    await expectDoubt(run([main(one, two)], {}, true), /moved on/)
    const log = await sides.replica.git(['reflog', 'show', '--format=%H', 'refs/heads/main'])
    expect(log.split('\n')).toEqual([one, two, one])
  })

  test('tags, deletions that a guard or a keeper of the default branch must see, moves that do not join', async () => {
    const one = await begin()
    const gone = { kind: 'delete', ref: 'refs/heads/gone', from: one } as const
    await expectDoubt(run([{ ...main(one, '1'.repeat(40)), ref: 'refs/tags/v1' }]), /tag/)
    await expectDoubt(run([gone], { guard: async () => ({ kind: 'go', updates: [] }) }), /guard/)
    const keeper = { beforeDeletion: async () => undefined, afterCreation: async () => undefined }
    await expectDoubt(run([gone], { defaultBranch: keeper }), /default branch/)
    await expectDoubt(run([main(one, '1'.repeat(40)), main(one, '2'.repeat(40))]), /join/)
    await expectDoubt(run([]), /no move/)
    expect(pushes()).toEqual([])
  })

  test('failures of the wire, and budgets', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    sides.source.server.oddities.before = ({ step, service }) =>
      step === 'exchange' && service === 'git-upload-pack' ? 500 : undefined
    await expectDoubt(run([main(one, two)]), /REMOTE_FAILED/)
    delete sides.source.server.oddities.before
    // more than once: aborted in the turn in which its answer ends, a socket fails when nobody listens any more
    for (let count = 0; count < 8; count += 1)
      await expectDoubt(run([main(one, two)], { bytes: 10 }), /bytes/)
    await expectDoubt(run([main(one, two)], { until: 0 }), /deadline/)
    expect((await sides.replica.refs()).get('refs/heads/main')).toBe(one)
    expect(await sides.replica.fsck()).toBe('')
    const reason = new Error('stop')
    await expect(run([main(one, two)], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('in doubt after the push', () => {
  test('the replica refuses one ref and takes the other', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    const side = await grow(sides.source, 'side', 1, { from: one })
    await setRefs(sides.replica, { 'refs/heads/side': `${one}~1` })
    const outcome = await run([
      main(one, two),
      { kind: 'update', ref: 'refs/heads/side', from: one, to: side },
    ])
    expect(outcome).toMatchObject({
      kind: 'doubt',
      reason: expect.stringContaining('refs/heads/side'),
      moved: { created: 0, updated: 1, deleted: 0 },
    })
    expect(await sides.relay()).toMatchObject({ kind: 'equal' })
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('the source moves while the push is under way', async () => {
    const one = await begin()
    const two = await grow(sides.source, 'main')
    sides.replica.server.oddities.exchange = async () => {
      await grow(sides.source, 'main')
      return undefined
    }
    expect(await run([main(one, two)])).toMatchObject({
      kind: 'doubt',
      reason: expect.stringContaining('moved on'),
      moved: { created: 0, updated: 1, deleted: 0 },
    })
  })

  test('a source that speaks version 0 only is looked at as a whole', async () => {
    const one = await begin()
    sides.source.server.oddities.old = true
    const two = await grow(sides.source, 'main')
    expect(await run([main(one, two)])).toMatchObject({ kind: 'moved' })
    expect(await sides.differences()).toEqual(EQUAL)
  })
})
