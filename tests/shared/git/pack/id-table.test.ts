import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { idTable } from '../../../../shared/git/pack/id-table.ts'

const oid = (number: number): string => createHash('sha1').update(String(number)).digest('hex')

describe('a table of ids', () => {
  test('finds what a Map finds: the first place of each id, in whatever order they come', () => {
    const entries = fc.uniqueArray(fc.record({ place: fc.nat(63), id: fc.nat(20).map(oid) }), {
      selector: ({ place }) => place,
      maxLength: 64,
    })
    fc.assert(
      fc.property(entries, (all) => {
        const ours = idTable(64)
        const theirs = new Map<string, number>()
        for (const { place, id } of all) {
          expect(ours.set(place, id)).toBe(!theirs.has(id))
          if (!theirs.has(id)) theirs.set(id, place)
        }
        for (let number = 0; number <= 20; number += 1)
          expect(ours.find(oid(number))).toBe(theirs.get(oid(number)) ?? -1)
        const ids = new Map(all.map(({ place, id }) => [place, id]))
        for (let place = 0; place < 64; place += 1) {
          expect(ours.at(place)).toBe(ids.get(place))
          expect(ours.isKnown(place)).toBe(ids.has(place))
          expect(ours.isFirst(place)).toBe(ids.has(place) && theirs.get(ids.get(place) ?? '') === place)
        }
      }),
    )
  })

  test('tells ids apart that differ in one digit, wherever it is', () => {
    const one = oid(1)
    const others = Array.from(
      one,
      (digit, at) => `${one.slice(0, at)}${digit === '0' ? '1' : '0'}${one.slice(at + 1)}`,
    )
    const table = idTable(others.length + 1)
    for (const [place, id] of [one, ...others].entries()) expect(table.set(place, id)).toBe(true)
    expect([one, ...others].map((id) => table.find(id))).toEqual([...Array(others.length + 1).keys()])
  })

  test('what is no id is not found, and cannot be set', () => {
    const table = idTable(4)
    table.set(0, '0'.repeat(40))
    table.set(1, '9'.repeat(40))
    for (const text of [
      '',
      '0'.repeat(39),
      '0'.repeat(41),
      'A'.repeat(40),
      '`'.repeat(40),
      `${'9'.repeat(39)}:`,
    ]) {
      expect(table.find(text)).toBe(-1)
      expect(() => table.set(2, text)).toThrow(TypeError)
    }
    expect(table.isKnown(2)).toBe(false)
  })

  test('an empty one finds nothing', () => {
    expect(idTable(0).find(oid(1))).toBe(-1)
  })
})
