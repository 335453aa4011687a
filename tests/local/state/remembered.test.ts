import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { remembered } from '../../../local/state/remembered.ts'
import { openStore, type Store } from '../../../local/state/store.ts'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})
afterEach(() => store.close())

test('reads what was written, in order and by prefix, in the same turn and later', async () => {
  const words = remembered(store.collection<string>('words'))
  const look = () => [words.get('a/1'), words.entries('a/'), words.entries()]
  words.put('b/1', 'three')
  words.put('a/2', 'two')
  words.put('a/1', 'one')
  const now = look()
  expect(now).toEqual([
    'one',
    [
      ['a/1', 'one'],
      ['a/2', 'two'],
    ],
    [
      ['a/1', 'one'],
      ['a/2', 'two'],
      ['b/1', 'three'],
    ],
  ])
  await Promise.resolve()
  expect(look()).toEqual(now)
  expect([words.delete('a/1'), words.delete('a/1'), words.get('a/1')]).toEqual([true, false, undefined])
})

test('reads the store once, until something is written', async () => {
  const words = remembered(store.collection<string>('words'))
  words.put('a', 'one')
  await Promise.resolve()
  words.get('a')
  store.collection<string>('words').put('a', 'behind its back')
  expect(words.get('a')).toBe('one')
})

test('forgets with a transaction that failed', async () => {
  const words = remembered(store.collection<string>('words'))
  words.put('a', 'one')
  await Promise.resolve()
  expect(() =>
    store.transaction(() => {
      words.put('a', 'two')
      expect(words.get('a')).toBe('two')
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(words.get('a')).toBe('one')
  await Promise.resolve()
  expect(words.get('a')).toBe('one')
})
