import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Queues } from '../../../shared/runtime/aws-clients.ts'
import { createQueue, MAX_MESSAGE_BYTES } from '../../../shared/runtime/queue.ts'

const url = 'https://sqs.us-east-1.amazonaws.com/111111111111/work'

/** SQS's own limits, enforced. */
const open = () => {
  const batches: string[][] = []
  const delays: (number | undefined)[] = []
  const queues: Queues = {
    sendMessage: async ({ MessageBody, DelaySeconds }) => {
      if (Buffer.byteLength(MessageBody!) > 262_144) throw new Error('too long')
      if (DelaySeconds !== undefined && (DelaySeconds > 900 || !Number.isInteger(DelaySeconds)))
        throw new Error('delay')
      batches.push([MessageBody!])
      delays.push(DelaySeconds)
    },
    sendMessageBatch: async ({ Entries }) => {
      const bodies = Entries!.map(({ MessageBody }) => MessageBody!)
      if (bodies.length < 1 || bodies.length > 10) throw new Error('number')
      if (new Set(Entries!.map(({ Id }) => Id)).size !== bodies.length) throw new Error('ids')
      if (Buffer.byteLength(bodies.join('')) > 262_144) throw new Error('too long')
      batches.push(bodies)
      return {}
    },
  }
  return { batches, delays, queue: createQueue({ queues, url }) }
}

test('any messages go out in order, in batches that SQS takes', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 60_000, max: MAX_MESSAGE_BYTES })), {
    maxLength: 35,
  })
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const { batches, queue } = open()
      const bodies = lengths.map((length, index) =>
        `${index}`.padEnd(length, 'x').slice(0, Math.max(length, 2)),
      )
      await queue.sendAll(bodies)
      expect(batches.flat()).toEqual(bodies)
    }),
    { numRuns: 40 },
  )
})

test('a message of the limit goes out, one byte more does not', async () => {
  const { batches, queue } = open()
  await queue.send('x'.repeat(MAX_MESSAGE_BYTES))
  const tooLong = `${'x'.repeat(MAX_MESSAGE_BYTES - 1)}ü`
  await expect(queue.send(tooLong)).rejects.toMatchObject({
    code: 'QUEUE_FAILED',
    data: { limit: MAX_MESSAGE_BYTES },
  })
  await expect(queue.sendAll(['a', tooLong])).rejects.toMatchObject({ code: 'QUEUE_FAILED' })
  expect(batches).toHaveLength(1)
})

test('delays stay within what SQS takes', async () => {
  const { delays, queue } = open()
  for (const delay of [0, 0.2, 900, 901, -1]) await queue.send('x', delay)
  expect(delays).toEqual([undefined, 1, 900, 900, undefined])
})

test('a failure names the queue and what AWS called it', async () => {
  const failing: Queues = {
    sendMessage: () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' })),
    sendMessageBatch: async () => ({ Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] }),
  }
  const queue = createQueue({ queues: failing, url })
  await expect(queue.send('x')).rejects.toMatchObject({
    code: 'QUEUE_FAILED',
    data: { queue: 'work', aws: 'AccessDeniedException' },
    cause: expect.any(Error),
  })
  await expect(queue.sendAll(['x'])).rejects.toMatchObject({ data: { failed: 1, aws: 'InternalError' } })
})
