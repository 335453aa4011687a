import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { createEventBridge } from '../../../local/eventbridge/eventbridge.ts'
import type { Operation, Service } from '../../../local/gateway/service.ts'
import type { Envelope } from '../../../local/gateway/wires.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { openStore } from '../../../local/state/store.ts'

const account = '111111111111'
const region = 'eu-west-1'
export const QUEUE = `arn:aws:sqs:${region}:${account}:q`

/** EventBridge and SQS on one state file; every third event is delayed on its way to the bus. */
export const openCloudlet = (file: string) => {
  const store = openStore(file)
  const parts = { store, now: Date.now, log: () => {} }
  const iam = { authorizeSender: () => {}, authorize: () => {} }
  const sqs = createSqs({ parts, iam, baseUrl: () => 'http://x' })
  const bridge = createEventBridge({
    parts,
    iam,
    wires: { sendMessage: sqs.send, publish: async () => {}, invokeAsync: async () => {} },
    fault: (envelope) => [{ envelope, delayMs: Number(envelope.id) % 3 === 0 ? 30 : 0 }],
  })
  const call = (service: Service, operation: string, input: object) =>
    (service.operations[operation] as Operation)(input, {
      service: service.name,
      operation,
      region,
      account,
      requestId: 'r',
      caller: { account, arn: 'arn:x', userId: 'u', kind: 'user' },
    })
  return {
    sqs,
    bridge,
    prepare: async () => {
      await call(sqs.service, 'CreateQueue', { QueueName: 'q' })
      await call(bridge.service, 'PutRule', { Name: 'r', EventPattern: '{"source":["test"]}' })
      await call(bridge.service, 'PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: QUEUE }] })
    },
    envelope: (n: number): Envelope => ({
      version: '0',
      id: String(n),
      'detail-type': 'd',
      source: 'test',
      account,
      region,
      time: '2031-05-17T09:04:33Z',
      resources: [],
      detail: {},
    }),
    close: async () => {
      await bridge.stop()
      await sqs.stop()
      store.close()
    },
  }
}

/** Emits events until it is killed, and says each number once `emit` has returned. */
const emitForever = async (file: string): Promise<never> => {
  const { bridge, prepare, envelope } = openCloudlet(file)
  await prepare()
  for (let n = 1; ; n += 1) {
    bridge.emit(envelope(n))
    // synchronously, a whole line: what was said before a kill has been said
    writeSync(1, `${n}\n`)
    // deliveries run after some of the events only, so that the kill finds all stages
    if (n % 7 === 0) await setImmediate()
  }
}

if (import.meta.main) await emitForever(process.argv[2] ?? '')
