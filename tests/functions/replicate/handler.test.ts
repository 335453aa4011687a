import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { RelayError } from '../../../shared/runtime/errors.ts'
import { startTable, type TestTable } from '../../support/table.ts'
import {
  createWorld,
  MAX_RECEIVES,
  oid,
  pushEvent,
  replica,
  source,
  stopEvent,
  triggerEvent,
  type World,
} from '../world.ts'

let server: TestTable
let world: World
let number = 0
beforeAll(async () => {
  server = await startTable()
})
afterAll(() => server.close())
beforeEach(() => {
  world = createWorld(server.table, { way: 'mirror' })
})

/** a repository of its own for each test: they share a table */
const repository = () => {
  number += 1
  const name = `r${number}`
  world.setRefs({ ...source, name }, { 'refs/heads/main': oid('b') })
  return { name, source: { ...source, name }, replica: { ...replica, name } }
}
const batch = (bodies: readonly unknown[], receives = 1) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: String(receives) },
  })),
})
const failed = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
})
const request = (detail: object) => ({
  ...pushEvent(),
  source: 'codecommit-relay',
  'detail-type': 'Replication Requested',
  detail: { reason: 'sweep', attempt: 0, ...detail },
})

test('events of one batch that speak of one replica start one mirror, told what it is to do', async () => {
  const one = repository()
  const two = repository()
  const bodies = [one, two, one].map(({ name }) => pushEvent({ repositoryName: name }))
  expect(await world.replicate(batch(bodies), world.run)).toEqual(failed())
  expect(world.tasks.map(({ environment }) => JSON.parse(environment.RELAY_REPOSITORY!).name).sort()).toEqual(
    [one.name, two.name],
  )
  const task = world.tasks.find(({ environment }) => environment.RELAY_REPOSITORY!.includes(`"${one.name}"`))
  expect(task?.environment).toEqual({
    RELAY_REPOSITORY: JSON.stringify(one.source),
    RELAY_REPLICA: JSON.stringify(one.replica),
    RELAY_DELETES: 'mirror',
    RELAY_CLAIM: task?.token,
    RELAY_ATTEMPT: '0',
    RELAY_REASON: 'push',
  })
  expect(await world.store.get({ repository: one.source, replica: one.replica })).toMatchObject({
    claim: { id: task?.token, task: task?.arn },
    hints: 2,
    pending: { created: 1 },
  })
})

test('an event that is tried again counts once', async () => {
  const one = repository()
  world.unreadable.set(world.key(one.replica), new RelayError('REMOTE_FAILED'))
  const event = pushEvent({ repositoryName: one.name })
  for (const receives of [1, 2, 3]) await world.replicate(batch([event], receives), world.run)
  await world.replicate(batch([pushEvent({ repositoryName: one.name })]), world.run)
  expect(await world.store.get({ repository: one.source, replica: one.replica })).toMatchObject({ hints: 2 })
})

test('a failing replica and a malformed record fail themselves and nobody else', async () => {
  const bad = repository()
  const good = repository()
  world.unreadable.set(world.key(bad.replica), new RelayError('REMOTE_FAILED'))
  const event = batch([
    pushEvent({ repositoryName: bad.name }),
    'no json',
    pushEvent({ repositoryName: good.name }),
    request({ repository: bad.source }),
    stopEvent({ arn: 'x', environment: {} }, 0),
  ])
  expect(
    (await world.replicate(event, world.run)).batchItemFailures
      .map(({ itemIdentifier }) => itemIdentifier)
      .sort(),
  ).toEqual(['m0', 'm1', 'm3', 'm4'])
  expect(world.tasks).toHaveLength(1)
  expect(world.emitted).toEqual([])
  const codes = world.lines.filter(({ level }) => level === 'error').map(({ facts }) => facts.code)
  expect(codes.sort()).toEqual(['EVENT_MALFORMED', 'EVENT_MALFORMED', 'REMOTE_FAILED', 'REMOTE_FAILED'])
})

test('on the last receive the failure is announced, and the record still fails', async () => {
  const bad = repository()
  world.unreadable.set(world.key(bad.replica), new RelayError('REMOTE_DENIED'))
  const event = batch([pushEvent({ repositoryName: bad.name })], MAX_RECEIVES)
  expect(await world.replicate(event, world.run)).toEqual(failed('m0'))
  expect(world.eventsOf('Mirror Failed')).toHaveLength(1)
})

test('a failure that cannot even be announced still fails the record', async () => {
  const bad = repository()
  world.unreadable.set(world.key(bad.replica), new RelayError('REMOTE_DENIED'))
  world.parts.events.putEvents = async () => ({ FailedEntryCount: 1 })
  const event = batch([pushEvent({ repositoryName: bad.name })], MAX_RECEIVES)
  expect(await world.replicate(event, world.run)).toEqual(failed('m0'))
  expect(world.lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: 'failure not announced' }),
  )
})

test('of two who give up at once, the one that does not tell says so without alarm', async () => {
  const bad = repository()
  world.unreadable.set(world.key(bad.replica), new RelayError('REMOTE_DENIED'))
  const event = () => batch([pushEvent({ repositoryName: bad.name })], MAX_RECEIVES)
  const { putEvents } = world.parts.events
  let second: Promise<unknown> | undefined
  // the other gives up while the first speaks
  world.parts.events.putEvents = async (...entries) => {
    second ??= world.replicate(event(), world.run)
    expect(await second).toEqual(failed('m0'))
    return putEvents(...entries)
  }
  expect(await world.replicate(event(), world.run)).toEqual(failed('m0'))
  expect(second).toBeDefined()
  expect(world.eventsOf('Mirror Failed')).toHaveLength(1)
  const said = world.lines.filter(({ message }) => message.startsWith('failure not announced'))
  expect(said).toMatchObject([{ level: 'warn', facts: { code: 'CLAIM_LOST' } }])
})

test('test events, repositories without a rule and replicas that left relay.yml are done with a line', async () => {
  const { name, source: own } = repository()
  const test = triggerEvent('TriggerEventTest')
  const bodies = [
    test,
    pushEvent({ repositoryName: `private-${name}` }),
    pushEvent({ repositoryName: name }, { account: '222222222222' }),
    request({ repository: own, replica: { ...replica, name, region: 'ap-south-1' } }),
  ]
  expect(await world.replicate(batch(bodies), world.run)).toEqual(failed())
  expect(world.tasks).toEqual([])
  expect(world.lines.filter(({ level }) => level === 'info').map(({ message }) => message)).toEqual([
    'test event',
    'no rule for it',
    'no rule for it',
    'no rule for it',
  ])
})

test('with a rule that looks for a tag: who carries it is replicated; tags that cannot be read fail their records alone', async () => {
  world = createWorld(server.table, { way: 'mirror', tag: 'relay:replicate-to' })
  const [tagged, bare, broken] = [repository(), repository(), repository()]
  world.tags.set(world.key(tagged.source), { 'relay:replicate-to': 'eu-west-1 mars-east-1' })
  world.tags.set(world.key(broken.source), new RelayError('REMOTE_THROTTLED'))
  const bodies = [tagged, bare, broken, tagged].map(({ name }) => pushEvent({ repositoryName: name }))
  expect(await world.replicate(batch(bodies), world.run)).toEqual(failed('m2'))
  expect(world.tasks.map(({ environment }) => JSON.parse(environment.RELAY_REPOSITORY!).name)).toEqual([
    tagged.name,
  ])
  const warnings = world.lines.filter(({ level }) => level === 'warn')
  expect(warnings.map(({ facts }) => facts.word)).toEqual(['relay:replicate-to: mars-east-1'])
  // tagged meanwhile: seen a minute later, without a deploy
  world.tags.set(world.key(bare.source), { 'relay:replicate-to': 'eu-west-1' })
  world.clock.pass(61_000)
  await world.replicate(batch([pushEvent({ repositoryName: bare.name })]), world.run)
  expect(world.tasks).toHaveLength(2)
})

test('an event with nothing to do costs no task', async () => {
  const { name, source: own, replica: copy } = repository()
  world.setRefs(copy, { 'refs/heads/main': oid('b') })
  expect(await world.replicate(batch([pushEvent({ repositoryName: name })]), world.run)).toEqual(failed())
  expect(world.tasks).toEqual([])
  expect(world.emitted).toEqual([])
  expect(await world.store.get({ repository: own, replica: copy })).toMatchObject({
    status: 'equal',
    proof: { refs: 1 },
  })
})

test('what is no batch at all fails as a whole', async () => {
  await expect(world.replicate({ hello: 1 }, world.run)).rejects.toMatchObject({ code: 'EVENT_MALFORMED' })
})
