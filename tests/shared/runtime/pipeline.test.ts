import { describe, expect, test } from '@jest/globals'
import type { Context } from 'aws-lambda'
import { entry } from '../../../shared/runtime/entry.ts'
import { RelayError } from '../../../shared/runtime/errors.ts'
import { describeFailure, type Facts, type Log } from '../../../shared/runtime/log.ts'
import {
  batchResponse,
  createFailures,
  eachRecord,
  isLastReceive,
  recordsOf,
} from '../../../shared/runtime/sqs-batch.ts'

const open = () => {
  const lines: { level: string; message: string; facts: Facts }[] = []
  const at =
    (level: string) =>
    (message: string, facts: Facts = {}) =>
      void lines.push({ level, message, facts })
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error') }
  return { lines, log }
}
const contextOf = (awsRequestId: string) =>
  ({ awsRequestId, getRemainingTimeInMillis: () => 1_000 }) as unknown as Context
const record = (messageId: string, receives?: string) => ({
  messageId,
  body: messageId,
  attributes: receives === undefined ? {} : { ApproximateReceiveCount: receives },
})

describe('entry', () => {
  test('one outcome line with request id, duration and what was noted', async () => {
    const { lines, log } = open()
    let time = 0
    const handler = entry({ service: 's', now: () => time, log }, async (event, run) => {
      time += 25
      run.note({ records: 2 })
      run.log.info('working', { left: run.remainingMs() })
      return event
    })
    expect(await handler({ a: 1 }, contextOf('r1'))).toEqual({ a: 1 })
    expect(lines).toEqual([
      { level: 'info', message: 'working', facts: { requestId: 'r1', left: 1_000 } },
      {
        level: 'info',
        message: 'outcome',
        facts: { outcome: 'ok', requestId: 'r1', durationMs: 25, records: 2 },
      },
    ])
  })

  test('an error is thrown on as it is, and told with code, class and causes', async () => {
    const { lines, log } = open()
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    const error = new RelayError('STORE_FAILED', { operation: 'GetItem' }, { cause })
    const handler = entry({ service: 's', now: () => 0, log }, () => Promise.reject(error))
    await expect(handler({}, contextOf('r2'))).rejects.toBe(error)
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'outcome',
        facts: {
          outcome: 'failed',
          requestId: 'r2',
          durationMs: 0,
          code: 'STORE_FAILED',
          errorClass: 'RelayError',
          reason: error.message,
          causes: ['ThrottlingException: slow down'],
        },
      },
    ])
  })

  test('notes of one invocation do not reach the next', async () => {
    const { lines, log } = open()
    const handler = entry({ service: 's', now: () => 0, log }, async (event, run) =>
      run.note({ [String(event)]: 1 }),
    )
    await handler('one', contextOf('1'))
    await handler('two', contextOf('2'))
    expect(lines.map(({ facts }) => Object.keys(facts).at(-1))).toEqual(['one', 'two'])
  })
})

describe('SQS batches', () => {
  test('a failing record is reported and stops no other, whatever its retry class', async () => {
    const { lines, log } = open()
    const done: string[] = []
    const answer = await eachRecord(
      { Records: ['a', 'b', 'c'].map((id) => record(id)) },
      log,
      async ({ body }) => {
        if (body === 'a') throw new RelayError('EVENT_MALFORMED')
        if (body === 'b') throw new Error('boom')
        done.push(body)
      },
    )
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }] })
    expect(done).toEqual(['c'])
    expect(lines.map(({ facts }) => facts.code)).toEqual(['EVENT_MALFORMED', undefined])
  })

  test('what fails twice is logged twice and is one failed record, as it came', () => {
    const { lines, log } = open()
    const failures = createFailures(log)
    const [first, second] = recordsOf({ Records: [record('a', '2'), record('b')] })
    expect(failures.response()).toEqual({ batchItemFailures: [] })
    for (const one of [first!, second!, first!]) failures.fail(one, new RelayError('EVENT_MALFORMED'))
    expect(failures.records()).toEqual([first, second])
    expect(failures.response()).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    })
    expect(lines.map(({ facts }) => [facts.messageId, facts.receives])).toEqual([
      ['a', 2],
      ['b', 1],
      ['a', 2],
    ])
  })

  test('the last receive is the one after which SQS gives up', () => {
    const [first, third, fourth, odd] = recordsOf({
      Records: [record('a'), record('b', '3'), record('c', '4'), record('d', 'x')],
    })
    expect([first, third, fourth, odd].map((one) => isLastReceive(one!, 3))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('an id is reported once', () => {
    expect(batchResponse(['a', 'a'])).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] })
  })

  test.each([
    [undefined],
    [null],
    [{}],
    [{ Records: 1 }],
    [{ Records: [{}] }],
    [{ Records: [{ messageId: '', body: '' }] }],
    [{ Records: [null] }],
  ])('%j is no batch', (event) => expect(() => recordsOf(event)).toThrow('EVENT_MALFORMED'))
})

test('a failure is described whatever was thrown', () => {
  expect(describeFailure('text')).toEqual({ errorClass: 'Error', reason: 'thrown value is no Error' })
  expect(describeFailure(undefined)).toEqual({ errorClass: 'Error', reason: 'thrown value is no Error' })
  expect(describeFailure(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))).toEqual({
    errorClass: 'ECONNREFUSED',
    reason: 'no',
  })
})
