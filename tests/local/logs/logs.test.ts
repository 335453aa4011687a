import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Parts } from '../../../local/contracts.ts'
import { createLogs } from '../../../local/logs/logs.ts'
import { eachLine, MAX_LINE } from '../../../local/processes/lines.ts'
import { openStore } from '../../../local/state/store.ts'

let folder = ''
let parts: Parts
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'))
  parts = { store: openStore(':memory:'), now, log: () => undefined }
})
afterEach(() => {
  parts.store.close()
  rmSync(folder, { recursive: true, force: true })
})
const now = () => Date.UTC(2031, 4, 17, 9, 4, 30, 5)
const file = (name: string) => join(folder, '111111111111', 'eu-west-1', name)
const write = (logs: ReturnType<typeof createLogs>, line: string, group = '/aws/lambda/work') =>
  logs.write('111111111111', 'eu-west-1', group, 'stream', line)

test('lines are on disk after close, in order, a file for each group', async () => {
  const logs = createLogs({ parts, folder })
  for (let index = 0; index < 100; index += 1) write(logs, `n${index}`)
  write(logs, 'ü', '../../escape')
  await logs.close()
  const lines = readFileSync(file('%2Faws%2Flambda%2Fwork.log'), 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(100)
  expect(lines[7]).toBe('2031-05-17T09:04:30.005Z stream n7')
  expect(readFileSync(file('..%2F..%2Fescape.log'), 'utf8')).toBe('2031-05-17T09:04:30.005Z stream ü\n')
})

test('a listener hears every line until it leaves', async () => {
  const logs = createLogs({ parts, folder })
  const heard: string[] = []
  const leave = logs.tail(({ line, group }) => heard.push(`${group} ${line}`))
  write(logs, 'one')
  leave()
  write(logs, 'two')
  expect(heard).toEqual(['/aws/lambda/work one'])
  await logs.close()
})

test('a full file is put aside, and what was aside goes', async () => {
  for (let round = 0; round < 10; round += 1) {
    const logs = createLogs({ parts, folder, maxBytes: 300 })
    for (let index = 0; index < 3; index += 1) write(logs, `${round} ${'x'.repeat(40)}`)
    await logs.close()
  }
  const name = '%2Faws%2Flambda%2Fwork.log'
  expect(statSync(file(name)).size).toBeLessThanOrEqual(300)
  expect(statSync(file(`${name}.1`)).size).toBeLessThanOrEqual(300)
  expect(readFileSync(file(name), 'utf8')).toContain('9 xxx')
})

test('more than may wait is dropped and counted', async () => {
  const logs = createLogs({ parts, folder, maxWaiting: 10 })
  for (let index = 0; index < 5; index += 1) write(logs, '12345')
  await logs.close()
  write(logs, 'too late')
  const text = readFileSync(file('%2Faws%2Flambda%2Fwork.log'), 'utf8')
  expect(text.match(/12345/g)).toHaveLength(3)
  expect(text).not.toContain('too late')
  expect(text).toContain('[2 lines were lost: the disk is too slow]')
})

test('a disk that refuses is told, and stops nothing', async () => {
  mkdirSync(join(folder, '111111111111'))
  writeFileSync(join(folder, '111111111111', 'eu-west-1'), 'in the way')
  const failures: unknown[] = []
  const logs = createLogs({ parts, folder, failed: (error) => failures.push(error) })
  write(logs, 'one')
  await logs.close()
  expect(failures).toHaveLength(1)
})

test('a stream comes line by line, cut anywhere; a line too long comes in pieces', async () => {
  const text = `eins\nzwölf\n${'x'.repeat(MAX_LINE + 1)}\nlast`
  const bytes = Buffer.from(text)
  for (const cut of [1, 7, 8, 9, MAX_LINE]) {
    const stream = new PassThrough()
    const lines: string[] = []
    eachLine(stream, (line) => lines.push(line))
    for (let at = 0; at < bytes.length; at += cut === 1 ? 100_003 : cut)
      stream.write(bytes.subarray(at, at + (cut === 1 ? 100_003 : cut)))
    stream.end()
    await new Promise((resolve) => stream.on('end', resolve))
    expect(lines.slice(0, 2)).toEqual(['eins', 'zwölf'])
    expect(lines.at(-1)).toBe('last')
    expect(lines.slice(2, -1).join('')).toBe('x'.repeat(MAX_LINE + 1))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(MAX_LINE)
  }
})
