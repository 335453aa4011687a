import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openFindings } from '../../../shared/store/findings.ts'
import {
  MAX_REMEMBERED_COMMITS,
  openScanMarks,
  type ScanMarkStore,
} from '../../../shared/store/scan-marks.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let real: TestTable
let marks: ScanMarkStore
beforeAll(async () => {
  real = await startTable()
  marks = openScanMarks(real.table)
})
afterAll(() => real.close())

const at = Date.parse('2031-05-17T09:05:00Z')
const named = (name: string) => ({ account: '1'.repeat(12), region: 'us-east-1', name })
const oid = (letter: string) => letter.repeat(40)
const main = 'refs/heads/main'

test('tips by ref; what refs have left is remembered, and so are the commits', async () => {
  const orchard = named('orchard')
  const none = await marks.read(orchard)
  expect([none.tips.size, none.past, none.commits.size]).toEqual([0, [], 0])
  await marks.note(
    orchard,
    none,
    new Map([
      [main, oid('a')],
      ['refs/tags/v1', oid('b')],
    ]),
    [oid('a')],
    at,
  )
  const first = await marks.read(orchard)
  expect([...first.tips]).toEqual(
    expect.arrayContaining([
      [main, oid('a')],
      ['refs/tags/v1', oid('b')],
    ]),
  )
  await marks.note(
    orchard,
    first,
    new Map([
      [main, oid('c')],
      ['refs/tags/v1', undefined],
    ]),
    [oid('c')],
    at + 1000,
  )
  const second = await marks.read(orchard)
  expect([...second.tips]).toEqual([[main, oid('c')]])
  expect([...second.past].sort()).toEqual([oid('a'), oid('b')])
  expect([...second.commits]).toEqual([oid('a'), oid('c')])
})

test('what another scan noted meanwhile stays', async () => {
  const orchard = named('raced')
  const none = await marks.read(orchard)
  await marks.note(orchard, none, new Map([[main, oid('b')]]), [], at)
  await marks.note(orchard, none, new Map([[main, oid('a')]]), [], at)
  expect([...(await marks.read(orchard)).tips]).toEqual([[main, oid('b')]])
})

test('the newest commits are kept, at most as many as are said', async () => {
  const orchard = named('long')
  const commits = Array.from({ length: MAX_REMEMBERED_COMMITS + 3 }, (_, n) =>
    n.toString(16).padStart(40, '0'),
  )
  await marks.note(orchard, await marks.read(orchard), new Map([[main, oid('a')]]), commits, at)
  const kept = [...(await marks.read(orchard)).commits]
  expect(kept).toHaveLength(MAX_REMEMBERED_COMMITS)
  expect(kept.at(-1)).toBe(commits.at(-1))
  expect(kept).not.toContain(commits[0])
})

test('one holds a repository at a time; whoever died holds it until its time is over', async () => {
  const orchard = named('held')
  expect(await marks.hold(orchard, 'one', at + 10_000, at)).toMatchObject({ kind: 'held' })
  expect(await marks.hold(orchard, 'two', at + 20_000, at + 9_000)).toEqual({ kind: 'busy', by: 'function' })
  await marks.release(orchard, 'two')
  expect(await marks.hold(orchard, 'two', at + 20_000, at + 9_000)).toEqual({ kind: 'busy', by: 'function' })
  expect(await marks.hold(orchard, 'two', at + 20_000, at + 10_001)).toMatchObject({ kind: 'held' })
  await marks.release(orchard, 'two')
  expect(await marks.hold(orchard, 'one', at + 30_000, at + 10_002)).toMatchObject({ kind: 'held' })
})

test('a claim is passed on to a task, which extends it; who comes after its death hears of it', async () => {
  const orchard = named('passed')
  await marks.hold(orchard, 'function', at + 10_000, at)
  expect(await marks.pass(orchard, 'another', 'task', at + 20_000)).toBe(false)
  expect(await marks.pass(orchard, 'function', 'task', at + 20_000)).toBe(true)
  await marks.release(orchard, 'function')
  expect(await marks.holder(orchard)).toBe('task')
  expect(await marks.extend(orchard, 'function', at + 90_000)).toBe(false)
  expect(await marks.extend(orchard, 'task', at + 30_000)).toBe(true)
  expect(await marks.hold(orchard, 'two', at + 60_000, at + 25_000)).toEqual({ kind: 'busy', by: 'task' })
  expect(await marks.hold(orchard, 'two', at + 60_000, at + 31_000)).toEqual({ kind: 'held', after: 'task' })
  expect(await marks.extend(orchard, 'task', at + 90_000)).toBe(false)
})

test('what events named, and that it is the task’s, is kept until something was searched', async () => {
  const orchard = named('hinted')
  const hint = { ref: 'refs/heads/race', oid: 'c'.repeat(40) }
  await marks.hint(orchard, [hint, hint], at)
  expect(await marks.noteTask(orchard)).toBe(0)
  expect(await marks.noteTask(orchard, 2)).toBe(2)
  expect(await marks.noteTask(orchard)).toBe(2)
  const before = await marks.read(orchard)
  expect(before).toMatchObject({ hinted: [hint], task: 2 })
  await marks.note(orchard, before, new Map(), [], at)
  const after = await marks.read(orchard)
  expect(after.hinted).toEqual([])
  expect(after).not.toHaveProperty('task')
})

test('findings by repository, and in which others the same secret is', async () => {
  const findings = openFindings(real.table)
  const record = (name: string, path: string) => ({
    fingerprint: 'k:1',
    repository: named(name),
    place: 'file' as const,
    path,
    rule: 'r',
    description: 'd',
    action: 'block' as const,
    redacted: 'REDACTED',
    state: 'open' as const,
    refs: [main],
    firstSeen: 'now',
    lastSeen: 'now',
    changedAt: 'now',
    again: false,
  })
  await findings.save([record('one', 'a'), record('one', 'x'.repeat(3_000)), record('two', 'a')])
  expect((await findings.list(named('one'))).map(({ path }) => path.length).sort()).toEqual([1, 3_000])
  expect(await findings.list(named('two'))).toEqual([record('two', 'a')])
  await findings.save([
    { ...record('zero', 'a'), firstSeen: 'before' },
    { ...record('two', 'b'), fingerprint: 'k:10' },
  ])
  expect(await findings.elsewhere('k:1', named('one'))).toEqual([named('zero'), named('two')])
  expect(await findings.elsewhere('k:1', named('three'))).toEqual([named('zero'), named('one'), named('two')])
  expect(await findings.of(named('two'), 'k:1')).toEqual([record('two', 'a')])
  expect(await findings.of(named('three'), 'k:1')).toEqual([])
  await findings.remove([record('one', 'a')])
  expect(await findings.list(named('one'))).toHaveLength(1)
})
