import type { EventBridge, Sqs } from '../../../local/contracts.ts'
import { createEventBridge, type EventBridgeOptions } from '../../../local/eventbridge/eventbridge.ts'
import type { Envelope } from '../../../local/gateway/wires.ts'
import { createSqs } from '../../../local/sqs/sqs.ts'
import { ACCOUNT, ALLOW, caller, clock, type Folder, REGION, simpleIam, storeFolder } from '../sqs/fixture.ts'

export const OTHER = '222222222222'
export const queueArn = (name: string, account = ACCOUNT): string =>
  `arn:aws:sqs:${REGION}:${account}:${name}`
export const busArn = (name: string, account = ACCOUNT): string =>
  `arn:aws:events:${REGION}:${account}:event-bus/${name}`

export const ENVELOPE: Envelope = {
  version: '0',
  id: 'e-1',
  'detail-type': 'CodeCommit Repository State Change',
  source: 'aws.codecommit',
  account: ACCOUNT,
  time: '2031-05-17T09:04:33Z',
  region: REGION,
  resources: [],
  detail: { referenceName: 'main' },
}

/** EventBridge and SQS on one state file, which survive `restart`; queues `q` and `dead` let everybody in. */
export interface Bridge {
  readonly sqs: Sqs
  readonly bridge: EventBridge
  readonly time: ReturnType<typeof clock>
  readonly events: ReturnType<typeof caller>
  /** an operation of EventBridge, called by another account */
  readonly others: ReturnType<typeof caller>
  /** makes a rule with one target */
  rule(target: object, more?: object): Promise<void>
  receive(name?: string, waitMs?: number): Promise<string[]>
  restart(): Promise<void>
  close(): Promise<void>
}

export const openBridge = async (
  given: Partial<EventBridgeOptions> = {},
  now?: ReturnType<typeof clock>,
): Promise<Bridge> => {
  const folder: Folder = storeFolder()
  const time = now ?? clock()
  const start = () => {
    const parts = folder.open(time.now)
    const sqs = createSqs({ parts, iam: simpleIam, baseUrl: () => 'http://x' })
    const bridge = createEventBridge({
      parts,
      iam: { ...simpleIam, authorize: () => {} },
      random: () => 0,
      ...given,
      wires: {
        sendMessage: sqs.send,
        publish: async () => {},
        invokeAsync: async () => {},
        ...given.wires,
      },
    })
    return { sqs, bridge }
  }
  let running = start()
  const stop = async () => {
    await running.bridge.stop()
    await running.sqs.stop()
  }
  for (const QueueName of ['q', 'dead'])
    await caller(running.sqs.service)('CreateQueue', { QueueName, Attributes: { Policy: ALLOW } })
  const events: Bridge['events'] = (...call) => caller(running.bridge.service)(...call)
  return {
    get sqs() {
      return running.sqs
    },
    get bridge() {
      return running.bridge
    },
    time,
    events,
    others: (...call) => caller(running.bridge.service, OTHER)(...call),
    rule: async (target, more = {}) => {
      const rule = { Name: 'r', EventPattern: '{"source":["aws.codecommit"]}', ...more }
      await events('PutRule', rule)
      const { EventBusName } = more as { EventBusName?: string }
      await events('PutTargets', { Rule: rule.Name, EventBusName, Targets: [{ Id: 't', ...target }] })
    },
    receive: async (name = 'q', waitMs = 10_000) => {
      const got = await running.sqs.receive(queueArn(name), 10, waitMs)
      running.sqs.deleteMessages(
        queueArn(name),
        got.map((message) => message.receiptHandle),
      )
      return got.map((message) => message.body)
    },
    restart: async () => {
      await stop()
      running = start()
    },
    close: async () => {
      await stop()
      folder.remove()
    },
  }
}
