import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { openStore } from '../../../local/state/store.ts'
import { ACCOUNT, caller, clock, REGION, simpleIam } from './fixture.ts'

const QueueUrl = `http://x/${ACCOUNT}/q`
const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:q`
const VISIBILITY = 30_000

const step = fc.oneof(
  fc.record({ do: fc.constant('send' as const), delay: fc.constantFrom(0, 0, 5, 40) }),
  fc.record({ do: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ do: fc.constant('delete' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('release' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ do: fc.constant('restart' as const) }),
)

interface Known {
  /** receivable from here on */
  from: number
  handle?: string
  deleted: boolean
  count: number
}

test('no message is lost, handed to two receivers within its visibility, or back after it was deleted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const time = clock()
      const store = openStore(':memory:')
      const start = () =>
        createSqs({
          parts: { store, now: time.now, log: () => {} },
          iam: simpleIam,
          baseUrl: () => 'http://x',
        })
      let sqs = start()
      let call = caller(sqs.service)
      await call('CreateQueue', { QueueName: 'q' })
      const model = new Map<string, Known>()
      const receivable = () =>
        [...model.values()].filter((one) => !one.deleted && one.from <= time.now()).length
      const pick = (which: number) => [...model.values()].filter((one) => one.handle)[which]

      for (const one of steps) {
        if (one.do === 'send') {
          const body = `m${model.size}`
          await call('SendMessage', { QueueUrl, MessageBody: body, DelaySeconds: one.delay })
          model.set(body, { from: time.now() + one.delay * 1_000, deleted: false, count: 0 })
        } else if (one.do === 'receive') {
          const before = receivable()
          const got = await sqs.receive(arn, one.max, 0)
          expect(got).toHaveLength(Math.min(before, one.max))
          for (const message of got) {
            const known = model.get(message.body)!
            expect([known.deleted, known.from <= time.now()]).toEqual([false, true])
            known.count += 1
            expect(message.attributes.ApproximateReceiveCount).toBe(String(known.count))
            known.from = time.now() + VISIBILITY
            known.handle = message.receiptHandle
          }
        } else if (one.do === 'delete') {
          const known = pick(one.which)
          if (known?.handle) sqs.deleteMessages(arn, [known.handle])
          if (known) known.deleted = true
        } else if (one.do === 'release') {
          const known = pick(one.which)
          if (known?.handle) sqs.release(arn, [known.handle])
          if (known) known.from = Math.min(known.from, time.now())
        } else if (one.do === 'pass') time.pass(one.ms)
        else {
          await sqs.stop()
          sqs = start()
          call = caller(sqs.service)
          // in flight: back at once; delayed: still delayed
          for (const known of model.values()) if (known.handle) known.from = Math.min(known.from, time.now())
        }
      }
      time.pass(100_000)
      const left = await sqs.receive(arn, 1_000, 0)
      const expected = [...model].filter(([, known]) => !known.deleted).map(([body]) => body)
      expect(left.map((message) => message.body).sort()).toEqual(expected.sort())
      await sqs.stop()
      store.close()
    }),
    { numRuns: 150 },
  )
})

test('ten thousand messages pass through, each once', async () => {
  const store = openStore(':memory:')
  const sqs = createSqs({
    parts: { store, now: clock().now, log: () => {} },
    iam: simpleIam,
    baseUrl: () => 'http://x',
  })
  const call = caller(sqs.service)
  await call('CreateQueue', { QueueName: 'q' })
  for (let n = 0; n < 10_000; n++) await call('SendMessage', { QueueUrl, MessageBody: String(n) })
  const seen: number[] = []
  for (let got = await sqs.receive(arn, 10, 0); got.length > 0; got = await sqs.receive(arn, 10, 0)) {
    seen.push(...got.map((message) => Number(message.body)))
    sqs.deleteMessages(
      arn,
      got.map((message) => message.receiptHandle),
    )
  }
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
  store.close()
})
