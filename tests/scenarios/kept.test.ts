import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { lsRemote } from '../../cli/git.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { startProcess } from '../support/start-process.ts'

const config = `version: 1
replicate:
  - repositories: ["orders"]
    to: [{ region: eu-west-1 }]
    way: mirror
    divergence: keep
mirror:
  attempts: 2
`

let live: LiveCloud
let nina: Developer
beforeAll(async () => {
  live = await raiseCloud({ config })
  await live.createRepository('orders')
  nina = await developerOf(live, 'orders')
}, 60_000)
afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

const replica = () => lsRemote(live.replicaUrl('orders'), { credentialFile: live.credentialFile })

/** What the table holds of the replica once its state is this one, as `relay status` tells it. */
const untilState = async (state: string): Promise<unknown> => {
  const until = performance.now() + 60_000
  for (;;) {
    const asked = startProcess(['orders', '--recorded', '--json', '--local', live.cloud.folder], {}, 'status')
    await asked.ended()
    const [found] = (JSON.parse(asked.stdout()) as { replicas: { state: string }[] }).replicas
    if (found?.state === state) return found
    if (performance.now() > until) throw new Error(`still ${JSON.stringify(found)}`)
    await sleep(300)
  }
}

test('a mirror task leaves a stranger’s branch and brings the rest: kept, and not a failure', async () => {
  await nina.commit('Begin')
  await nina.git('push', '--quiet', 'origin', 'main', 'main:next')
  await live.untilEvent('Replica Updated', ({ way }) => way === 'mirror')

  const ours = await nina.commit('ours')
  await nina.git('checkout', '--quiet', '-b', 'theirs', 'HEAD~1')
  const theirs = await nina.commit('theirs')
  await nina.git('push', '--quiet', live.replicaUrl('orders'), 'theirs:main')
  await nina.git('push', '--quiet', 'origin', `${ours}:main`, `${ours}:next`)

  const told = await live.untilEvent('Replica Diverged')
  expect(told.detail).toMatchObject({ outcome: 'kept', refs: [{ ref: 'refs/heads/main', found: theirs }] })
  await untilState('kept')
  expect(Object.fromEntries(await replica())).toMatchObject({
    'refs/heads/main': theirs,
    'refs/heads/next': ours,
  })

  // what is kept stays so with the next push, and Relay's own moves are still known as its own
  await nina.git('push', '--quiet', '--force', 'origin', `${ours}~1:next`)
  const isRewound = async () => (await replica()).get('refs/heads/next') !== ours
  while (!(await isRewound())) await sleep(100)
  await untilState('kept')
  expect((await replica()).get('refs/heads/main')).toBe(theirs)
  const named = live.events.map((event) => event['detail-type'])
  expect(named).not.toContain('Mirror Failed')
  expect(named.filter((name) => name === 'Replica Diverged')).toHaveLength(1)
}, 180_000)
