import { expect, test } from '@jest/globals'
import { idOf, entry as packed, packOf, type TypeName } from '../../git/pack/build.ts'
import { token, walkedBytes } from './walked.ts'

// Histories made to be slow or deep: what they cost is bounded, and what is left out is told.

const TYPES = { commit: 1, tree: 2, blob: 3 } as const

/** Objects made by hand, which git would not make. */
const made = () => {
  const entries = new Map<string, Buffer>()
  const add = (type: keyof typeof TYPES, content: Buffer | string): string => {
    const data = Buffer.from(content)
    const oid = idOf(type satisfies TypeName, data)
    entries.set(oid, packed(TYPES[type], data))
    return oid
  }
  return { add, pack: () => packOf(...entries.values()) }
}

const entryOf = (mode: string, name: string, oid: string) =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')])

const secret = (name: string) => `key = "${token(name)}"\n`

test('trees that name one another ten times each: a find is told, and that there are more', async () => {
  const { add, pack } = made()
  let oid = add('blob', secret('bomb'))
  for (let depth = 0; depth < 12; depth += 1) {
    const mode = depth === 0 ? '100644' : '40000'
    oid = add('tree', Buffer.concat(Array.from({ length: 10 }, (_, at) => entryOf(mode, `d${at}`, oid))))
  }
  const commit = add('commit', `tree ${oid}\n\nbomb`)
  const { found, unscanned } = await walkedBytes(pack())
  expect(found).toHaveLength(1_000)
  expect(new Set(found.map(({ hit }) => hit.secret))).toEqual(new Set([token('bomb')]))
  expect(unscanned.map(({ reason, place }) => [reason, place.commit])).toEqual([
    ['size', commit],
    ['findings', commit],
  ])
}, 120_000)

test('a folder within a folder, without end', async () => {
  const { add, pack } = made()
  const blob = add('blob', secret('deep'))
  let oid = add('tree', entryOf('100644', 'a', blob))
  for (let depth = 0; depth < 20_000; depth += 1) oid = add('tree', entryOf('40000', 'd', oid))
  add('commit', `tree ${oid}\n\ndeep`)
  const { found, unscanned } = await walkedBytes(pack())
  // without a place, but found
  expect(found.map(({ hit, place }) => [hit.secret, place.path, place.commit])).toEqual([
    [token('deep'), '', undefined],
  ])
  expect(unscanned.map(({ reason }) => reason)).toEqual(['size'])
}, 60_000)

test('an author’s line that would be searched for its end again and again', async () => {
  const { add, pack } = made()
  const tree = add('tree', entryOf('100644', 'a', add('blob', secret('author'))))
  add('commit', `tree ${tree}\nauthor ${'<'.repeat(4_000_000)}\n\nx`)
  const { found } = await walkedBytes(pack())
  expect(found.map(({ hit, place }) => [hit.secret, place.author])).toEqual([[token('author'), '']])
}, 60_000)

test('a merge of more parents than are compared', async () => {
  const { add, pack } = made()
  const file = (name: string) => entryOf('100644', name, add('blob', secret(name)))
  const parents = Array.from({ length: 300 }, (_, at) =>
    add('commit', `tree ${add('tree', file(`f${at}`))}\n\nx`),
  )
  const tree = add(
    'tree',
    Buffer.concat(
      Array.from({ length: 300 }, (_, at) => `f${at}`)
        .sort()
        .map(file),
    ),
  )
  const merge = add(
    'commit',
    `tree ${tree}\n${parents.map((parent) => `parent ${parent}\n`).join('')}\nmerge`,
  )
  const { found } = await walkedBytes(pack())
  expect(found.filter(({ place }) => place.commit === merge).length).toBeLessThanOrEqual(200)
  expect(new Set(found.map(({ place }) => place.path)).size).toBe(300)
}, 60_000)
