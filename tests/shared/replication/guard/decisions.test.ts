import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isParkingName, parkingName } from '../../../../shared/codecommit/address.ts'
import { gitUrl } from '../../../../shared/codecommit/endpoint.ts'
import { isCodeCommitRefName } from '../../../../shared/git/ref-name.ts'
import { parkedAt, placeFor } from '../../../../shared/replication/guard/places.ts'
import { authorOf } from '../../../../shared/replication/guard/stranger.ts'
import { lossesOf, refusalOf } from '../../../../shared/replication/safety.ts'
import { chooseTip, obstacleTo, refNamed } from '../../../../shared/replication/undo.ts'
import {
  type LeftMove,
  type LeftRefs,
  NOTHING,
  oidMark,
  refKey,
  UNDER_WAY_MS,
} from '../../../../shared/store/left-refs.ts'
import type { ParkedTip } from '../../../../shared/store/parked.ts'

const oid = (digit: string) => digit.repeat(40)
const A = oid('a')
const B = oid('b')
const C = oid('c')

describe('safety', () => {
  const limits = { refs: 10, percent: 30 }
  test.each([
    [10, 0, 10, false, 'not more refs than allowed'],
    [11, 0, 37, false, '29.7 percent'],
    [11, 0, 36, true, '30.6 percent'],
    [5, 6, 36, true, 'deletions and rewinds together'],
    [12, 0, 40, false, 'exactly 30 percent'],
    [12, 0, 39, true, 'just above'],
    [0, 10_000, 10_000, true, 'everything'],
    [0, 0, 0, false, 'nothing'],
  ])('%i deletions and %i rewinds of %i refs: refused %s (%s)', (deletions, rewinds, held, refused) => {
    expect(refusalOf({ deletions, rewinds }, held, limits) !== undefined).toBe(refused)
  })

  test('with limits of nought the first loss is refused; with 100 percent none', () => {
    expect(refusalOf({ deletions: 1, rewinds: 0 }, 100, { refs: 0, percent: 0 })).toMatch(/^1 of 100 refs/)
    expect(refusalOf({ deletions: 99, rewinds: 1 }, 100, { refs: 0, percent: 100 })).toBeUndefined()
  })

  test('deletions count whether or not they lose anything, updates only when they do', () => {
    const deletion = { kind: 'delete', ref: 'refs/heads/a', from: A } as const
    const rewind = { kind: 'update', ref: 'refs/heads/b', from: A, to: B } as const
    const forward = { kind: 'update', ref: 'refs/heads/c', from: A, to: B } as const
    const creation = { kind: 'create', ref: 'refs/heads/d', to: A } as const
    expect(lossesOf([deletion, rewind, forward, creation], [rewind])).toEqual({ deletions: 1, rewinds: 1 })
  })
})

describe('whose value it is', () => {
  const ref = 'refs/heads/main'
  const at = 100 * UNDER_WAY_MS
  const proven = (value: string | undefined, more: object = {}): LeftRefs['proven'] => ({
    digest: 'sha256:1',
    at,
    refs: new Map(value === undefined ? [] : [[refKey(ref), oidMark(value)]]),
    ...more,
  })
  const move = (from: string, to: string, when: number, done = false): LeftMove => ({
    key: refKey(ref),
    from: oidMark(from),
    to: oidMark(to),
    at: when,
    done,
  })
  const among = (...moves: LeftMove[]): LeftRefs['moves'] => new Map([[refKey(ref), moves]])
  const moved = (...of: Parameters<typeof move>) => among(move(...of))
  const none: LeftRefs['moves'] = new Map()
  const left = (values: Partial<LeftRefs>): LeftRefs => ({ moves: none, untold: false, ...values })
  const digest = () => 'sha256:1'

  test.each<[string, LeftRefs, string, string]>([
    ['nothing is remembered', left({}), A, 'unknown'],
    ['as proven', left({ proven: proven(A)! }), A, 'relay'],
    ['not as proven', left({ proven: proven(A)! }), B, 'stranger'],
    ['not there when proven', left({ proven: proven(undefined)! }), A, 'stranger'],
    ['announced and pushed', left({ proven: proven(A)!, moves: moved(A, B, at + 1) }), B, 'relay'],
    ['announced, not pushed', left({ proven: proven(A)!, moves: moved(A, B, at + 1) }), A, 'relay'],
    [
      'neither of what was announced',
      left({ proven: proven(A)!, moves: moved(A, B, at + 1) }),
      C,
      'stranger',
    ],
    [
      'put back after it was moved',
      left({ proven: proven(A)!, moves: moved(A, B, at + 1, true) }),
      A,
      'stranger',
    ],
    ['moved by the fast path', left({ proven: proven(A)!, moves: moved(A, B, at + 1, true) }), B, 'relay'],
    [
      'made anew after a deletion',
      left({ proven: proven(A)!, moves: moved(A, '0'.repeat(40), at + 1, true) }),
      A,
      'stranger',
    ],
    ['pushed while another was proven', left({ proven: proven(A)!, moves: moved(A, B, at - 1) }), B, 'relay'],
    [
      'announced long before the proof',
      left({ proven: proven(A)!, moves: moved(C, B, at - UNDER_WAY_MS) }),
      B,
      'stranger',
    ],
    [
      'pushed, and announced by a slower one',
      left({ proven: proven(A)!, moves: among(move(A, B, at + 1), move(A, C, at + 2)) }),
      B,
      'relay',
    ],
    [
      'moved on by another since the fast path moved it',
      left({ proven: proven(A)!, moves: among(move(A, B, at + 1, true), move(B, C, at + 2)) }),
      C,
      'relay',
    ],
    ['announced, never proven', left({ moves: moved(A, B, at) }), B, 'relay'],
    ['another value, never proven', left({ moves: moved(A, B, at) }), C, 'unknown'],
    ['too many announced', left({ proven: proven(A)!, untold: true }), C, 'unknown'],
    ['too many refs, all as they were', left({ proven: { digest: 'sha256:1', at } }), C, 'relay'],
    ['too many refs, something moved', left({ proven: { digest: 'sha256:2', at } }), C, 'unknown'],
  ])('%s', (_, remembered, value, author) => {
    expect(authorOf(remembered, ref, value, digest)).toBe(author)
    expect(NOTHING).toHaveLength(oidMark(value).length)
  })
})

describe('names', () => {
  test('a parking repository has a name that CodeCommit takes, another one for each', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/)
    fc.assert(
      fc.property(name, name, (one, other) => {
        const parking = parkingName(one)
        expect(() => gitUrl(undefined, 'eu-west-1', parking)).not.toThrow()
        expect(isParkingName(parking)).toBe(true)
        expect(parkingName(other) === parking).toBe(one === other)
      }),
    )
    const long = 'x'.repeat(99)
    expect(parkingName('x'.repeat(86))).toBe(`${'x'.repeat(86)}.relay-parking`)
    expect(parkingName('x'.repeat(87))).toHaveLength(100)
    expect(parkingName(`${long}a`)).not.toBe(parkingName(`${long}b`))
    expect(isParkingName('orchard-parking')).toBe(false)
  })

  test('a place is a tag that CodeCommit takes, however long the name', () => {
    const now = Date.parse('2031-05-17T09:00:00.250Z')
    expect(placeFor('refs/heads/a/b', A, now, () => 'h')).toBe(
      'refs/tags/parked/20310517T090000Z-aaaaaaaaaaaa/heads/a/b',
    )
    expect(parkedAt('refs/tags/parked/20310517T090000Z-aaaaaaaaaaaa/heads/a/b')).toBe(now - 250)
    expect(parkedAt('refs/tags/parked/yesterday')).toBeUndefined()
    for (const length of [1, 193, 194, 195, 256]) {
      const place = placeFor(`refs/tags/${'ü'.repeat(length)}`, A, now, () => 'f'.repeat(64))
      expect(isCodeCommitRefName(place)).toBe(true)
    }
  })

  test('a name that a person types means one ref, or says how to be exact', () => {
    const known = ['refs/heads/main', 'refs/heads/v1', 'refs/tags/v1', 'refs/heads/feature/main']
    expect(refNamed('main', known)).toEqual({ kind: 'ref', ref: 'refs/heads/main' })
    expect(refNamed('v1', known)).toEqual({ kind: 'ambiguous', refs: ['refs/heads/v1', 'refs/tags/v1'] })
    expect(refNamed('tags/v1', known)).toEqual({ kind: 'ref', ref: 'refs/tags/v1' })
    expect(refNamed('refs/heads/v1', known)).toEqual({ kind: 'ref', ref: 'refs/heads/v1' })
    expect(refNamed('MAIN', known)).toEqual({
      kind: 'unknown',
      similar: ['refs/heads/feature/main', 'refs/heads/main'],
    })
  })
})

test.each([
  ['refs/heads/a/b', 'refs/heads/a'],
  ['refs/heads/a', 'refs/heads/a/b'],
  ['refs/heads/a-b', undefined],
  ['refs/tags/a', undefined],
])('%s: in its way is %s', (ref, found) => {
  const refs = ['refs/heads/a-', found ?? 'refs/heads/a', 'refs/tags/ab/c']
  expect(obstacleTo(ref, refs)).toBe(found)
})

test('a tip is chosen by what the ref held at a time, or was lost last', () => {
  const tip = (oidOf: string, at: string, until: string): ParkedTip => ({
    ref: 'refs/heads/main',
    oid: oidOf,
    at,
    until,
    why: 'rewound',
  })
  const first = tip(A, '2031-05-17T09:00:00.000Z', '2031-06-16T09:00:00.000Z')
  const second = tip(B, '2031-05-20T09:00:00.000Z', '2031-06-19T09:00:00.000Z')
  const tips = [second, first]
  const time = (text: string) => Date.parse(text)
  const now = time('2031-05-21T00:00:00Z')
  expect(chooseTip(tips, 'latest', now)).toEqual({ kind: 'tip', tip: second })
  expect(chooseTip(tips, time('2031-05-17T08:59:00Z'), now)).toEqual({ kind: 'tip', tip: first })
  expect(chooseTip(tips, time(first.at), now)).toEqual({ kind: 'tip', tip: first })
  expect(chooseTip(tips, time(first.at) + 1, now)).toEqual({ kind: 'tip', tip: second })
  expect(chooseTip(tips, time(second.at) + 1, now)).toEqual({ kind: 'none' })
  expect(chooseTip([], 'latest', now)).toEqual({ kind: 'none' })
  expect(chooseTip(tips, time('2031-05-17T08:59:00Z'), time(first.until))).toEqual({
    kind: 'expired',
    tip: first,
  })
  expect(chooseTip(tips, 'latest', time(second.until) - 1)).toEqual({ kind: 'tip', tip: second })
})
