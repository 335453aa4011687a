import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { itemsOf } from '../../../shared/notices/items.ts'
import { APART_MS, namesOf } from '../../../shared/notices/same.ts'
import { NEW, OLD, pushed, repositoryEvent, updated } from './samples.ts'

const names = (event: Parameters<typeof itemsOf>[0]): readonly string[] => itemsOf(event).flatMap(namesOf)

const same = (a: readonly string[], b: readonly string[]) => a.some((name) => b.includes(name))

const at = (ms: number) => repositoryEvent([pushed()], { id: `${ms}`, at: new Date(ms).toISOString() })

test('reports at most 5 s apart are the same wherever the edges of the windows lie', () => {
  const start = fc.integer({ min: 0, max: 4_000_000_000_000 })
  fc.assert(
    fc.property(start, fc.integer({ min: 0, max: APART_MS }), (ms, apart) =>
      same(names(at(ms)), names(at(ms + apart))),
    ),
  )
})

test('reports 10 s apart or more never are', () => {
  const start = fc.integer({ min: 0, max: 4_000_000_000_000 })
  fc.assert(
    fc.property(
      start,
      fc.integer({ min: 2 * APART_MS, max: 10 ** 9 }),
      (ms, apart) => !same(names(at(ms)), names(at(ms + apart))),
    ),
  )
})

test('EventBridge and a trigger name the same push alike', () => {
  const { oldCommit: _, ...change } = pushed()
  const byTrigger = repositoryEvent([change], { id: 'other', via: 'trigger', at: '2031-05-17T09:04:33.912Z' })
  expect(same(names(repositoryEvent([pushed()])), names(byTrigger))).toBe(true)
})

test('a deletion goes by its ref: what a trigger names as its tip is not documented', () => {
  const { commit: _, ...gone } = pushed({ kind: 'deleted' })
  expect(same(names(repositoryEvent([gone])), names(repositoryEvent([pushed({ kind: 'deleted' })])))).toBe(
    true,
  )
})

test.each([
  ['ref', repositoryEvent([pushed({ ref: 'refs/heads/next' })])],
  ['new tip', repositoryEvent([pushed({ commit: OLD, oldCommit: NEW })])],
  ['kind', repositoryEvent([pushed({ kind: 'created' })])],
  [
    'repository',
    repositoryEvent([pushed()], {
      repository: { account: '111111111111', region: 'us-east-1', name: 'web' },
    }),
  ],
])('another %s is another push', (_, event) => {
  expect(same(names(repositoryEvent([pushed()])), names(event))).toBe(false)
})

test('tests and Relay’s own events go by their id', () => {
  expect(names(updated())).toEqual(names(updated({ refs: 99 })))
  expect(same(names(updated()), names({ ...updated(), id: 'other' } as ReturnType<typeof updated>))).toBe(
    false,
  )
  expect(names(repositoryEvent([], { test: true }))).toHaveLength(1)
})

test('a time that is none leaves the id', () => {
  expect(
    same(
      names(repositoryEvent([pushed()], { at: 'x' })),
      names(repositoryEvent([pushed()], { at: 'x', id: 'b' })),
    ),
  ).toBe(false)
})
