import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeEvents, encodeEvent, encodeStart, startOf } from '../../../local/logs/line.ts'

const event = fc.record({
  stream: fc.stringMatching(/^[^:*]{1,20}$/),
  timestamp: fc.integer({ min: 0, max: 4e12 }),
  ingested: fc.integer({ min: 0, max: 4e12 }),
  message: fc.oneof(fc.string(), fc.stringMatching(/^[\n\t\r a]{0,8}$/)),
})

test('what is written is read again, whatever it is, and knows its place', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.nat(), (events, start) => {
      const lines = events.map(encodeEvent)
      const file = Buffer.from(encodeStart(start) + lines.join(''))
      expect(startOf(file)).toBe(start)
      const read = [...decodeEvents(file)]
      expect(read.map(({ position: _, ...rest }) => rest)).toEqual(events)
      for (const [index, { position }] of read.entries())
        expect(file.toString('utf8', position - start).startsWith(lines[index]!)).toBe(true)
    }),
  )
})

test('remarks, torn lines and files of before are no reason to lose the rest', () => {
  const good = encodeEvent({ stream: 's', timestamp: 1, ingested: 1, message: 'm' })
  const file = Buffer.from(`# a remark\n${good}2031-05-17T09\n${good}1970-01-01T00:00:00.001Z 100% old`)
  expect([...decodeEvents(file)].map(({ stream, message }) => [stream, message])).toEqual([
    ['s', 'm'],
    ['s', 'm'],
    ['100%', 'old'],
  ])
})

test('people can read it', () => {
  const text = encodeEvent({ stream: 'a b/[$LATEST]1', timestamp: 0, ingested: 5, message: 'one\ntwo' })
  expect(text).toBe('1970-01-01T00:00:00.000Z+5 a%20b/[$LATEST]1 one\n\ttwo\n')
})
