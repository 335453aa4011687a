import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Message } from '../../cli/inbox.ts'
import type { EventFault } from '../../local/contracts.ts'
import { developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { startProcess } from '../support/start-process.ts'

let live: LiveCloud | undefined

afterEach(async () => {
  await live?.stop()
  live = undefined
})

const isPush: Parameters<EventFault>[0] extends infer Envelope ? (envelope: Envelope) => boolean : never = (
  envelope,
) => (envelope as { source: string }).source === 'aws.codecommit'

/** `relay status` as a person at a second terminal runs it. */
const status = async ({ cloud }: LiveCloud, ...args: readonly string[]) => {
  const asked = startProcess([...args, '--json', '--local', cloud.folder], {}, 'status')
  const { code } = await asked.ended()
  const said = JSON.parse(asked.stdout() || '{}') as { replicas: Record<string, unknown>[] }
  return { code, ...said }
}

describe('events are hints', () => {
  test('every push event is dropped: the sweep alone makes the replica equal, and says so', async () => {
    live = await raiseCloud({
      faults: { event: (envelope) => (isPush(envelope) ? [] : [{ envelope, delayMs: 0 }]) },
    })
    await live.createRepository('quiet')
    const nina = await developerOf(live, 'quiet')
    try {
      await nina.commit('Begin')
      await nina.git('push', 'origin', 'main')
      await sleep(500)
      await expect(live.refs(live.replicaUrl('quiet'))).rejects.toThrow(/not found/)
      expect(await status(live)).toMatchObject({
        code: 1,
        replicas: [{ state: 'behind', live: true, behind: { created: 1 }, missedEvents: 0 }],
      })
      await live.sweep()
      await live.untilEqual('quiet')
      await live.untilEvent('Replica Behind')
      const updated = await live.untilEvent('Replica Updated')
      const { digest, way } = updated.detail as { digest: string; way: string }
      expect(updated.detail).toMatchObject({ reason: expect.stringMatching(/sweep/i) })
      // the event is on the bus before the claim is closed
      const until = performance.now() + 10_000
      while (!(await status(live)).replicas[0]?.way && performance.now() < until) await sleep(200)
      expect(await status(live)).toMatchObject({
        code: 0,
        summary: { replicas: 1, states: { equal: 1 }, missedEvents: 1, caughtUpMs: expect.any(Number) },
        replicas: [{ state: 'equal', lagMs: 0, proof: { digest, refs: 1 }, way: { way }, missedEvents: 1 }],
      })
      expect(await status(live, '--recorded', 'quiet')).toMatchObject({
        code: 0,
        replicas: [{ live: false }],
      })
      expect((await status(live, 'nothing')).code).toBe(2)
    } finally {
      nina.leave()
    }
  })

  test('doubled, late and out of order: it converges, and nobody reads a message twice', async () => {
    let count = 0
    const event: EventFault = (envelope) => {
      if (!isPush(envelope)) return [{ envelope, delayMs: 0 }]
      count += 1
      return [
        { envelope, delayMs: count % 2 === 0 ? 0 : 1_500 },
        { envelope, delayMs: 2_500 },
      ]
    }
    live = await raiseCloud({ faults: { event } })
    await live.createRepository('noisy')
    const nina = await developerOf(live, 'noisy')
    try {
      for (const message of ['One', 'Two', 'Three', 'Four']) {
        await nina.commit(message)
        await nina.git('push', 'origin', 'main')
      }
      await nina.git('reset', '--hard', '-q', 'HEAD~2')
      await nina.git('push', '--force', 'origin', 'main')
      // five pushes, each twice
      const cloud = live
      while (cloud.events.filter(isPush).length < 2 * count || count < 5) await sleep(50)
      await live.untilEqual('noisy')
      const tip = await nina.git('rev-parse', 'main')
      const isOfTip = (message: Message) => /noisy/.test(message.subject) && message.body.includes(tip)
      expect(await live.inbox.waitFor(isOfTip, 60_000)).toBeDefined()
      // a second reading would come with the next second's batch
      await sleep(1_500)
      const pushes = live.inbox.messages.filter(
        (message) => /pushed|created/i.test(message.subject) && /noisy/.test(message.subject),
      )
      expect(pushes.length).toBeGreaterThan(0)
      expect(pushes.length).toBeLessThanOrEqual(5)
    } finally {
      nina.leave()
    }
  })
})
