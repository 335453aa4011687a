import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createTrigger } from '../../../functions/trigger/handler.ts'
import { MAX_REFERENCES_CHARACTERS } from '../../../functions/trigger/messages.ts'
import { decodeBody } from '../../../shared/events/decode.ts'
import type { Queues } from '../../../shared/runtime/aws-clients.ts'
import type { Run } from '../../../shared/runtime/entry.ts'
import { oid, triggerEvent } from '../world.ts'

const fixture = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/events/${name}.json`), 'utf8'))
const log = { info: () => {}, warn: () => {}, error: () => {} }
const run: Run = { requestId: 'r', remainingMs: () => 1_000, note: () => {}, log }
const [replicateQueue, notifyQueue, scanQueue] = [
  'https://sqs.example/1/replicate',
  'https://sqs.example/1/notify',
  'https://sqs.example/1/scan',
] as const

const open = (failing?: string) => {
  const sent = new Map<string, string[]>([
    [replicateQueue, []],
    [notifyQueue, []],
    [scanQueue, []],
  ])
  const queues: Queues = {
    sendMessage: () => Promise.reject(new Error('not used')),
    sendMessageBatch: async ({ QueueUrl, Entries }) => {
      if (QueueUrl === failing) return { Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] }
      sent.get(QueueUrl!)!.push(...Entries!.map(({ MessageBody }) => MessageBody!))
      return {}
    },
  }
  return { sent, trigger: createTrigger({ replicateQueue, notifyQueue, scanQueue, queues }) }
}

test.each(['trigger.push', 'trigger.test-empty-repository', 'sns.lambda-trigger', 'sns.sqs-trigger'])(
  '%s arrives in every queue as its record',
  async (name) => {
    const { sent, trigger } = open()
    const event = fixture(name)
    await trigger(event, run)
    const inner = event.Message ?? event.Records[0].Sns?.Message
    const { Records } = inner ? JSON.parse(inner) : event
    for (const messages of sent.values()) {
      expect(messages.map((message) => JSON.parse(message))).toEqual([{ Records }])
    }
  },
)

test('each of several records is a message of its own', async () => {
  const { sent, trigger } = open()
  await trigger({ Records: [...triggerEvent().Records, ...triggerEvent().Records] }, run)
  expect(sent.get(replicateQueue)).toHaveLength(2)
})

test('one queue that does not take it is a failure, whichever it is', async () => {
  for (const queue of [replicateQueue, notifyQueue, scanQueue]) {
    const { sent, trigger } = open(queue)
    await expect(trigger(triggerEvent(), run)).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
      data: { aws: 'InternalError' },
    })
    for (const [other, messages] of sent) expect(messages).toHaveLength(other === queue ? 0 : 1)
  }
})

test('a push of 4,000 long refs fits, in parts that lose none and have ids of their own', async () => {
  const { sent, trigger } = open()
  const [record] = triggerEvent().Records
  const references = Array.from({ length: 4_000 }, (_, index) => ({
    commit: oid('b'),
    ref: `refs/heads/${'ü'.repeat(100)}/${index}`,
  }))
  await trigger({ Records: [{ ...record, codecommit: { references } }] }, run)
  const messages = sent.get(notifyQueue)!
  const events = messages.flatMap((message) => [...decodeBody(message)])
  expect(
    Math.max(
      ...messages.map(
        (message) => JSON.stringify(JSON.parse(message).Records[0].codecommit.references).length,
      ),
    ),
  ).toBeLessThan(MAX_REFERENCES_CHARACTERS * 1.1)
  expect(events.flatMap((event) => (event.type === 'repository' ? event.changes : []))).toHaveLength(4_000)
  expect(new Set(events.map(({ id }) => id)).size).toBe(messages.length)
})

test.each([
  ['an EventBridge event', 'codecommit.updated-push'],
  ['a task’s end', 'ecs.stopped'],
])('%s is refused', async (_name, name) => {
  const { trigger } = open()
  await expect(trigger(fixture(name), run)).rejects.toMatchObject({ code: 'EVENT_MALFORMED' })
})
