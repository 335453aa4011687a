import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ReceivedMessage } from '../../../local/contracts.ts'
import { judgeBatch, splitBySize, sqsEvent } from '../../../local/lambda/batch.ts'
import { QUEUE } from './bench.ts'

const message = (messageId: string, body = 'x'): ReceivedMessage => ({
  messageId,
  receiptHandle: `${messageId}#1`,
  body,
  md5OfBody: 'm',
  attributes: { ApproximateReceiveCount: '1' },
  messageAttributes: { kind: { stringValue: 'a', dataType: 'String' } },
})
const batch = ['a', 'b', 'c'].map((id) => message(id))

const cases: [what: string, payload: string, failed: string[]][] = [
  ['an empty list', '{"batchItemFailures":[]}', []],
  ['a null list', '{"batchItemFailures":null}', []],
  ['an empty answer', '{}', []],
  ['null', 'null', []],
  ['nothing', '', []],
  ['one failure', '{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
  ['one failure twice', '{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}', ['b']],
  ['an empty identifier', '{"batchItemFailures":[{"itemIdentifier":""}]}', ['a', 'b', 'c']],
  ['a null identifier', '{"batchItemFailures":[{"itemIdentifier":null}]}', ['a', 'b', 'c']],
  ['another name', '{"batchItemFailures":[{"itemId":"b"}]}', ['a', 'b', 'c']],
  ['an unknown identifier', '{"batchItemFailures":[{"itemIdentifier":"z"}]}', ['a', 'b', 'c']],
  ['a null entry', '{"batchItemFailures":[null]}', ['a', 'b', 'c']],
  ['no list', '{"batchItemFailures":"b"}', ['a', 'b', 'c']],
  ['no JSON', '{', ['a', 'b', 'c']],
  ['a text', '"b"', ['a', 'b', 'c']],
  ['a list', '[]', ['a', 'b', 'c']],
]
test.each(cases)('%s', (_what, payload, failed) => {
  const verdict = judgeBatch(batch, { payload }, true)
  expect(verdict.failed.map(({ messageId }) => messageId)).toEqual(failed)
  expect([...verdict.done, ...verdict.failed]).toHaveLength(3)
})

test('without ReportBatchItemFailures only an error fails, and it fails all', () => {
  expect(judgeBatch(batch, { payload: cases[5]![1] }, false).failed).toEqual([])
  expect(judgeBatch(batch, { payload: 'null', error: 'Unhandled' }, false).failed).toEqual(batch)
  expect(judgeBatch(batch, { payload: 'null', error: 'Unhandled' }, true).failed).toEqual(batch)
})

test('the record has the shape that functions know', () => {
  expect(sqsEvent([message('a', 'text')], QUEUE)).toEqual({
    Records: [
      {
        messageId: 'a',
        receiptHandle: 'a#1',
        body: 'text',
        attributes: { ApproximateReceiveCount: '1' },
        messageAttributes: {
          kind: { stringValue: 'a', stringListValues: [], binaryListValues: [], dataType: 'String' },
        },
        md5OfBody: 'm',
        eventSource: 'aws:sqs',
        eventSourceARN: QUEUE,
        awsRegion: 'eu-west-1',
      },
    ],
  })
})

test('splitting loses nothing, keeps the order, and fills no part beyond the limit unless one message does', () => {
  const size = (part: readonly ReceivedMessage[]) =>
    part.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0)
  fc.assert(
    fc.property(fc.array(fc.nat(400)), fc.integer({ min: 200, max: 2000 }), (lengths, limit) => {
      const messages = lengths.map((length, index) => message(String(index), 'ü'.repeat(length)))
      const parts = splitBySize(messages, limit)
      expect(parts.flat()).toEqual(messages)
      for (const part of parts) expect(part.length === 1 || size(part) <= limit).toBe(true)
    }),
  )
})
