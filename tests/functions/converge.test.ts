import { beforeEach, describe, expect, test } from '@jest/globals'
import { createReplicate } from '../../functions/replicate/handler.ts'
import { compare } from '../../shared/replication/prove.ts'
import { keptOf } from '../../shared/replication/refused.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { memoryTable } from '../support/memory-table.ts'
import {
  COST,
  createWorld,
  MAX_RECEIVES,
  oid,
  pair,
  pushEvent,
  replica,
  source,
  triggerEvent,
  type World,
} from './world.ts'

// The functions together, over queues, tasks, events and a table in memory.

let world: World
let way: 'auto' | 'mirror' = 'mirror'

const open = async () => {
  world = createWorld(memoryTable(), { way })
  world.setRefs(source, { 'refs/heads/main': oid('b'), 'refs/tags/v1': oid('a') })
  world.setRefs(replica, { 'refs/heads/main': oid('a') })
}
beforeEach(open)

const endState = async () => ({
  replica: [...(world.refs(replica) ?? [])].sort(),
  record: await world.store.get(pair).then((record) => {
    // times, counts of hints and ids differ between runs and say nothing about the end
    const { proof, lastWay, equalSince: _since, ...rest } = { ...record }
    return { ...rest, lastWay: lastWay?.way, proof: proof && { digest: proof.digest, refs: proof.refs } }
  }),
  running: world.tasks.filter(({ stopped }) => !stopped).length,
  dead: world.dead.length,
  told: [...new Set(world.emitted.map(({ type }) => type))].sort(),
})

const converged = {
  replica: [
    ['refs/heads/main', oid('b')],
    ['refs/tags/v1', oid('a')],
  ],
  record: expect.objectContaining({
    status: 'equal',
    dirty: false,
    failures: 0,
    proof: expect.objectContaining({ refs: 2 }),
  }),
  running: 0,
  dead: 0,
  told: ['Replica Updated'],
}

describe('a push', () => {
  test('ends in an equal replica, a proof and one event that says what was done', async () => {
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toHaveLength(1)
    expect(world.eventsOf('Replica Updated')).toEqual([
      {
        repository: source,
        replica,
        refs: 2,
        created: 1,
        updated: 1,
        deleted: 0,
        digest: expect.stringMatching(/^sha256:/),
        replicaLagMs: 27_000,
        way: 'mirror',
        wayReason: 'relay.yml says way: mirror',
        reason: 'push',
        provenAt: expect.any(String),
      },
    ])
    expect((await world.store.get(pair))?.claim).toBeUndefined()
  })

  test.each([
    ['doubled', () => [pushEvent({}, { id: 'x' }), pushEvent({}, { id: 'x' })]],
    [
      'out of order',
      () => [
        pushEvent(
          { event: 'referenceCreated', referenceFullName: 'refs/tags/v1' },
          { time: '2031-05-17T09:04:35Z' },
        ),
        pushEvent({}, { time: '2031-05-17T09:04:31Z' }),
      ],
    ],
    ['with an unknown field', () => [pushEvent({ weather: ['sunny'] }, { moon: { phase: 1 } })]],
    ['as event and as trigger', () => [pushEvent(), triggerEvent()]],
  ])('%s: the same end, one mirror', async (_name, events) => {
    for (const event of events()) world.send(event)
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toHaveLength(1)
    expect(world.eventsOf('Replica Updated')).toHaveLength(1)
  })

  test('told again after the end: looked at, nothing done', async () => {
    world.send(pushEvent())
    await world.settle()
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toHaveLength(1)
    expect(world.eventsOf('Replica Updated')).toHaveLength(1)
  })

  test('while a mirror runs: one more mirror, and the event tells of both', async () => {
    world.send(pushEvent())
    await world.deliver()
    const [task] = world.tasks
    // the container has read its refs before the second push
    world.setRefs(replica, Object.fromEntries(world.refs(source)!))
    world.setRefs(source, { 'refs/heads/main': oid('c'), 'refs/tags/v1': oid('a') })
    world.send(pushEvent({ commitId: oid('c') }))
    await world.deliver()
    expect(world.tasks).toHaveLength(1)
    expect((await world.store.get(pair))?.dirty).toBe(true)
    world.end(task!, { push: false })
    await world.settle()
    expect(world.tasks).toHaveLength(2)
    expect(world.refs(replica)).toEqual(world.refs(source))
    expect(world.eventsOf('Replica Updated')).toEqual([expect.objectContaining({ created: 1, updated: 2 })])
  })

  test('between the look and the end of the claim: looked at once more', async () => {
    world.setRefs(replica, Object.fromEntries(world.refs(source)!))
    world.send(pushEvent())
    world.beforeRead(async () => {
      world.beforeRead(async () => {
        world.send(pushEvent({ commitId: oid('c') }))
        await world.deliver()
        // the reader of this very call still sees the old refs
        const refs = Object.fromEntries(world.refs(source)!)
        setImmediate(() => world.setRefs(source, { ...refs, 'refs/heads/main': oid('c') }))
      })
    })
    await world.settle()
    expect(world.refs(replica)?.get('refs/heads/main')).toBe(oid('c'))
    expect((await world.store.get(pair))?.status).toBe('equal')
  })
})

describe('a mirror that fails', () => {
  test('is tried again with a growing delay, and the end is the same', async () => {
    world.exits.push(75, 137)
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks.map(({ environment }) => environment.RELAY_ATTEMPT)).toEqual(['0', '1', '2'])
    expect(world.delays).toEqual([3, 5])
  })

  test('up to the limit: told once, failed, and in the dead-letter queue to be redriven', async () => {
    world.exits.push(75, 75, 75)
    world.send(pushEvent())
    await world.settle()
    expect(world.tasks).toHaveLength(3)
    expect(world.eventsOf('Mirror Failed')).toEqual([
      expect.objectContaining({ repository: source, replica, attempts: 3, code: 'MIRROR_FAILED' }),
    ])
    expect(await world.store.get(pair)).toMatchObject({ status: 'failed', failure: { attempts: 3 } })
    expect(world.dead).toHaveLength(1)
    world.send(world.dead.pop()!)
    await world.settle()
    expect(await endState()).toEqual({ ...converged, told: ['Mirror Failed', 'Replica Updated'] })
  })

  test.each([
    [77, 'REMOTE_DENIED'],
    [78, 'CONFIG_INVALID'],
  ])('with %i is given up at once as %s, and a new push starts anew', async (exitCode, code) => {
    world.exits.push(exitCode)
    world.send(pushEvent())
    await world.settle()
    expect(world.tasks).toHaveLength(1)
    expect(world.eventsOf('Mirror Failed')).toEqual([expect.objectContaining({ attempts: 1, code })])
    world.send(pushEvent())
    await world.settle()
    expect(world.tasks[1]?.environment.RELAY_ATTEMPT).toBe('0')
    expect(world.refs(replica)).toEqual(world.refs(source))
  })

  test('for good while somebody pushed: that push starts anew', async () => {
    world.send(pushEvent())
    await world.deliver()
    world.send(pushEvent())
    await world.deliver()
    world.end(world.tasks[0]!, { exitCode: 77 })
    await world.settle()
    expect(world.tasks).toHaveLength(2)
    expect(world.refs(replica)).toEqual(world.refs(source))
  })

  test('says it went well and did nothing: an end is found', async () => {
    world.send(pushEvent())
    for (let round = 0; round < 10; round += 1) {
      if (world.queue.length > 0) await world.deliver()
      for (const task of world.tasks.filter(({ stopped }) => !stopped)) world.end(task, { push: false })
      if (world.stops.length > 0) await world.deliverStops()
    }
    expect(world.tasks).toHaveLength(3)
    expect(world.eventsOf('Mirror Failed')).toHaveLength(1)
    expect(world.queue).toEqual([])
  })

  test('leaves late retries behind that do nothing', async () => {
    world.exits.push(77)
    world.send(pushEvent())
    await world.settle()
    world.send({
      ...pushEvent(),
      source: 'codecommit-relay',
      'detail-type': 'Replication Requested',
      detail: { repository: source, replica, reason: 'push', attempt: 2 },
    })
    await world.settle()
    expect(world.tasks).toHaveLength(1)
  })
})

describe('a replica that cannot be read', () => {
  test('ends in the dead-letter queue and one Mirror Failed, never in silence', async () => {
    world.unreadable.set(world.key(replica), new RelayError('REMOTE_DENIED', { repository: 'orchard-api' }))
    world.send(pushEvent())
    await world.settle()
    expect(world.dead).toHaveLength(1)
    expect(world.eventsOf('Mirror Failed')).toEqual([
      expect.objectContaining({ code: 'REMOTE_DENIED', attempts: MAX_RECEIVES }),
    ])
    expect(await world.store.get(pair)).toMatchObject({ status: 'failed' })
    expect((await world.store.get(pair))?.claim).toBeUndefined()
    world.unreadable.clear()
    world.send(world.dead.pop()!)
    await world.settle()
    expect(world.refs(replica)).toEqual(world.refs(source))
  })

  test('is told once, whoever fails with it: several pushes, the mirror, the sweep; again after it was equal', async () => {
    const fail = (code: 'REMOTE_FAILED' | 'REMOTE_DENIED') =>
      world.unreadable.set(world.key(replica), new RelayError(code))
    const codes = () => world.eventsOf('Mirror Failed').map((detail) => (detail as { code: string }).code)
    fail('REMOTE_FAILED')
    world.send(pushEvent())
    await world.settle()
    world.send(pushEvent({ commitId: oid('c') }))
    await world.settle()
    await world.runSweep()
    await world.settle()
    expect(world.dead.length).toBeGreaterThanOrEqual(2)
    world.unreadable.clear()
    world.exits.push(75, 75, 75)
    world.send(pushEvent())
    await world.settle()
    expect([world.tasks.length, codes()]).toEqual([3, ['REMOTE_FAILED']])
    // there is something else to do
    world.exits.push(77)
    world.send(pushEvent())
    await world.settle()
    expect(codes()).toEqual(['REMOTE_FAILED', 'REMOTE_DENIED'])
    fail('REMOTE_FAILED')
    world.send(pushEvent())
    await world.settle()
    world.unreadable.clear()
    world.exits.push(77)
    world.send(pushEvent())
    await world.settle()
    expect(codes()).toEqual(['REMOTE_FAILED', 'REMOTE_DENIED'])
    world.send(pushEvent())
    await world.settle()
    expect(await world.store.get(pair)).toMatchObject({ status: 'equal' })
    fail('REMOTE_FAILED')
    world.send(pushEvent())
    await world.settle()
    expect(codes()).toEqual(['REMOTE_FAILED', 'REMOTE_DENIED', 'REMOTE_FAILED'])
  })

  test('after the mirror: proven by a later run', async () => {
    world.send(pushEvent())
    await world.deliver()
    world.end(world.tasks[0]!)
    world.unreadable.set(world.key(replica), new RelayError('REMOTE_THROTTLED'))
    await world.deliverStops()
    expect(world.stops).toHaveLength(0)
    expect(world.queued()).toEqual([expect.objectContaining({ type: 'request', attempt: 1 })])
    world.unreadable.clear()
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toHaveLength(1)
  })

  test('because no task starts: tried again, then told', async () => {
    world.setCapacity(false)
    world.send(pushEvent())
    await world.settle()
    expect(world.eventsOf('Mirror Failed')).toEqual([
      expect.objectContaining({ code: 'MIRROR_NOT_STARTED', reason: expect.stringContaining('Capacity') }),
    ])
    expect(world.dead).toHaveLength(1)
  })
})

describe('what happens to the sides', () => {
  test('a source that is gone keeps its replica', async () => {
    world.remove(source)
    world.send(pushEvent())
    await world.settle()
    expect(world.refs(replica)?.size).toBe(1)
    expect(world.tasks).toHaveLength(0)
    expect(world.dead).toHaveLength(0)
    expect((await world.store.get(pair))?.claim).toBeUndefined()
  })

  test('a source that lost all its refs never empties the replica: it rings', async () => {
    world.setRefs(source, {})
    world.send(pushEvent())
    await world.settle()
    expect(world.refs(replica)?.size).toBe(1)
    expect(world.eventsOf('Mirror Failed')).toEqual([expect.objectContaining({ code: 'SOURCE_EMPTIED' })])
    expect(world.dead).toHaveLength(1)
  })

  test('a replica that does not exist is made by the mirror', async () => {
    world.remove(replica)
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
  })
})

describe('the sweep', () => {
  test('alone brings replicas to be equal, says once that they are behind, and leaves equal ones alone', async () => {
    expect(await world.runSweep()).toEqual({ batchItemFailures: [] })
    expect(world.eventsOf('Replica Behind')).toEqual([
      expect.objectContaining({ refsBehind: 2, reason: 'sweep' }),
    ])
    expect((await world.store.get(pair))?.status).toBe('behind')
    await world.runSweep()
    expect(world.eventsOf('Replica Behind')).toHaveLength(1)
    await world.settle()
    expect(await endState()).toEqual({ ...converged, told: ['Replica Behind', 'Replica Updated'] })
    await world.runSweep()
    expect(world.queue).toEqual([])
  })

  test('notes the proof of a replica that was equal all along, and tells nobody', async () => {
    world.setRefs(replica, Object.fromEntries(world.refs(source)!))
    await world.runSweep()
    expect(await world.store.get(pair)).toMatchObject({ status: 'equal', proof: { refs: 2 } })
    expect(world.emitted).toEqual([])
    expect(world.queue).toEqual([])
  })

  test('asks for what was left as it is, where relay.yml does not say so any more', async () => {
    const found = await compare(world.parts.reader, { ...pair, deletes: 'mirror' }, world.parts.now)
    const kept = keptOf(found.kind === 'different' ? found.updates : [], world.parts.now())
    await world.store.claim(
      pair,
      { id: 'c', until: 1, now: 0, attempt: 0, reason: 'push', messages: [] },
      undefined,
    )
    await world.store.settleClaim(pair, 'c', { status: 'kept', kept })
    await world.runSweep()
    expect(world.eventsOf('Replica Behind')).toEqual([])
    expect(world.queued()).toHaveLength(1)
    await world.settle()
    expect(await endState()).toEqual(converged)
  })

  test('says nothing of a replica that is being mirrored', async () => {
    world.send(pushEvent())
    await world.deliver()
    await world.runSweep()
    expect(world.eventsOf('Replica Behind')).toEqual([])
  })

  test('says nothing of a push whose event was only just on its way', async () => {
    world.parts.pause = async () => {
      world.send(pushEvent())
      await world.deliver()
    }
    await world.runSweep()
    expect(world.eventsOf('Replica Behind')).toEqual([])
    await world.settle()
    expect(await endState()).toEqual(converged)
  })

  test('a mirror that was started and was done while the sweep waited leaves nothing to tell', async () => {
    world.parts.pause = async () => {
      world.send(pushEvent())
      await world.settle()
    }
    await world.runSweep()
    expect(world.eventsOf('Replica Behind')).toEqual([])
    expect((await world.store.get(pair))?.status).toBe('equal')
  })

  test.each([
    ['pushed', true, 1],
    ['did nothing', false, 2],
  ])('finds a mirror whose end was never reported and that %s', async (_name, push, tasks) => {
    world.send(pushEvent())
    await world.deliver()
    world.end(world.tasks[0]!, { silent: true, push })
    await world.runSweep()
    await world.settle()
    expect((await world.store.get(pair))?.claim).toBeDefined()
    world.clock.pass(120_000)
    await world.runSweep()
    await world.settle()
    expect(await endState()).toMatchObject({
      ...converged,
      told: expect.arrayContaining(['Replica Updated']),
    })
    expect(world.tasks).toHaveLength(tasks)
    expect(world.eventsOf('Replica Updated')).toHaveLength(1)
  })

  test('one unreachable replica stops no other, and ends where people hear of it; the next sweeps do not tell again', async () => {
    const other = { ...source, name: 'orchard-web' }
    world.setRefs(other, { 'refs/heads/main': oid('a') })
    world.setRefs({ ...source, name: 'private-x' }, { 'refs/heads/main': oid('a') })
    world.unreadable.set(world.key(replica), new RelayError('REMOTE_UNREACHABLE'))
    await world.runSweep()
    await world.settle()
    expect(world.refs({ ...replica, name: 'orchard-web' })?.size).toBe(1)
    expect(world.refs({ ...replica, name: 'private-x' })).toBeUndefined()
    expect(world.eventsOf('Mirror Failed')).toEqual([expect.objectContaining({ code: 'REMOTE_UNREACHABLE' })])
    expect(world.dead).toHaveLength(1)
    for (const [minutes, dead] of [
      [5, 1],
      [30, 2],
      [30, 2],
      [60, 3],
    ] as const) {
      world.clock.pass(minutes * 60_000)
      await world.runSweep()
      await world.settle()
      expect(world.eventsOf('Mirror Failed')).toHaveLength(1)
      expect(world.dead).toHaveLength(dead)
    }
    world.unreadable.clear()
    await world.runSweep()
    await world.settle()
    expect(world.refs(replica)).toEqual(world.refs(source))
    expect(await world.store.get(pair)).toMatchObject({ status: 'equal', missed: 1 })
  })

  test('out of time: another invocation goes on where it stopped', async () => {
    for (let index = 10; index < 99; index += 1) {
      world.setRefs({ ...source, name: `r${index}` }, { 'refs/heads/main': oid('a') })
    }
    const begun = world.calls()
    world.remaining(() => (world.calls() - begun > 40 ? 1_000 : 600_000))
    await world.runSweep()
    expect(world.sweeps).toHaveLength(1)
    const asked = () => world.queued().map((input) => (input.type === 'request' ? input.repository.name : ''))
    expect(asked().length).toBeLessThan(90)
    world.remaining(() => 600_000)
    await world.deliverSweep()
    expect(world.sweeps).toEqual([])
    // each once: what was looked at is not looked at again
    expect(asked()).toHaveLength(90)
    expect(new Set(asked()).size).toBe(90)
  })

  test('a bus that takes nothing keeps no replica from being repaired, and the sweep is tried again', async () => {
    world.parts.events.putEvents = async () => ({ FailedEntryCount: 1 })
    await expect(world.runSweep()).rejects.toMatchObject({ code: 'PUBLISH_FAILED' })
    expect(world.queued()).toEqual([
      expect.objectContaining({ type: 'request', repository: source, replica }),
    ])
  })

  test('a region that cannot be listed is tried again', async () => {
    world.parts.reader.listRepositories = () => Promise.reject(new RelayError('REMOTE_FAILED'))
    expect(await world.runSweep()).toEqual({ batchItemFailures: [{ itemIdentifier: 'wake' }] })
  })
})

describe('any call that fails', () => {
  test('a push converges all the same, whichever call fails', async () => {
    world.failCall(undefined)
    world.send(pushEvent())
    await world.settle()
    const calls = world.calls()
    const undisturbed = await endState()
    expect(undisturbed).toEqual(converged)
    expect(calls).toBeGreaterThan(5)
    for (let n = 1; n <= calls; n += 1) {
      await open()
      world.failCall(n)
      world.send(pushEvent())
      await world.settle()
      expect({ n, ...(await endState()) }).toEqual({ n, ...undisturbed })
      // a table that fails between telling and noting makes it told twice, never not at all
      expect([1, 2]).toContain(world.eventsOf('Replica Updated').length)
    }
  })

  test('a failure for good is told and buried, whichever call fails', async () => {
    const fail = async (n: number | undefined) => {
      world.failCall(n)
      world.exits.push(77, 77)
      world.send(pushEvent())
      await world.settle()
      expect({ n, told: [1, 2].includes(world.eventsOf('Mirror Failed').length) }).toEqual({ n, told: true })
      expect(world.dead.length).toBeGreaterThanOrEqual(1)
      expect(await world.store.get(pair)).toMatchObject({ status: 'failed', dirty: false })
      expect((await world.store.get(pair))?.claim).toBeUndefined()
      return world.calls()
    }
    const calls = await fail(undefined)
    for (let n = 1; n <= calls; n += 1) {
      await open()
      await fail(n)
    }
  })

  test('a push during a mirror that fails for good is not lost, whichever call fails', async () => {
    const pushMeanwhile = async (n: number | undefined) => {
      world.failCall(undefined)
      world.send(pushEvent())
      await world.deliver()
      world.send(pushEvent())
      await world.deliver()
      world.failCall(n)
      world.end(world.tasks[0]!, { exitCode: 77 })
      await world.settle()
      expect({ n, refs: world.refs(replica) }).toEqual({ n, refs: world.refs(source) })
      expect((await world.store.get(pair))?.status).toBe('equal')
      return world.calls()
    }
    const calls = await pushMeanwhile(undefined)
    for (let n = 1; n <= calls; n += 1) {
      await open()
      await pushMeanwhile(n)
    }
  })

  test('a sweep and its repair converge, whichever call fails', async () => {
    const sweepAndSettle = async (n: number | undefined) => {
      world.failCall(n)
      for (let tries = 0; tries < 2; tries += 1) {
        await world.runSweep().catch(() => undefined)
        await world.settle()
      }
      return world.calls()
    }
    const calls = await sweepAndSettle(undefined)
    for (let n = 1; n <= calls; n += 1) {
      await open()
      await sweepAndSettle(n)
      expect({ n, ...(await endState()) }).toMatchObject({
        n,
        replica: converged.replica,
        running: 0,
        dead: 0,
      })
      expect((await world.store.get(pair))?.status).toBe('equal')
    }
  })
})

describe('with the relay', () => {
  const openRelay = async () => {
    way = 'auto'
    try {
      await open()
    } finally {
      way = 'mirror'
    }
  }
  beforeEach(openRelay)
  const ways = () => world.eventsOf('Replica Updated').map((told) => [told.way, told.wayReason])

  test('a push is streamed: no task, a proof, the lag measured', async () => {
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toEqual([])
    expect(world.eventsOf('Replica Updated')).toEqual([
      expect.objectContaining({ created: 1, updated: 1, replicaLagMs: 27_000, way: 'relay' }),
    ])
    expect(ways()).toEqual([['relay', '2 refs differed']])
    expect(world.measures).toContainEqual({
      name: 'ReplicaLag',
      value: 27_000,
      dimensions: { ReplicaRegion: 'eu-west-1' },
    })
  })

  test('then a move that its event names goes by the fast path; what the event does not tell, by the full way', async () => {
    world.send(pushEvent())
    await world.settle()
    const move = async (to: string, more: Record<string, string> = {}) => {
      world.setRefs(source, {
        ...Object.fromEntries(world.refs(source)!),
        'refs/heads/main': oid(to),
        ...more,
      })
      const from = world.refs(replica)!.get('refs/heads/main')
      world.send(pushEvent({ oldCommitId: from, commitId: oid(to) }, { time: '2031-05-17T10:00:00Z' }))
      await world.settle()
      expect(world.refs(replica)).toEqual(world.refs(source))
    }
    await move('c')
    await move('d', { 'refs/heads/other': oid('a') })
    expect(ways().slice(1)).toEqual([
      ['fast-path', 'one branch moved, as its event said'],
      ['relay', 'not the fast path: one ref still differed after the fast path'],
    ])
    expect(world.eventsOf('Replica Updated').at(-1)).toMatchObject({ created: 1, updated: 1 })
    expect(world.tasks).toEqual([])
  })

  test('a branch that moved and came back: its first event, come late and doubled, moves nothing', async () => {
    world.send(pushEvent())
    await world.settle()
    const at = (ms: number) => new Date(world.clock.now() + ms).toISOString().replace(/\.\d+Z/, 'Z')
    const taken: unknown[] = []
    world.onPush((update) => taken.push(update))
    const set = (to: string) =>
      world.setRefs(source, { ...Object.fromEntries(world.refs(source)!), 'refs/heads/main': oid(to) })
    const first = pushEvent({ oldCommitId: oid('b'), commitId: oid('c') }, { time: at(5_000) })
    world.clock.pass(5_300)
    set('c')
    world.clock.pass(2_000)
    set('b')
    // the later event comes first; its proof covers both
    world.send(pushEvent({ oldCommitId: oid('c'), commitId: oid('b') }, { time: at(0) }))
    await world.settle()
    world.clock.pass(4_000)
    for (let times = 0; times < 2; times += 1) {
      world.send({ ...first })
      await world.settle()
    }
    expect(taken).toEqual([])
    expect(world.refs(replica)).toEqual(world.refs(source))
    // and right after the proof, where clocks cannot tell, the source is asked
    const { proof } = (await world.store.get(pair))!
    const time = proof!.at.replace(/\.\d+Z/, 'Z')
    world.send(pushEvent({ oldCommitId: oid('b'), commitId: oid('c') }, { time }))
    await world.settle()
    expect(taken).toEqual([])
  })

  test('a worker that others overtake before it has the claim goes by their proof, not by the one it saw', async () => {
    world.send(pushEvent())
    await world.settle()
    const taken: unknown[] = []
    world.onPush((update) => taken.push(update))
    const push = (from: string, to: string) => {
      world.clock.pass(5_000)
      world.setRefs(source, { ...Object.fromEntries(world.refs(source)!), 'refs/heads/main': oid(to) })
      const time = new Date(world.clock.now()).toISOString().replace(/\.\d+Z/, 'Z')
      return pushEvent({ oldCommitId: oid(from), commitId: oid(to) }, { time })
    }
    const first = push('b', 'c')
    const overtake = async () => {
      world.send(first)
      await world.settle()
      world.send(push('c', 'b'))
      world.clock.pass(2_000)
      await world.settle()
    }
    let waits = true
    const slow = createReplicate({
      ...world.parts,
      table: {
        ...world.table,
        get: async (key) => {
          const item = await world.table.get(key)
          if (waits) {
            waits = false
            await overtake()
          }
          return item
        },
      },
    })
    const record = { messageId: 'slow', body: JSON.stringify(first), receiptHandle: 'slow' }
    await slow({ Records: [{ ...record, attributes: { ApproximateReceiveCount: '1' } }] }, world.run)
    expect(waits).toBe(false)
    expect(taken).toHaveLength(2)
    expect(world.refs(replica)).toEqual(world.refs(source))
  })

  test('a branch that is pushed to every second takes the fast path each time', async () => {
    world.send(pushEvent())
    await world.settle()
    for (const to of ['c', 'd', 'e', 'f']) {
      world.clock.pass(1_100)
      const time = new Date(world.clock.now()).toISOString().replace(/\.\d+Z/, 'Z')
      const from = world.refs(source)!.get('refs/heads/main')
      world.setRefs(source, { ...Object.fromEntries(world.refs(source)!), 'refs/heads/main': oid(to) })
      world.send(pushEvent({ oldCommitId: from, commitId: oid(to) }, { time }))
      await world.settle()
    }
    expect(world.refs(replica)).toEqual(world.refs(source))
    expect(
      ways()
        .slice(1)
        .map(([way]) => way),
    ).toEqual(Array(4).fill('fast-path'))
  })

  test('a replica that is not there is made', async () => {
    world.remove(replica)
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.eventsOf('Replica Updated')).toEqual([expect.objectContaining({ created: 2 })])
  })

  test('what it hands over is a mirror’s, under the same claim; why is told', async () => {
    const moved = { created: 1, updated: 0, deleted: 0 }
    world.outcomes.push({ kind: 'hand-over', reason: 'bytes', detail: 'many', moved, cost: COST })
    world.send(pushEvent())
    await world.settle()
    expect(await endState()).toEqual(converged)
    expect(world.tasks).toHaveLength(1)
    expect(ways()).toEqual([['mirror', 'handed over to the mirror: bytes']])
    expect(world.measures.map(({ name }) => name)).toContain('HandOvers')
  })

  test('the mirror can be asked for', async () => {
    const detail = { repository: source, replica, reason: 'by hand', attempt: 0, by: 'mirror' }
    world.send(requested(detail))
    await world.settle()
    expect(ways()).toEqual([['mirror', 'the mirror was asked for']])
    expect((await world.store.get(pair))?.mirrorAsked).toBeUndefined()
  })

  test('a refused plan is told once, starts nothing, and is let through by force', async () => {
    world.setRefs(replica, {
      'refs/heads/main': oid('b'),
      'refs/tags/v1': oid('a'),
      'refs/heads/x': oid('c'),
    })
    world.guard((_target, { force }) => ({
      guard: async ({ updates, losing }) =>
        force
          ? { kind: 'go', updates }
          : { kind: 'refuse', reason: 'too much', deletions: losing.length, rewinds: 0 },
    }))
    for (let time = 0; time < 3; time += 1) {
      world.send(pushEvent())
      await world.settle()
    }
    expect(world.eventsOf('Plan Refused')).toEqual([
      expect.objectContaining({ deletions: 1, refs: 3, reason: 'too much' }),
    ])
    expect(await world.store.get(pair)).toMatchObject({ status: 'refused', waitingSince: expect.any(Number) })
    expect([world.tasks, world.dead]).toEqual([[], []])
    world.send(requested({ repository: source, replica, reason: 'by hand', attempt: 0, by: 'force' }))
    await world.settle()
    expect(world.refs(replica)).toEqual(world.refs(source))
    expect((await world.store.get(pair))?.forced).toBeUndefined()
  })

  test('a mirror that refused is told as a plan refused', async () => {
    world.outcomes.push({ kind: 'hand-over', reason: 'bytes', detail: '', moved: NOTHING, cost: COST })
    world.exits.push(79)
    world.send(pushEvent())
    await world.settle()
    expect(world.eventsOf('Plan Refused')).toHaveLength(1)
    expect(world.eventsOf('Mirror Failed')).toEqual([])
    expect((await world.store.get(pair))?.status).toBe('refused')
  })

  test('a source that is gone is told once for each loss; the replica is kept', async () => {
    const refs = Object.fromEntries(world.refs(source)!)
    const push = async () => {
      world.send(pushEvent())
      await world.settle()
    }
    world.remove(source)
    await push()
    await push()
    expect(world.eventsOf('Source Missing')).toHaveLength(1)
    expect(world.refs(replica)?.size).toBe(1)
    world.setRefs(source, refs)
    await push()
    world.remove(source)
    await push()
    expect(world.eventsOf('Source Missing')).toHaveLength(2)
    expect([world.dead, world.eventsOf('Mirror Failed')]).toEqual([[], []])
  })

  test('what failed comes back with growing pauses, at the end at once', async () => {
    for (let time = 0; time < MAX_RECEIVES; time += 1) world.outcomes.push(new RelayError('REMOTE_FAILED'))
    world.send(pushEvent())
    await world.settle()
    expect(world.visibilities.map(({ seconds }) => seconds)).toEqual([12, 45, 0])
    expect(world.dead).toHaveLength(1)
    expect(world.eventsOf('Mirror Failed')).toEqual([expect.objectContaining({ code: 'REMOTE_FAILED' })])
  })

  test('a push converges all the same, whichever call fails', async () => {
    world.send(pushEvent())
    await world.settle()
    const calls = world.calls()
    expect(calls).toBeGreaterThan(10)
    for (let n = 1; n <= calls; n += 1) {
      await openRelay()
      world.failCall(n)
      world.send(pushEvent())
      await world.settle()
      expect({ n, ...(await endState()) }).toEqual({ n, ...converged })
      expect([1, 2]).toContain(world.eventsOf('Replica Updated').length)
    }
  })
})

const NOTHING = { created: 0, updated: 0, deleted: 0 }
const requested = (detail: object) => ({
  ...pushEvent(),
  source: 'codecommit-relay',
  'detail-type': 'Replication Requested',
  detail,
})
