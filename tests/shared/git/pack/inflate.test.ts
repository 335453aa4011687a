import zlib from 'node:zlib'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentReader, inflatePieces } from '../../../../shared/git/pack/content.ts'
import { adler32, createInflater, SLACK_BYTES } from '../../../../shared/git/pack/inflate.ts'
import { codeOf } from '../../../../shared/runtime/errors.ts'
import { text } from './repository.ts'

const AFTER = Buffer.alloc(20, 0xa5)
/** bytes with much and with little in common, and every way zlib has to deflate them */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(60).chain((lines) => fc.nat(5).map((seed) => Buffer.from(text(seed, lines)))),
  fc
    .array(fc.constantFrom('a', 'bc', 'abcabcabcabc', '\0'.repeat(300)), { maxLength: 200 })
    .map((all) => Buffer.from(all.join(''))),
)
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.integer({ min: 0, max: 4 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
})

const inflater = createInflater()
const out = Buffer.alloc(100_000 + SLACK_BYTES)

test('what zlib deflates, with the place where it ends', () => {
  fc.assert(
    fc.property(content, options, fc.nat(9), (data, how, before) => {
      const deflated = zlib.deflateSync(data, how)
      const all = Buffer.concat([Buffer.alloc(before), deflated, AFTER])
      inflater.reset()
      expect(inflater.run(all, before, all.length, out, before, before)).toBe('end')
      expect(inflater.at()).toBe(before + deflated.length)
      expect(out.subarray(before, inflater.to()).equals(data)).toBe(true)
      expect(inflater.adler()).toBe(adler32(data, 0, data.length))
    }),
    { numRuns: 1_000 },
  )
})

test('in pieces, however the input is cut', () => {
  fc.assert(
    fc.property(content, options, fc.integer({ min: 1, max: 400 }), (data, how, step) => {
      const deflated = zlib.deflateSync(data, how)
      const all = Buffer.concat([deflated, AFTER])
      let there = 0
      const pieces: Buffer[] = []
      const reader = inflatePieces((at) => all.subarray(at, there), 0, data.length)
      let next = reader.next()
      for (; !next.done; next = reader.next()) {
        if (next.value) pieces.push(Buffer.from(next.value))
        else if (there >= all.length) throw new Error('it does not end')
        else there += step
      }
      expect(next.value).toBe(deflated.length)
      expect(Buffer.concat(pieces).equals(data)).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('bytes that are spoilt: what zlib makes of them, or a code where zlib has an error', () => {
  const reader = contentReader()
  const counts = { same: 0, refused: 0 }
  fc.assert(
    fc.property(content, options, fc.nat(), fc.nat(255), (data, how, place, value) => {
      const deflated = zlib.deflateSync(data, how)
      deflated[place % deflated.length] = value
      const all = Buffer.concat([deflated, AFTER])
      const theirs = attempt(() => zlib.inflateSync(all))
      const size = Math.min(theirs?.length ?? data.length, 2_048)
      const ours = attempt(() => {
        const found = reader.inflate(all, 0, size, 0)
        return found && Buffer.from(found.bytes.subarray(found.from, found.to))
      })
      if (theirs && theirs.length === size) {
        counts.same += 1
        expect(ours?.equals(theirs)).toBe(true)
      } else {
        counts.refused += 1
        expect(ours).toBeUndefined()
      }
    }),
    { numRuns: 3_000 },
  )
  expect(counts.same).toBeGreaterThan(5)
  expect(counts.refused).toBeGreaterThan(1_000)
})

const attempt = (work: () => Buffer | undefined): Buffer | undefined => {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === 'GIT_PROTOCOL' || String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      return undefined
    throw error
  }
}
