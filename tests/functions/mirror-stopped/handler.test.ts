import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { keptOf } from '../../../shared/replication/refused.ts'
import { startTable, type TestTable } from '../../support/table.ts'
import { createWorld, oid, pair, pushEvent, replica, source, stopEvent, type World } from '../world.ts'

let server: TestTable
let world: World
beforeAll(async () => {
  server = await startTable()
})
afterAll(() => server.close())
beforeEach(() => {
  world = createWorld(server.table, { way: 'mirror' })
  world.setRefs(source, { 'refs/heads/main': oid('b') })
})

const batch = (...bodies: unknown[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m${index}`,
    body: JSON.stringify(body),
    attributes: {},
  })),
})
const none = { batchItemFailures: [] }
const arn = 'arn:aws:ecs:us-east-1:111111111111:task/other/1'

test('tasks of others, running tasks and strangers’ claims are left alone', async () => {
  const environment = {
    RELAY_CLAIM: 'unknown',
    RELAY_REPOSITORY: JSON.stringify(source),
    RELAY_REPLICA: JSON.stringify({ ...replica, region: 'ap-south-1' }),
    RELAY_DELETES: 'mirror',
  }
  const event = batch(
    stopEvent({ arn, environment: {} }, 1),
    stopEvent({ arn, environment: { SOME: 'thing' } }, 1, { containers: [{ name: 'web' }], overrides: {} }),
    stopEvent({ arn, environment }, 0, { lastStatus: 'DEPROVISIONING' }),
    stopEvent({ arn, environment }, 1),
    pushEvent(),
  )
  expect(await world.mirrorStopped(event, world.run)).toEqual(none)
  expect([world.emitted, world.queue, world.dead]).toEqual([[], [], []])
})

test('a mirror whose environment is garbled is reported as failed', async () => {
  const garbled = stopEvent(
    { arn, environment: { RELAY_CLAIM: 'x', RELAY_REPOSITORY: '{', RELAY_DELETES: 'mirror' } },
    0,
  )
  expect(await world.mirrorStopped(batch(garbled), world.run)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm0' }],
  })
  expect(world.lines.at(-1)?.facts).toMatchObject({
    code: 'EVENT_MALFORMED',
    reason: expect.stringContaining('RELAY_REPOSITORY'),
  })
})

test('an end reported twice, and again when all is over, counts once', async () => {
  world.send(pushEvent())
  await world.deliver()
  const [task] = world.tasks
  world.end(task!, { silent: true })
  const event = stopEvent(task!, 0)
  expect(await world.mirrorStopped(batch(event, event), world.run)).toEqual(none)
  expect(await world.mirrorStopped(batch(event), world.run)).toEqual(none)
  expect(world.eventsOf('Replica Updated')).toHaveLength(1)
  expect((await world.store.get(pair))?.status).toBe('equal')
})

test.each<[string, 'kept' | 'replicating', string]>([
  ['what the container says it left is kept', 'kept', 'b'],
  ['any other difference is work', 'replicating', 'c'],
])('%s', async (_name, status, seen) => {
  world.setRefs(replica, { 'refs/heads/main': oid('a') })
  world.send(pushEvent())
  await world.deliver()
  const [task] = world.tasks
  const left = [{ kind: 'update', ref: 'refs/heads/main', from: oid('a'), to: oid('b') }] as const
  expect(await world.store.noteKept(pair, 'not its token', keptOf(left, world.clock.now()))).toBe(false)
  expect(await world.store.noteKept(pair, task!.token, keptOf(left, world.clock.now()))).toBe(true)
  world.setRefs(source, { 'refs/heads/main': oid(seen) })
  expect(await world.mirrorStopped(batch(stopEvent(task!, 0)), world.run)).toEqual(none)
  const record = await world.store.get(pair)
  expect([record?.status, record?.claim, world.queue.length]).toEqual([
    status,
    undefined,
    status === 'kept' ? 0 : 1,
  ])
  expect(world.emitted).toEqual([])
})

test('a container that never ran is tried again', async () => {
  world.setRefs(source, { 'refs/heads/main': oid('c') })
  world.send(pushEvent())
  await world.deliver()
  expect(await world.mirrorStopped(batch(stopEvent(world.tasks[0]!, undefined)), world.run)).toEqual(none)
  expect(world.queued()).toEqual([expect.objectContaining({ type: 'request', attempt: 1, replica })])
  expect(await world.store.get(pair)).toMatchObject({ status: 'replicating', failures: 1 })
})
