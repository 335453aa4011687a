import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Sqs } from '../../../local/contracts.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { openStore } from '../../../local/state/store.ts'
import { ACCOUNT, caller, clock, REGION, simpleIam } from './fixture.ts'

const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const VISIBILITY = 30_000
const MOST = 1_000

const stepOf = (maxima: fc.Arbitrary<number>) =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('send' as const), group: fc.constantFrom('a', 'b', 'c') }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('receive' as const), max: maxima }) },
    fc.record({ do: fc.constant('delete' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('release' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ do: fc.constant('restart' as const) }),
  )
type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer T> ? T : never

interface Known {
  readonly group: string
  readonly body: string
  from: number
  count: number
  handle?: string
  gone?: 'deleted' | 'dead'
}

/** What a queue must do, written down once more: a list of messages, walked from the front. */
class Model {
  readonly messages: Known[] = []
  readonly fifo: boolean
  readonly maxReceives: number

  constructor(fifo: boolean, maxReceives: number) {
    this.fifo = fifo
    this.maxReceives = maxReceives
  }

  /** by group: what can be had now, in order; what was received too often is taken out on the way */
  available(now: number): Map<string, Known[]> {
    const runs = new Map<string, Known[]>()
    const blocked = new Set<string>()
    for (const message of this.messages) {
      if (message.gone || blocked.has(message.group)) continue
      const run = runs.get(message.group) ?? []
      runs.set(message.group, run)
      if (message.from > now) {
        if (this.fifo) blocked.add(message.group)
      } else if (message.count >= this.maxReceives) message.gone = 'dead'
      else run.push(message)
    }
    return runs
  }
}

const run = async (steps: Step[], fifo: boolean, maxReceives: number): Promise<void> => {
  const name = (base: string) => (fifo ? `${base}.fifo` : base)
  const QueueUrl = `http://x/${ACCOUNT}/${name('q')}`
  const time = clock()
  const store = openStore(':memory:')
  const parts = { store, now: time.now, log: () => {} }
  const start = () => createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
  let sqs: Sqs = start()
  let call = caller(sqs.service)
  const type = fifo ? { FifoQueue: 'true' } : {}
  await call('CreateQueue', { QueueName: name('dead'), Attributes: type })
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arn(name('dead')),
    maxReceiveCount: maxReceives,
  })
  await call('CreateQueue', { QueueName: name('q'), Attributes: { ...type, RedrivePolicy } })
  const model = new Model(fifo, maxReceives)
  const pick = (which: number) => model.messages.filter((one) => one.handle && !one.gone)[which]

  const receive = async (max: number) => {
    const runs = model.available(time.now())
    const total = [...runs.values()].reduce((sum, each) => sum + each.length, 0)
    const got = await sqs.receive(arn(name('q')), max, 0)
    expect(got).toHaveLength(Math.min(max, total))
    for (const message of got) {
      const group = fifo ? message.attributes.MessageGroupId! : ''
      const line = fifo ? (runs.get(group) ?? []) : [...runs.values()].flat()
      const known = fifo ? line.shift() : line.find(({ body }) => body === message.body)
      // in order within its group, and not while an older one is out
      expect(message.body).toBe(known?.body)
      known!.count += 1
      expect(message.attributes.ApproximateReceiveCount).toBe(String(known!.count))
      known!.from = time.now() + VISIBILITY
      known!.handle = message.receiptHandle
    }
  }

  for (const step of steps) {
    if (step.do === 'send') {
      const body = `m${model.messages.length}`
      const sorting = fifo ? { MessageGroupId: step.group, MessageDeduplicationId: body } : {}
      await call('SendMessage', { QueueUrl, MessageBody: body, ...sorting })
      model.messages.push({ group: fifo ? step.group : '', body, from: 0, count: 0 })
    } else if (step.do === 'receive') await receive(step.max)
    else if (step.do === 'pass') time.pass(step.ms)
    else if (step.do === 'restart') {
      await sqs.stop()
      sqs = start()
      call = caller(sqs.service)
      // in flight: back at once
      for (const one of model.messages) one.from = Math.min(one.from, time.now())
    } else {
      const known = pick(step.which)
      // a FIFO queue takes no handle whose time is over
      if (!known?.handle || known.from <= time.now()) continue
      if (step.do === 'delete') {
        sqs.deleteMessages(arn(name('q')), [known.handle])
        known.gone = 'deleted'
      } else {
        sqs.release(arn(name('q')), [known.handle])
        known.from = time.now()
      }
    }
  }
  for (let round = 0; round <= maxReceives; round += 1) {
    time.pass(VISIBILITY)
    await receive(MOST)
  }
  const dead = (await sqs.receive(arn(name('dead')), MOST, 0)).map(({ body }) => body)
  const expected = model.messages.filter(({ gone }) => gone === 'dead').map(({ body }) => body)
  expect(dead.sort()).toEqual(expected.sort())
  expect(model.messages.filter(({ gone }) => !gone)).toEqual([])
  await sqs.stop()
  store.close()
}

test('FIFO: each group in order, none beside one of its own that is out, nothing lost', async () => {
  const steps = fc.array(stepOf(fc.integer({ min: 1, max: 10 })), { maxLength: 50 })
  // so often that nothing dies before the end
  await fc.assert(
    fc.asyncProperty(steps, (given) => run(given, true, 60)),
    { numRuns: 60 },
  )
})

test.each([true, false])(
  'redrive (FIFO: %s): after so many receipts into the dead-letter queue, once',
  async (fifo) => {
    const steps = fc.array(stepOf(fc.constant(MOST)), { maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), (given, max) => run(given, fifo, max)),
      { numRuns: 100 },
    )
  },
)
