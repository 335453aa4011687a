import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { held } from '../../../../shared/git/pack/held.ts'

/** the same by the plainest means: the oldest first */
const plain = (most: number) => {
  const all: { key: number; value: number }[] = []
  const release = (key: number) => {
    const at = all.findIndex((one) => one.key === key)
    return at < 0 ? undefined : all.splice(at, 1)[0]
  }
  return {
    get: (key: number) => {
      const one = release(key)
      if (one) all.push(one)
      return one?.value
    },
    add: (key: number, value: number) => {
      release(key)
      all.push({ key, value })
      while (all.length > 1 && all.reduce((sum, one) => sum + one.value, 0) > most) all.shift()
    },
    release: (key: number) => void release(key),
  }
}

describe('what is held', () => {
  test('is what was used last, whatever is asked, added and let go', () => {
    const step = fc.record({
      what: fc.constantFrom('get', 'add', 'release'),
      key: fc.nat(8),
      value: fc.integer({ min: 1, max: 12 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [ours, theirs] = [held<number, number>(20, (value) => value), plain(20)]
        for (const { what, key, value } of steps) {
          if (what === 'get') expect(ours.get(key)).toBe(theirs.get(key))
          else if (what === 'add') for (const one of [ours, theirs]) one.add(key, value)
          else for (const one of [ours, theirs]) one.release(key)
        }
        for (let key = 0; key <= 8; key += 1) expect(ours.get(key)).toBe(theirs.get(key))
      }),
    )
  })

  test('the newest, also where it is larger than there is room', () => {
    const ours = held<string, number>(10, (value) => value)
    ours.add('small', 3)
    ours.add('large', 30)
    expect([ours.get('small'), ours.get('large')]).toEqual([undefined, 30])
  })
})
