import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { token } from '../../shared/scanning/walk/walked.ts'
import { RULES } from './scanned.ts'

const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'relay-scan-process-'))
afterAll(() => rmSync(folder, { recursive: true }))
const config = join(folder, 'rules.toml')
writeFileSync(config, RULES)
const bad = join(folder, 'bad.toml')
writeFileSync(bad, '[[rules]]\nid = 7\n')

const RELAY = ['--disable-warning=ExperimentalWarning', join(root, 'cli/relay.mjs'), 'scan']
const ENVIRONMENT = { PATH: process.env.PATH, HOME: folder }

const relay = (args: readonly string[], input = '', output: number | 'pipe' = 'pipe') =>
  spawnSync(process.execPath, [...RELAY, ...args], {
    cwd: folder,
    input,
    stdio: ['pipe', output, 'pipe'],
    encoding: 'utf8',
    env: ENVIRONMENT,
  })

test.each<[string, readonly string[], string, number]>([
  ['nothing found', ['-', '--config', config], 'nothing', 0],
  ['something found', ['--stdin', '--config', config], token('found'), 1],
  ['something found, another status', ['-', '--config', config, '--exit-code', '7'], token('found'), 7],
  ['an unknown option', ['--colour'], '', 126],
  ['a value that is none', ['--format', 'xml'], '', 2],
  ['a choice that there is not', ['--missing', 'some'], '', 2],
  ['what does not go together', ['-', '--staged'], '', 2],
  ['a target that is not there', ['nowhere'], '', 2],
  ['rules with mistakes', ['-', '--config', bad], '', 3],
])(
  'exit status: %s',
  (_, args, input, status) => {
    const { status: is, stdout, stderr } = relay(args, input)
    if (is !== status) throw new Error(`exit status ${is}: ${stderr}`)
    expect(stdout + stderr).not.toContain(token('found'))
  },
  30_000,
)

test('a report goes to standard output, and nothing else', () => {
  const { stdout } = relay(['-', '--config', config, '--format', 'sarif'], token('found'))
  const log = JSON.parse(stdout) as { runs: { results: unknown[] }[] }
  expect(log.runs[0]?.results).toHaveLength(1)
}, 30_000)

const full = '/dev/full'
const testWithFull = existsSync(full) ? test : test.skip
testWithFull(
  'a report that cannot be written is a failure, not a find',
  () => {
    const { status, stderr } = relay(['-', '--config', config], 'nothing', openSync(full, 'w'))
    expect([status, stderr]).toEqual([2, expect.stringContaining('cannot be written (ENOSPC)')])
  },
  30_000,
)

test('Ctrl-C ends the wait for an input that does not end', async () => {
  const child = spawn(process.execPath, [...RELAY, '-', '--config', config], {
    cwd: folder,
    env: ENVIRONMENT,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  // what is written is read only when all is ready, and the next piece is then waited for
  child.stdin.write('x'.repeat(1_000_000))
  await new Promise<void>((resolve) => child.stdin.write('x', () => resolve()))
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
  expect(said).toContain('Stopped.')
}, 30_000)
