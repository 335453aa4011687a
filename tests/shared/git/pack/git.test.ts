import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { idOf, packOf, start } from './build.ts'
import { openBytes, readAll } from './read.ts'
import { fill, makeRepository, type Repository, reordered } from './repository.ts'

let repository: Repository
beforeAll(() => {
  repository = makeRepository()
  fill(repository)
})
afterAll(() => repository.remove())

const DEEP = ['--depth=50', '--window=50']
/** a blob, not deflated */
const storedEntry = (data: Buffer) =>
  Buffer.concat([start(3, data.length), zlib.deflateSync(data, { level: 0 })])
const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    // the folder that is being read was open itself
    return ''
  }
}
const depthOf = (lines: readonly string[]) =>
  Math.max(...lines.map((line) => Number(/^chain length = (\d+)/.exec(line)?.[1] ?? 0)))

describe('what git reads of its own packs', () => {
  test.each([
    ['deltas by offset, deep', [...DEEP, '--delta-base-offset'], 25],
    ['deltas by name, deep', DEEP, 25],
    ['as git does it', ['--delta-base-offset'], 5],
    ['no deltas', ['--window=0'], 0],
    ['stored, not deflated', ['--compression=0', '--delta-base-offset'], 5],
  ])('%s', async (_, options, depth) => {
    const pack = repository.pack(...options)
    const { objects, lines } = repository.judge(pack)
    expect(depthOf(lines)).toBeGreaterThanOrEqual(depth)
    const read = await readAll(pack)
    expect(read.objects.toSorted()).toEqual(objects)
    expect(read.unread).toEqual([])
  })

  test.each([
    ['backwards', (entries: Buffer[]) => entries.reverse()],
    [
      'every third first',
      (entries: Buffer[]) =>
        entries
          .map((entry, n) => ({ entry, n: n % 3 }))
          .sort((a, b) => a.n - b.n)
          .map(({ entry }) => entry),
    ],
  ])('deltas by name before their bases: %s', async (_, order) => {
    const plain = repository.pack(...DEEP)
    const pack = reordered(plain, repository.judge(plain).lines, order)
    expect(pack.equals(plain)).toBe(false)
    const read = await readAll(pack)
    expect(read.objects.toSorted()).toEqual(repository.judge(pack).objects)
    expect(read.unread).toEqual([])
  })

  test('bases come before what is made from them, each object once', async () => {
    const pack = repository.pack(...DEEP, '--delta-base-offset')
    const { lines } = repository.judge(pack)
    const { objects } = await readAll(pack)
    const place = new Map(objects.map((line, at) => [line.slice(0, 40), at]))
    expect(place.size).toBe(objects.length)
    const pairs = lines.flatMap((line) => {
      const [, id = '', base = ''] = /^([0-9a-f]{40}) .* ([0-9a-f]{40})$/.exec(line) ?? []
      return base ? [[place.get(base)!, place.get(id)!]] : []
    })
    expect(pairs.length).toBeGreaterThan(60)
    expect(pairs.filter(([base = 0, delta = 0]) => base >= delta)).toEqual([])
  })
})

describe('with less room', () => {
  let pack: Buffer
  let expected: string[]
  let folder: string
  beforeAll(() => {
    pack = repository.pack(...DEEP, '--compression=0', '--delta-base-offset')
    expected = repository.judge(pack).objects
    folder = mkdtempSync(join(tmpdir(), 'relay-spill-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('nothing held: every base is made anew', async () => {
    const read = await readAll(pack, { limits: { held: 0 } })
    expect(read.objects.toSorted()).toEqual(expected)
  })

  test.each([65_515, 1_500_000, 4_000_000])(
    'what memory does not hold lies in a file without a name; %p at once',
    async (size) => {
      expect(pack.length).toBeGreaterThan(2_500_000)
      const open = await openBytes(
        pack,
        { limits: { memory: 1024 * 1024, held: 0 }, spill: { folder } },
        size,
      )
      expect(readdirSync(folder)).toEqual([])
      const ids = Array.from(open.walk(), ({ oid }) => oid)
      expect(ids.sort()).toEqual(expected.map((line) => line.slice(0, 40)).sort())
      await open.close()
    },
  )

  test('a large object whose bytes have come up to the end of a segment', async () => {
    // what cannot be deflated is used up to its last byte; from a pipe it comes in pieces of which sixteen are a segment
    const noise = randomBytes(2_500_000)
    const read = await readAll(packOf(storedEntry(noise)), { limits: { object: 100_000 } }, 65_536)
    expect(read.objects).toEqual([`${idOf('blob', noise)} blob ${noise.length}`])
  })

  test('a pack that ends in the middle leaves no file', async () => {
    const options = { limits: { memory: 1024 * 1024 }, spill: { folder } }
    await expect(openBytes(pack.subarray(0, -30), options)).rejects.toMatchObject({ code: 'GIT_PROTOCOL' })
    expect(readdirSync(folder)).toEqual([])
  })

  const testWithLinks = existsSync('/proc/self/fd') ? test : test.skip
  testWithLinks('a file whose bytes were changed is not believed', async () => {
    const noise = Buffer.concat([Buffer.alloc(1_200_000, 'a'), Buffer.alloc(300_000, 'b')])
    const spilled = packOf(storedEntry(noise), storedEntry(noise.subarray(1)))
    const open = await openBytes(spilled, { limits: { memory: 1024 * 1024, held: 0 }, spill: { folder } })
    const [link] = readdirSync('/proc/self/fd')
      .map((number) => `/proc/self/fd/${number}`)
      .filter((path) => linkOf(path).startsWith(folder))
    const file = openSync(link!, 'r+')
    writeSync(file, 'c', 900_000)
    closeSync(file)
    expect(() => [...open.walk()]).toThrow('changed')
    await open.close()
  })

  test('large objects in pieces, deltas among them', async () => {
    const read = await readAll(pack, { limits: { object: 2_000 } })
    expect(read.objects.toSorted()).toEqual(expected)
  })
})

describe('reading by id', () => {
  test('what the walk gave, before, while and after it walks', async () => {
    const pack = await openBytes(repository.pack(...DEEP), { limits: { held: 200_000 } })
    const tip = repository.git(['rev-parse', 'side']).toString().trim()
    const changed = repository.git(['rev-parse', 'side:changed.ts']).toString().trim()
    const content = repository.git(['cat-file', 'blob', changed])
    const dataOf = (oid: string) => {
      const object = pack.read(oid)
      return object && 'data' in object ? object.data : undefined
    }
    const first = dataOf(changed)
    expect(first?.equals(content)).toBe(true)
    let count = 0
    for (const object of pack.walk()) {
      const before = 'data' in object ? Buffer.from(object.data) : undefined
      expect(pack.read(tip)?.type).toBe('commit')
      expect(dataOf(changed)?.equals(content)).toBe(true)
      if (before && 'data' in object) expect(object.data.equals(before)).toBe(true)
      count += 1
    }
    expect(count).toBe(pack.objects)
    expect(first?.equals(content)).toBe(true)
    expect(pack.read('0'.repeat(40))).toBeUndefined()
    await pack.close()
  })
})
