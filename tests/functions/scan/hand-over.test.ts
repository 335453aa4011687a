import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openScanWorld, type ScanRepository, type ScanWorld, tokenOf } from './world.ts'

let world: ScanWorld
let orchard: ScanRepository
const planted: string[] = []
const plant = (seed: string): string => {
  const token = tokenOf(seed)
  planted.push(token)
  return token
}

beforeEach(async () => {
  planted.length = 0
  world = await openScanWorld()
  orchard = await world.repository('orchard')
})
afterEach(async () => {
  const everything = JSON.stringify([
    ...[world.emitted, world.lines, world.sent, world.buried, world.launched],
    [...world.table.items],
  ])
  for (const token of planted) expect(everything).not.toContain(token.slice(4))
  await world.close()
})

const told = () => world.emitted.map(({ type }) => type)
const claims = () => [...world.table.items.values()].filter(({ sk }) => sk === 'claim')
const asked = () => world.sent.splice(0).map((body) => JSON.parse(body))
/** of which the walk gets nothing */
const NO_TIME = 38_000

const pushed = async (seed: string, branch = 'main') =>
  orchard.push(branch, await orchard.commit({ [`${branch}.txt`]: plant(seed) }))

test('what the function has no time for is found by the task, once, and told with the way', async () => {
  const event = await pushed('time')
  world.fail.remainingMs = NO_TIME
  expect(await world.run([event])).toEqual({ batchItemFailures: [] })
  expect(told()).toEqual([])
  expect(world.launched).toMatchObject([{ RELAY_REASON: 'time', RELAY_ATTEMPT: '0' }])
  await world.work()
  expect(told()).toEqual(['Secret Found'])
  expect(world.emitted[0]?.detail).toMatchObject({ way: 'task', found: 1 })
  expect(await world.end({ exitCode: 0 })).toBe('done')
  expect(claims()).toEqual([])
  // the look that is asked for finds nothing, and what comes next is the function's again
  await world.run(asked())
  delete world.fail.remainingMs
  await world.run([await pushed('next', 'side')])
  expect(told()).toEqual(['Secret Found', 'Secret Found'])
  expect(world.emitted[1]?.detail).not.toHaveProperty('way')
  expect(world.launched).toHaveLength(1)
})

test('a pack that is too large for the function goes to the task, ref by ref', async () => {
  world.fail.limits.objects = 2
  await pushed('one', 'a')
  await world.run([await pushed('two', 'b')])
  expect(world.launched).toMatchObject([{ RELAY_REASON: 'size' }])
  // three objects for each ref
  await world.work({ objects: 3 })
  expect(told()).toEqual(['Secret Found', 'Secret Found'])
  await world.end({ exitCode: 0 })
  await world.run(asked())
  expect(told()).toHaveLength(2)
})

test('a ref that is too large even for the task is told by name, once, and all others are searched', async () => {
  world.fail.limits.objects = 2
  const files = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`${at}.txt`, `${at}`]))
  await orchard.push('a-large', await orchard.commit({ ...files, 'key.txt': plant('large') }))
  await pushed('one', 'b')
  await pushed('two', 'c')
  await world.run([await pushed('three', 'd')])
  await expect(world.work({ objects: 6 })).rejects.toMatchObject({
    code: 'GIT_LIMIT',
    data: { ref: 'refs/heads/a-large' },
  })
  expect(await world.end({ exitCode: 78 })).toBe('failed')
  const paths = world.emitted.flatMap(({ detail }) => (detail.findings ?? []) as { path: string }[])
  expect(paths.map(({ path }) => path).sort()).toEqual(['b.txt', 'c.txt', 'd.txt'])
  const incomplete = world.emitted.filter(({ type }) => type === 'Scan Incomplete')
  expect(incomplete).toHaveLength(1)
  expect(JSON.stringify(incomplete[0]?.detail.gaps)).toMatch(/a-large.*pack objects.*7 of at most 6/)
  expect(world.buried).toHaveLength(1)
  // with room for it, it is searched: its mark did not move
  await world.run([{ ...JSON.parse(world.buried[0] ?? '') }])
  await world.work()
  expect(told().at(-1)).toBe('Secret Found')
})

test('a file that has no room as the base of another is given to the task, not told as a gap', async () => {
  world.fail.limits.base = 1
  const large = Array.from({ length: 2_000 }, (_, index) => `line ${index}\n`).join('')
  const first = await orchard.commit({ a: large })
  const second = await orchard.commit({ a: `${large}${plant('delta')}\n` }, [first])
  const event = await orchard.push('main', second)
  await orchard.bare.git(['repack', '-q', '-a', '-d', '-f'])
  await world.run([event])
  expect(told()).not.toContain('Scan Incomplete')
  expect(world.launched).toMatchObject([{ RELAY_REASON: 'size' }])
  await world.work()
  expect(told()).toEqual(['Secret Found'])
})

test('while a task is at it, pushes are left to it; a branch that was taken away meanwhile is known to it', async () => {
  world.fail.remainingMs = NO_TIME
  const first = await orchard.commit({ 'main.txt': plant('first') })
  await world.run([await orchard.push('main', first)])
  const lost = await orchard.commit({ 'lost.txt': plant('lost') }, [first])
  const came = await orchard.push('race', lost)
  const gone = await orchard.push('race', undefined)
  expect(await world.run([came, gone])).toEqual({ batchItemFailures: [] })
  expect(world.launched).toHaveLength(1)
  await world.work()
  const commits = world.emitted.flatMap(({ detail }) =>
    (detail.findings as { commit: string }[]).map(({ commit }) => commit),
  )
  expect(commits).toContain(lost)
  expect([...world.table.items.values()].filter(({ sk }) => String(sk).startsWith('hint'))).toEqual([])
})

test('a task that fails is started again without the function trying; given up it is told, and lies in the dead letters', async () => {
  world.fail.remainingMs = NO_TIME
  const event = await pushed('fails')
  await world.run([event])
  const died = { exitCode: 137, stopCode: 'EssentialContainerExited', stoppedReason: 'OutOfMemoryError' }
  expect(await world.end(died)).toBe('again')
  // told twice, it is counted once
  expect(await world.end(died)).toBe('closed before')
  delete world.fail.remainingMs
  await world.run(asked())
  expect(world.launched[1]).toMatchObject({ RELAY_ATTEMPT: '1', RELAY_REASON: 'before' })
  const never = { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: no such image' }
  expect(await world.end(never)).toBe('failed')
  expect(told()).toEqual(['Scan Incomplete'])
  expect(JSON.stringify(world.emitted[0]?.detail)).toContain('CannotPullContainerError')
  expect(world.buried).toHaveLength(1)
  expect(claims()).toEqual([])
  // the schedule waits; a redrive or a push does not
  await world.run([{ reason: 'schedule' }])
  await world.run(asked())
  expect(world.launched).toHaveLength(2)
  await world.run([event])
  expect(world.launched).toHaveLength(3)
  await world.work()
  expect(told()).toEqual(['Scan Incomplete', 'Secret Found'])
})

test('without room for a task the message comes back; the last try tells it', async () => {
  world.fail.remainingMs = NO_TIME
  world.fail.runTask = () =>
    Object.assign(new Error('no capacity'), { $metadata: { httpStatusCode: 400 }, name: 'ClientException' })
  const event = await pushed('capacity')
  expect((await world.run([event])).batchItemFailures).toHaveLength(1)
  expect(claims()).toEqual([])
  expect((await world.run([event], 3)).batchItemFailures).toHaveLength(1)
  expect(told()).toEqual(['Scan Incomplete'])
  delete world.fail.runTask
  await world.run([event])
  expect(world.launched).toHaveLength(1)
})

test('a start without an answer keeps the claim for the task, which may be there', async () => {
  world.fail.remainingMs = NO_TIME
  world.fail.runTask = () => new Error('connection lost')
  const event = await pushed('unsure')
  expect((await world.run([event])).batchItemFailures).toHaveLength(1)
  expect(claims()).toMatchObject([{ task: true }])
  delete world.fail.runTask
  expect((await world.run([event])).batchItemFailures).toEqual([])
  expect(world.launched).toEqual([])
  // it was not: after ten minutes whoever comes starts one
  world.pass(601_000)
  await world.run([event])
  expect(world.launched).toMatchObject([{ RELAY_REASON: 'died' }])
})

test('a function that died at it, as one without memory does, is not tried again: the task is', async () => {
  const event = await pushed('died')
  const pk = `scan#${'1'.repeat(12)}/us-east-1/orchard`
  await world.table.put({ pk, sk: 'claim' }, { owner: 'dead', until: Date.parse('2031-05-17T09:00:00Z') })
  await world.run([event])
  expect(world.launched).toMatchObject([{ RELAY_REASON: 'died' }])
})
