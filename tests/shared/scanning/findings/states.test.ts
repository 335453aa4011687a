import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MAX_ENTRY_BYTES } from '../../../../shared/events/emit.ts'
import { elsewhereOf, firstHere } from '../../../../shared/scanning/findings/elsewhere.ts'
import {
  allow,
  deleted,
  disallow,
  followed,
  merged,
  type Sighting,
  seen,
  stillAt,
} from '../../../../shared/scanning/findings/states.ts'
import { secretFound, secretResolved } from '../../../../shared/scanning/findings/tell.ts'
import type { FindingRecord } from '../../../../shared/store/findings.ts'

const repository = { account: '1'.repeat(12), region: 'us-east-1', name: 'orchard' }
const by = { by: 'Nina', why: 'a comment in the line' }
const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  fingerprint: 'k:1',
  repository,
  place: 'file',
  path: 'a.txt',
  rule: 'r',
  description: 'd',
  action: 'block',
  redacted: 'REDACTED',
  line: 3,
  commit: 'c1',
  author: 'Nina',
  blob: 'b1',
  refs: ['refs/heads/main'],
  ...more,
})
const told = ({ untold: _told, ...record }: FindingRecord): FindingRecord => record
const open = told(seen(undefined, sighting(), 't0'))
const resolved = told(stillAt(open, [], {}, 't1')!)
const allowed = told(allow(open, by, 't1'))

describe('what becomes of a place that is seen', () => {
  test.each([
    ['new', undefined, {}, 'open', 'found', false],
    ['new and allowed', undefined, { allowed: by }, 'allowed', undefined, false],
    ['open already', open, {}, 'open', undefined, false],
    ['resolved before', resolved, {}, 'open', 'found', true],
    ['allowed before, not now', allowed, {}, 'open', 'found', true],
    ['open before, allowed now', open, { allowed: by }, 'allowed', 'resolved', false],
    ['allowed and still', allowed, { allowed: by }, 'allowed', undefined, false],
  ] as const)('%s', (_, before, more, state, untold, again) => {
    const after = seen(before, sighting(more), 't2')
    expect([after.state, after.untold, after.again]).toEqual([state, untold, again])
    expect(after.lastSeen).toBe('t2')
    expect(after.firstSeen).toBe(before?.firstSeen ?? 't2')
  })

  test('who brought it first stays, until somebody brings it back', () => {
    const later = sighting({ commit: 'c2', author: 'Otto', line: 9, blob: 'b2' })
    expect(seen(open, later, 't2')).toMatchObject({ commit: 'c1', author: 'Nina', line: 9, blob: 'b2' })
    expect(seen(resolved, later, 't2')).toMatchObject({ commit: 'c2', author: 'Otto', line: 9 })
  })

  test('what was not told stays to be told', () => {
    expect(seen(seen(undefined, sighting(), 't0'), sighting(), 't1').untold).toBe('found')
  })
})

test('gone from its last ref it is resolved; found and gone in one go it is still told as found', () => {
  expect(stillAt(open, [], {}, 't1')).toMatchObject({ state: 'resolved', untold: 'resolved' })
  expect(stillAt(seen(undefined, sighting(), 't1'), [], {}, 't1')).toMatchObject({
    state: 'resolved',
    untold: 'found',
  })
  expect(stillAt(open, ['refs/heads/side'], {}, 't1')).toMatchObject({
    state: 'open',
    refs: ['refs/heads/side'],
  })
  expect(stillAt(open, open.refs, {}, 't1')).toBeUndefined()
  expect(stillAt(allowed, [], {}, 't1')).toBeUndefined()
})

test('allowed and taken back', () => {
  expect(allow(open, by, 't1')).toMatchObject({ state: 'allowed', untold: 'resolved' })
  expect(allow(seen(undefined, sighting(), 't1'), by, 't1').untold).toBe('found')
  const back = disallow(allowed, 't2')
  expect(back).toMatchObject({ state: 'open', untold: 'found', again: true })
  expect(back.allowed).toBeUndefined()
})

test('one sighting of each place: allowed only where every line is', () => {
  const other = sighting({ line: 8, refs: ['refs/heads/side'] })
  const [both] = merged([sighting({ allowed: by }), other])
  expect(both).toMatchObject({ line: 8, refs: ['refs/heads/side', 'refs/heads/main'] })
  expect(both?.allowed).toBeUndefined()
  expect(merged([sighting(), sighting({ path: 'b' }), sighting({ fingerprint: 'k:2' })])).toHaveLength(3)
})

test('renamed and edited in one push: one finding, that of whoever brought it first', () => {
  const gone = stillAt(open, [], {}, 't5')!
  const fresh = seen(undefined, sighting({ path: 'b.txt', commit: 'c9', author: 'Otto' }), 't5')
  const [pair] = followed([gone, fresh], 't5')
  expect(pair?.now).toMatchObject({ path: 'b.txt', commit: 'c1', author: 'Nina', firstSeen: 't0' })
  expect(pair?.now.untold).toBeUndefined()
  expect(followed([gone, { ...fresh, fingerprint: 'k:2' }], 't5')).toEqual([])
  expect(followed([{ ...gone, changedAt: 't4' }, fresh], 't5')).toEqual([])
})

describe('where else a secret is', () => {
  const at = (name: string, record: FindingRecord): FindingRecord[] => [
    { ...record, repository: { ...repository, name } },
  ]
  const told = (places: FindingRecord[][], count: number, isFirst = true) =>
    elsewhereOf(places, count, isFirst).others.map(
      ({ repository: { name }, state, news }) => `${name} ${state}${news ? ' news' : ''}`,
    )

  test.each([
    [
      'where it is open people hear of it',
      [at('a', resolved), at('b', open)],
      2,
      true,
      ['b open news', 'a resolved'],
    ],
    ['not when it was here before', [at('b', open)], 1, false, ['b open']],
    [
      'nor when it is all over the place',
      ['b', 'c', 'd', 'e'].map((name) => at(name, open)),
      4,
      true,
      ['b open', 'c open', 'd open'],
    ],
    [
      'a repository that has nothing any more is counted only',
      [[], at('b', allowed)],
      2,
      true,
      ['b allowed'],
    ],
    [
      'of several places in one repository the open one is named',
      [[...at('b', resolved), ...at('b', open)]],
      1,
      true,
      ['b open news'],
    ],
  ] as const)('%s', (_, places, count, isFirst, expected) => {
    expect(told(places as unknown as FindingRecord[][], count, isFirst)).toEqual(expected)
  })

  test('first here is what nothing was told of', () => {
    const fresh = seen(undefined, sighting({ fingerprint: 'k:new' }), 't1')
    const copy = seen(undefined, sighting({ path: 'copy' }), 't1')
    const back = seen({ ...resolved, fingerprint: 'k:back' }, sighting({ fingerprint: 'k:back' }), 't1')
    expect([...firstHere([open, copy, fresh, { ...fresh, path: 'b' }, back])]).toEqual(['k:new'])
  })
})

test('what to do: for one and for several, and no more than fits', () => {
  const fresh = seen(undefined, sighting(), 't1')
  const found = (...records: FindingRecord[]) => secretFound(repository, records, new Map()).nextStep
  expect(found(fresh)).toMatch(/^Rotate it: .*takes nothing back\. If it is no secret, add/)
  expect(found(fresh, { ...fresh, path: 'b' })).toMatch(
    /^Rotate each of them: .*If one of them is no secret, add/,
  )
  expect(found(stillAt(fresh, [], {}, 't1')!)).toMatch(/removed it already/)
  // who allowed it needs no advice on how to
  expect(found(allow(fresh, by, 't1'))).toMatch(
    /also put it into \.gitleaksignore: check that it is no secret\.$/,
  )
  expect(found({ ...fresh, place: 'ref-name' })).toMatch(/A name of a branch or tag is in/)
  const ended = (...records: FindingRecord[]) => secretResolved(repository, records, new Map()).nextStep
  expect(ended(resolved)).toMatch(/^Rotate it, if that has not been done: /)
  expect(ended(deleted(open, 't1'))).toMatch(/Nor does deleting the repository/)
  expect(ended(allowed)).toMatch(/^Nothing, if it is no secret/)
})

test('an event names at most fifty, sure ones first, and the message of it fits whatever they hold', () => {
  const texts = [
    'a',
    'x'.repeat(5_000),
    '\u0800'.repeat(5_000),
    '"\\'.repeat(3_000),
    '\n\u0001'.repeat(3_000),
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.constantFrom(...texts),
      fc.integer({ min: 1, max: 300 }),
      (path, words, number) => {
        const records = Array.from({ length: number }, (_, index) => ({
          ...open,
          path,
          description: words,
          author: words,
          redacted: words,
          note: words,
          rule: words,
          refs: Array.from({ length: 50 }, () => `refs/heads/${path}`),
          action: index === number - 1 ? ('block' as const) : ('advise' as const),
        }))
        const there = [{ ...open, path, refs: [`refs/heads/${path}`] }]
        const elsewhere = new Map([['k:1', elsewhereOf([there, there, there], 4, true)]])
        const found = secretFound(repository, records, elsewhere)
        expect([found.found, found.blocking]).toEqual([number, 1])
        if (path.length + words.length < 3) expect(found.findings).toHaveLength(Math.min(50, number))
        expect(found.findings[0]).toMatchObject({ action: 'block', elsewhere: 4 })
        const resolved = secretResolved(repository, records, elsewhere)
        for (const [detailType, detail] of [
          ['Secret Found', found],
          ['Secret Resolved', resolved],
        ] as const) {
          expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(MAX_ENTRY_BYTES)
          // bytes of a message: JSON of the detail within JSON, and the text for people
          expect(Buffer.byteLength(JSON.stringify(JSON.stringify({ detailType, detail })))).toBeLessThan(
            100_000,
          )
        }
      },
    ),
    { numRuns: 60 },
  )
})
