import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { GitFault } from '../../../local/contracts.ts'
import { processes } from '../../support/processes.ts'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'
import { seeded } from './random.ts'

const client = createClient()
let cloud: Harness
let work: string
let fault: GitFault = {}
beforeAll(async () => {
  cloud = await startHarness({
    faults: { git: ({ advertise }) => (advertise ? {} : fault), diskFull: () => false },
  })
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  work = await client.work('orchard')
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
const refs = () => refsOf(client, cloud.directory('orchard'))

test('connections cut at any byte leave the repository sound, and every acknowledged push in it', async () => {
  const seed = 20_261_126
  const random = seeded(seed)
  /** by branch: what was pushed to it, in turn, and the place of the last push that was acknowledged */
  const tries = new Map<string, string[]>()
  const acknowledged = new Map<string, number>()
  for (let round = 0; round < 30; round += 1) {
    writeFileSync(join(work, `f${round % 5}.bin`), random.bytes(random.below(20_000)))
    await client.must(work, 'add', '.')
    await client.must(work, 'commit', '-q', '-m', `round ${round}`)
    const branch = `refs/heads/b${round % 7}`
    const tried = [...(tries.get(branch) ?? []), await client.must(work, 'rev-parse', 'HEAD')]
    tries.set(branch, tried)
    const after = random.below(random.below(2) === 0 ? 400 : 22_000)
    fault = round % 2 === 0 ? { cutRequestAfter: after } : { cutAnswerAfter: random.below(120) }
    const { code } = await client.git(work, 'push', '-f', cloud.url('orchard'), `HEAD:${branch}`)
    if (code === 0) acknowledged.set(branch, tried.length - 1)
    fault = round % 2 === 0 ? { cutAnswerAfter: after } : { cutRequestAfter: random.below(200) }
    const copy = join(client.home, `c${round}`)
    await client.git(client.home, 'clone', '-q', '--bare', cloud.url('orchard'), copy)
  }
  fault = {}
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'HEAD:refs/heads/last')
  await client.must(client.home, 'clone', '-q', cloud.url('orchard'), join(client.home, 'whole'))
  // pushes whose clients are gone may still be under way, and end by themselves: nobody is stopped here
  const running = () =>
    processes().filter(({ command, dead }) => !dead && command.includes(cloud.directory('orchard')))
  while (running().length > 0) await sleep(10)
  await cloud.codecommit.stop()
  const now = await refs()
  for (const [branch, tried] of tries) {
    // cut before its acknowledgement, a push is there or not; acknowledged, it is there, or a later one
    const place = tried.indexOf(now[branch] ?? '')
    expect(place).toBeGreaterThanOrEqual(acknowledged.get(branch) ?? -1)
    expect(now[branch] === undefined || place >= 0).toBe(true)
  }
  expect(acknowledged.size).toBeGreaterThan(0)
  const { code, stdout, stderr } = await client.git(cloud.directory('orchard'), 'fsck', '--full', '--strict')
  expect([code, stdout.replace(/^dangling .*\n/gm, ''), stderr.replace(/notice: .*\n/g, '')]).toEqual([
    0,
    '',
    '',
  ])
  // what was moved was told, acknowledged or not
  const told = new Set(cloud.events.map(({ detail }) => (detail as { commitId?: string }).commitId))
  expect(Object.values(now).filter((tip) => !told.has(tip))).toEqual([])
})
