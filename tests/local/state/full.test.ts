import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openEventFile } from '../../../local/logs/file.ts'
import { openJournal } from '../../../local/logs/journal.ts'
import { createChains } from '../../../local/sns/chains.ts'
import { createOutbox } from '../../../local/state/outbox.ts'
import { openStore } from '../../../local/state/store.ts'

let folder: string
let full = false
beforeEach(() => {
  full = false
  folder = mkdtempSync(join(tmpdir(), 'full-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const until = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10))
}
const open = () => {
  const store = openStore(join(folder, 'state.db'), () => full)
  return { store, parts: { store, now: Date.now, log: () => {} } }
}

test('a full disk takes nothing, half a transaction neither, and gives what it has', () => {
  const { store } = open()
  const things = store.collection<number>('things')
  things.put('a', 1)
  expect(() =>
    store.transaction(() => {
      things.put('b', 2)
      full = true
      things.put('c', 3)
    }),
  ).toThrow(/ENOSPC/)
  expect(() => things.put('a', 2)).toThrow(/ENOSPC/)
  expect(() => things.delete('a')).toThrow(/ENOSPC/)
  expect(things.entries()).toEqual([['a', 1]])
  full = false
  things.put('b', 2)
  expect(things.entries()).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  store.close()
})

test('a delivery that was made while the disk was full is made once, and forgotten later', async () => {
  const { store, parts } = open()
  const made: string[] = []
  const perform = async ({ job }: { job: string }) => {
    made.push(job)
    full = true
    return 'done' as const
  }
  const outbox = createOutbox<string>(parts, 'box', perform)
  outbox.add('letter')
  await until(() => made.length === 1)
  expect(store.collection('box.outbox').entries()).toHaveLength(1)
  full = false
  await until(() => store.collection('box.outbox').entries().length === 0)
  const chains = createChains<string>(parts, 'box', perform)
  chains.add('one', 'link')
  await until(() => full)
  expect(store.collection('box.chains').entries()).toHaveLength(1)
  full = false
  await until(() => store.collection('box.chains').entries().length === 0)
  expect(made).toEqual(['letter', 'link'])
  await Promise.all([outbox.stop(), chains.stop()])
  store.close()
})

test('the log of the cloud waits for its disk', async () => {
  const file = join(folder, 'away', 'cloud.log')
  const journal = openJournal(file, Date.now, () => full)
  journal.log('sqs', 'nowhere to write')
  // the folder is not there: the timer's write fails, and ends nothing
  await new Promise((resolve) => setTimeout(resolve, 200))
  mkdirSync(join(folder, 'away'))
  await until(() => existsSync(file))
  full = true
  journal.log('sqs', 'no room')
  full = false
  journal.close()
  expect(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).text),
  ).toEqual(['nowhere to write', 'no room'])
})

test('a file of events is whole after what it could not take', async () => {
  const file = openEventFile({
    path: join(folder, 'group.log'),
    maxBytes: 1_000,
    maxWaiting: 10_000,
    now: Date.now,
    full: () => full,
    failed: () => {},
    rotated: () => {},
  })
  const add = (message: string) => {
    file.add({ stream: 's', timestamp: 1, ingested: 1, message })
    return file.flush()
  }
  await add('one')
  full = true
  // large enough for the file to be put aside first
  await expect(add('x'.repeat(990))).rejects.toThrow(/ENOSPC/)
  full = false
  await add('two')
  const events = await file.read()
  expect(events.map(({ message }) => message)).toEqual(['one', 'two'])
  expect(events[1]?.position).toBeGreaterThan(events[0]?.position ?? 0)
})
