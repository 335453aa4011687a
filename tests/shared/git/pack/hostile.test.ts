import { createHash, randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PACK_LIMITS } from '../../../../shared/git/pack/limits.ts'
import type { PackLimits } from '../../../../shared/git/pack/types.ts'
import { codeOf, type RelayError } from '../../../../shared/runtime/errors.ts'
import { bombOf, deltaOf, distance, entry, idOf, packOf, sealed, start, varint } from './build.ts'
import { openBytes, readAll } from './read.ts'

const BLOB = 3
const OFFSET = 6
const NAMED = 7
const bytesOf = (oid: string) => Buffer.from(oid, 'hex')
const text = (word: string) => Buffer.from(`${word} `.repeat(40))
const first = text('first')
const second = Buffer.concat([first, Buffer.from('two')])
const named = (base: Buffer, kept: number, add: string) =>
  entry(NAMED, deltaOf(base, kept, Buffer.from(add)), bytesOf(idOf('blob', base)))
const line = (data: Buffer) => `${idOf('blob', data)} blob ${data.length}`
const failure = (pack: Buffer, limits: Partial<PackLimits> = {}) =>
  readAll(pack, { limits }).then(
    () => undefined,
    ({ code, data }: RelayError) => ({ code, ...data }),
  )
/** a small pack with everything in it */
const sample = () => {
  const tree = Buffer.concat([Buffer.from('100644 a\0'), bytesOf(idOf('blob', first))])
  return packOf(
    entry(1, Buffer.from(`tree ${idOf('tree', tree)}\n\nmessage`)),
    named(second, 100, 'three'),
    entry(2, tree),
    entry(BLOB, first),
    named(first, first.length, 'two'),
    entry(BLOB, randomBytes(40)),
    entry(BLOB, Buffer.alloc(0)),
    entry(4, Buffer.from('object of a tag')),
  )
}

describe('order', () => {
  test('a chain by name, deltas before bases, with the base of one a delta that came later', async () => {
    const third = Buffer.concat([second.subarray(0, 100), Buffer.from('three')])
    const pack = packOf(named(second, 100, 'three'), named(first, first.length, 'two'), entry(BLOB, first))
    expect((await readAll(pack)).objects).toEqual([first, second, third].map(line))
  })

  test('a chain of two hundred, backwards', async () => {
    const entries = [entry(BLOB, first)]
    const lines = [line(first)]
    let base = first
    for (let n = 0; n < 200; n += 1) {
      entries.unshift(named(base, base.length, `${n}`))
      base = Buffer.concat([base, Buffer.from(`${n}`)])
      lines.push(line(base))
    }
    expect((await readAll(packOf(...entries))).objects).toEqual(lines)
    expect((await readAll(packOf(...entries), { limits: { held: 0 } })).objects).toEqual(lines)
  })

  test('the same object again, whole and as a delta, is given once, and what is made from either', async () => {
    const twice = entry(BLOB, second)
    const on = entry(OFFSET, deltaOf(second, 9, Buffer.from('x')), distance(twice.length))
    const made = Buffer.concat([second.subarray(0, 9), Buffer.from('x')])
    const pack = packOf(named(first, first.length, 'two'), entry(BLOB, first), entry(BLOB, first), twice, on)
    const { objects, unread } = await readAll(pack)
    expect(objects.toSorted()).toEqual([first, second, made].map(line).sort())
    expect(unread).toEqual([])
  })

  test('deltas that wait for each other, or for nothing that comes, are told', async () => {
    const away = entry(NAMED, deltaOf(first, 5, Buffer.from('x')), randomBytes(20))
    const onAway = entry(OFFSET, deltaOf(first, 5, Buffer.from('y')), distance(away.length))
    const { objects, unread } = await readAll(packOf(entry(BLOB, first), away, onAway))
    expect(objects).toEqual([line(first)])
    const at = 12 + entry(BLOB, first).length
    expect(unread).toEqual([
      { at, reason: 'base-missing', size: 6 },
      { at: at + away.length, reason: 'base-missing', size: 6 },
    ])
  })
})

describe('bytes that are no pack', () => {
  const body = sample().subarray(0, -20)
  const onBase = (delta: number[]) =>
    packOf(entry(BLOB, first), entry(NAMED, Buffer.from(delta), bytesOf(idOf('blob', first))))
  const [size] = [varint(first.length)]
  test.each([
    ['nothing', Buffer.alloc(0), 'short pack'],
    ['no signature', Buffer.alloc(40), 'no pack'],
    ['another version', Buffer.concat([Buffer.from('PACK\0\0\0\x04'), body.subarray(8)]), 'pack version'],
    ['cut', sample().subarray(0, -21), undefined],
    ['a wrong trailer', Buffer.concat([body, Buffer.alloc(20)]), 'pack checksum'],
    ['bytes between', sealed(Buffer.concat([body, Buffer.alloc(5)])), 'pack length'],
    [
      'fewer objects than it counts',
      sealed(Buffer.concat([body.subarray(0, 11), Buffer.from([9]), body.subarray(12)])),
      undefined,
    ],
    ['a size too small', packOf(entry(BLOB, first, undefined, first.length - 1)), 'object size'],
    ['a size too large', packOf(entry(BLOB, first, undefined, first.length + 1)), 'object size'],
    [
      'a size too small, of a large one',
      packOf(entry(BLOB, Buffer.alloc(9_000), undefined, 8_999)),
      'object size',
    ],
    [
      'a size too large, of a large one',
      packOf(entry(BLOB, Buffer.alloc(9_000), undefined, 9_001)),
      'object size',
    ],
    ['a size beyond numbers', packOf(Buffer.alloc(30, 0xff)), 'entry size'],
    ['type 5', packOf(entry(5, first)), 'entry type'],
    ['type 0', packOf(entry(0, first)), 'entry type'],
    [
      'a base that is itself',
      packOf(entry(BLOB, first), entry(OFFSET, deltaOf(first, 5, first.subarray(0, 9)), distance(0))),
      'entry base',
    ],
    [
      'a base in the middle of an entry',
      packOf(entry(BLOB, first), entry(OFFSET, deltaOf(first, 5, first.subarray(0, 9)), distance(3))),
      'entry base',
    ],
    [
      'a base before the pack',
      packOf(entry(OFFSET, deltaOf(first, 5, first.subarray(0, 9)), distance(3_000))),
      'entry base',
    ],
    [
      'a dictionary',
      packOf(
        Buffer.concat([start(BLOB, 5), zlib.deflateSync('hello', { dictionary: Buffer.from('hello') })]),
      ),
      'deflated header',
    ],
    [
      'a wrong checksum',
      packOf(Buffer.concat([start(BLOB, 5), zlib.deflateSync('hello').fill(0, 9)])),
      'object checksum',
    ],
    ['a delta of another base', onBase([...varint(7), 1, 1, 65]), 'delta'],
    ['a delta that copies beyond its base', onBase([...size, 2, 0x91, first.length - 1, 2]), 'delta'],
    ['a delta that copies beyond what it makes', onBase([...size, 2, 0x90, 3]), 'delta'],
    ['a delta that makes too little', onBase([...size, 5, 0x90, 3]), 'delta'],
    ['a delta with the reserved instruction', onBase([...size, 1, 0, 1, 65]), 'delta'],
    ['a delta that ends in an instruction', onBase([...size, 5, 0x90]), 'delta'],
    ['a delta that ends in what it adds', onBase([...size, 5, 5, 65]), 'delta'],
    ['a delta without sizes', onBase([0x80]), 'delta'],
  ])('%s', async (_, pack, problem) => {
    const failed = await failure(pack)
    expect(failed?.code).toBe('GIT_PROTOCOL')
    if (problem) expect(failed).toMatchObject({ problem })
  })

  test('any byte flipped, cut or added, trailer right or not: the right objects or a code', async () => {
    const pack = sample()
    const right = new Set((await readAll(pack)).objects)
    expect(right.size).toBe(8)
    const counts = { value: 0, code: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.nat(pack.length - 1),
        fc.integer({ min: 0, max: 3 }),
        fc.uint8Array({ maxLength: 4 }),
        fc.boolean(),
        async (at, cut, noise, isSealed) => {
          const spoilt = Buffer.concat([pack.subarray(0, at), noise, pack.subarray(at + cut)])
          try {
            const read = await readAll(isSealed ? sealed(spoilt.subarray(0, -20)) : spoilt)
            counts.value += 1
            expect(read.objects.filter((found) => found.startsWith('wrong'))).toEqual([])
          } catch (error) {
            counts.code += 1
            expect(['GIT_PROTOCOL', 'GIT_LIMIT']).toContain(codeOf(error))
          }
        },
      ),
      { numRuns: 1_500 },
    )
    expect(counts.code).toBeGreaterThan(500)
    expect(counts.value).toBeGreaterThan(10)
  })

  test('every single byte changed in a pack whose trailer is not: never a value', async () => {
    const pack = sample()
    for (let at = 0; at < pack.length; at += 1) {
      const spoilt = Buffer.from(pack)
      spoilt[at]! ^= 1 << (at % 8)
      expect({ at, code: (await failure(spoilt))?.code }).not.toEqual({ at, code: undefined })
    }
  })
})

test('the same objects however the bytes are cut', async () => {
  const pack = packOf(
    entry(BLOB, first),
    named(first, 3, 'abc'),
    entry(BLOB, randomBytes(3_000)),
    entry(1, text('c')),
  )
  const whole = await readAll(pack)
  expect(whole.objects.length).toBe(4)
  for (let size = 1; size <= pack.length; size += size < 200 ? 1 : 97)
    expect(await readAll(pack, {}, size)).toEqual(whole)
  for (const object of [50, 2_000]) expect(await readAll(pack, { limits: { object } }, 1)).toEqual(whole)
})

describe('bounds', () => {
  test.each([
    ['objects', { objects: 7 }, 'pack objects'],
    ['pack', { pack: 200 }, 'pack pack'],
    ['inflated', { inflated: 700 }, 'pack inflated'],
  ])('%s', async (_, limits, limit) => {
    expect(await failure(sample(), limits)).toMatchObject({ code: 'GIT_LIMIT', limit })
    expect(await failure(sample())).toBeUndefined()
  })

  test('a pack that memory does not hold, and no place to spill it to', async () => {
    const pack = packOf(entry(BLOB, randomBytes(1_100_000)))
    expect(await failure(pack, { memory: 1 })).toMatchObject({ code: 'GIT_LIMIT', limit: 'pack memory' })
    const nowhere = { limits: { memory: 1 }, spill: { folder: '/nonexistent' } }
    await expect(openBytes(pack, nowhere)).rejects.toMatchObject({
      data: { limit: 'pack spill', error: 'ENOENT' },
    })
  })

  test('a count of objects that no pack of this size has', async () => {
    const pack = Buffer.from(packOf())
    pack.writeUInt32BE(0xffffffff, 8)
    expect(await failure(pack)).toMatchObject({ code: 'GIT_LIMIT', limit: 'pack objects' })
    pack.writeUInt32BE(PACK_LIMITS.objects, 8)
    expect(await failure(pack)).toMatchObject({ code: 'GIT_PROTOCOL' })
  })

  test('deltas that are too deep are told, with all that is made from them', async () => {
    const third = Buffer.concat([second, Buffer.from('3')])
    const pack = packOf(
      entry(BLOB, first),
      named(first, first.length, 'two'),
      named(second, second.length, '3'),
    )
    const { objects, unread } = await readAll(pack, { limits: { depth: 1 } })
    expect(objects).toEqual([first, second].map(line))
    expect(unread).toMatchObject([{ reason: 'too-deep', size: third.length }])
  })

  test('a small pack of a huge object: its pieces are the whole, memory is that of a piece', async () => {
    const size = 300 * 1024 * 1024
    const pack = packOf(entry(BLOB, Buffer.alloc(size)), entry(BLOB, first))
    expect(pack.length).toBeLessThan(400_000)
    const open = await openBytes(pack)
    const [huge, small] = [...open.walk()]
    expect(small?.oid).toBe(idOf('blob', first))
    if (!huge || !('pieces' in huge)) throw new Error('it came whole')
    const hash = createHash('sha1').update(`blob ${size}\0`)
    let largest = 0
    for (const piece of huge.pieces()) {
      hash.update(piece)
      largest = Math.max(largest, piece.length)
    }
    expect(hash.digest('hex')).toBe(huge.oid)
    expect(largest).toBeLessThan(1024 * 1024)
    await open.close()
  })

  test('a delta whose own instructions are larger than an object may be comes in pieces, and what is made from it', async () => {
    const added = Array.from({ length: 30 }, () => randomBytes(100))
    const instructions = added.flatMap((bytes) => [bytes.length, ...bytes])
    const delta = Buffer.from([...varint(first.length), ...varint(3_000), ...instructions])
    const made = Buffer.concat(added)
    const last = Buffer.concat([made.subarray(0, 2_900), Buffer.from('x')])
    const pack = packOf(
      named(made, 2_900, 'x'),
      entry(NAMED, delta, bytesOf(idOf('blob', first))),
      entry(BLOB, first),
    )
    const limits = { object: 1_000 }
    const { objects, unread } = await readAll(pack, { limits })
    expect(objects).toEqual([first, made, last].map(line))
    expect(unread).toEqual([])
    const tooLarge = await readAll(pack, { limits: { ...limits, base: 2_950 } })
    expect(tooLarge.objects).toEqual([line(first)])
    expect(tooLarge.unread.map(({ reason }) => reason)).toEqual(['base-missing', 'too-large'])
  })

  test('tiny deltas that each copy their base a thousand times', async () => {
    const base = randomBytes(65_536)
    const bombs = Array.from({ length: 40 }, (_, n) => {
      const delta = Buffer.concat([bombOf(base, 1_000), Buffer.from([1, n])])
      // one byte more than the copies make
      return entry(
        NAMED,
        Buffer.concat([
          Buffer.from([...varint(65_536), ...varint(65_536_001)]),
          delta.subarray(varint(65_536).length + varint(65_536_000).length),
        ]),
        bytesOf(idOf('blob', base)),
      )
    })
    const pack = packOf(entry(BLOB, base), ...bombs)
    expect(pack.length).toBeLessThan(75_000)
    expect(await failure(pack, { inflated: 1024 ** 3 })).toMatchObject({
      code: 'GIT_LIMIT',
      limit: 'pack inflated',
    })
    const { objects, unread } = await readAll(pack, {
      limits: { base: 64 * 1024, object: 64 * 1024, inflated: 1024 ** 3 },
    })
    expect(objects).toEqual([line(base)])
    expect(unread).toHaveLength(40)
    expect(unread[0]).toMatchObject({ reason: 'too-large', size: 65_536_001 })
  })

  test('bases that have to be made again and again end at the budget', async () => {
    // a chain of large ones, and at its end many that are made from its beginning
    const base = randomBytes(60_000)
    const chain = [entry(BLOB, base)]
    let top = base
    for (let n = 0; n < 30; n += 1) {
      chain.push(named(top, 60_000, `${n}`))
      const next = Buffer.concat([top.subarray(0, 60_000), Buffer.from(`${n}`)])
      chain.push(named(top, 60_000, `side ${n}`))
      top = next
    }
    const pack = packOf(...chain)
    const enough = 61 * 60_100 + 4_000
    expect(await failure(pack, { inflated: enough })).toBeUndefined()
    expect(await failure(pack, { inflated: enough, held: 0 })).toMatchObject({ limit: 'pack inflated' })
  })
})
