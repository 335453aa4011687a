import { expect, test } from '@jest/globals'
import { type ReturnInput, returns } from '../../../../shared/scanning/findings/returned.ts'
import type { FindingRecord } from '../../../../shared/store/findings.ts'

const record = (more: Partial<FindingRecord> = {}): FindingRecord => ({
  fingerprint: 'k:1',
  repository: { account: '111111111111', region: 'us-east-1', name: 'orchard' },
  place: 'file',
  path: 'a.txt',
  rule: 'rule',
  description: 'a secret',
  action: 'block',
  redacted: 'REDACTED',
  state: 'resolved',
  blob: 'old',
  refs: ['refs/heads/main'],
  firstSeen: 'then',
  lastSeen: 'then',
  changedAt: 'then',
  again: false,
  ...more,
})

const asked = (more: Partial<ReturnInput>): ReturnInput => ({
  records: [record()],
  moved: new Map([['refs/heads/main', 'tip']]),
  refs: new Map([['refs/heads/main', 'tip']]),
  look: async () => ({ blob: 'edited', content: Buffer.from('text') }),
  lineIn: () => undefined,
  most: 5,
  hasTime: () => true,
  at: 'now',
  changedAt: async () => [{ path: 'a.txt', blob: 'old' }],
  isNew: () => false,
  ...more,
})

test('the same content at its place is back, once for each ref', async () => {
  const moved = new Map([
    ['refs/heads/main', 'tip'],
    ['refs/heads/side', 'other'],
  ])
  const { changed } = await returns(asked({ moved, refs: moved }))
  expect(changed).toMatchObject([{ state: 'open', again: true, untold: 'found', refs: [...moved.keys()] }])
})

test.each([
  ['what came with the push, which was searched', { isNew: () => true }],
  ['a ref that moved to where another stays', { refs: new Map([['refs/heads/other', 'tip']]) }],
  ['an edited file that holds it no more', { changedAt: async () => [{ path: 'a.txt', blob: 'edited' }] }],
  ['other files', { changedAt: async () => [{ path: 'b.txt', blob: 'b' }] }],
  ['what is allowed', { records: [record({ state: 'allowed' })] }],
] satisfies [string, Partial<ReturnInput>][])('%s: nothing is back', async (_, more) => {
  expect(await returns(asked(more))).toEqual({ changed: [], renamed: [], left: 0 })
})

test('too much changed to tell: the file itself is looked at', async () => {
  const { changed } = await returns(asked({ changedAt: async () => 'unknown', lineIn: () => 7 }))
  expect(changed).toMatchObject([{ state: 'open', blob: 'edited', line: 7 }])
})

test('what a tag names itself is back with the tag, and is not looked for by a path', async () => {
  const tag = 'refs/tags/key'
  const records = [record({ path: '', refs: [tag] })]
  const look = () => Promise.reject(new Error('asked for a file without a name'))
  const moved = new Map([[tag, 'blob']])
  const { changed } = await returns(asked({ records, moved, changedAt: async () => 'unknown', look }))
  expect(changed).toMatchObject([{ state: 'open', refs: [tag] }])
})

test('of two places with one content each is only itself', async () => {
  const records = [record(), record({ path: 'b.txt' })]
  const { changed, renamed } = await returns(
    asked({ records, changedAt: async () => [{ path: 'b.txt', blob: 'old' }] }),
  )
  expect(changed).toMatchObject([{ path: 'b.txt' }])
  expect(renamed).toEqual([])
})

test('a thousand refs and findings are a bounded number of calls; what is left is counted', async () => {
  const moved = new Map(Array.from({ length: 1_000 }, (_, at) => [`refs/heads/${at}`, `tip ${at}`]))
  const records = Array.from({ length: 1_000 }, (_, at) => record({ path: `${at}.txt`, blob: `${at}` }))
  let calls = 0
  const count = <T>(value: T) => {
    calls += 1
    return Promise.resolve(value)
  }
  const { left } = await returns(
    asked({
      ...{ moved, refs: moved, records },
      changedAt: () => count('unknown' as const),
      look: () => count(undefined),
    }),
  )
  expect(calls).toBeLessThan(100)
  expect(left).toBeGreaterThan(0)
})
