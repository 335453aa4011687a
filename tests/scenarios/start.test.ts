import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { living, treeOf } from '../support/processes.ts'
import { type StartProcess, startProcess } from '../support/start-process.ts'

let folder: string
let state: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-start-'))
  state = join(folder, 'state')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const lastLine = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '')

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', folder, ...args], {
    encoding: 'utf8',
  })

describe('npm start, again and again in one state folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'relay-start-'))
  const kept = join(home, 'state')
  let secret: string
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  /** as the terminal does: to the whole foreground group; then nothing of it is left */
  const interrupt = async (run: StartProcess) => {
    const family = treeOf(run.pid).map((line) => line.pid)
    process.kill(-run.pid, 'SIGINT')
    const { code } = await run.ended()
    await sleep(200)
    expect(living(family)).toEqual([])
    return code
  }

  test('--once --json tells the whole story, and ends with 0', async () => {
    const run = startProcess(['--once', '--json', '--port', '0', '--state', kept])
    expect(await run.ended()).toEqual({ code: 0, signal: null })
    expect(lastLine(run.stdout())).toEqual({
      equal: true,
      refs: 3,
      pushToEqualMs: expect.any(Number),
      messages: expect.any(Number),
      way: expect.stringMatching(/^(relay|fast-path)$/),
    })
    expect(lastLine(run.stdout()).messages).toBeGreaterThan(0)
    expect(statSync(kept).mode & 0o077).toBe(0)
    for (const file of ['credentials', 'git-credentials'])
      expect(statSync(join(kept, file)).mode & 0o077).toBe(0)

    secret = /AWS access key {4}\S+ {2}(\S+)/.exec(run.output())?.[1] ?? 'not shown'
    expect(readFileSync(join(kept, 'credentials'), 'utf8')).toContain(secret)
  })

  test('goes on from its state, and stays up until Ctrl-C; meanwhile the folder is taken', async () => {
    const run = startProcess(['--json', '--port', '0', '--state', kept])
    await run.until(/It stays up/)
    const second = startProcess(['--once', '--port', '0', '--state', kept])
    expect((await second.ended()).code).toBe(1)
    expect(second.output()).toMatch(new RegExp(`in use by process ${run.pid}`))
    expect(second.output()).not.toMatch(/\n\s+at /)

    expect(await interrupt(run)).toBe(0)
    expect(lastLine(run.stdout())).toMatchObject({ equal: true, refs: 5 })
    expect(run.output().includes(secret)).toBe(false)
  })

  test('Ctrl-C in the middle of the story leaves no process and no lock behind', async () => {
    const run = startProcess(['--port', '0', '--state', kept])
    await run.until(/git push main/)
    expect([0, 130]).toContain(await interrupt(run))
    const again = startProcess(['--once', '--port', '0', '--state', kept])
    const end = await again.ended()
    expect(again.output()).not.toContain('✗')
    expect(end.code).toBe(0)
  })
})

test('a port that is taken, a git that is missing: one clear sentence each', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const taken = startProcess(['--once', '--port', String(port), '--state', state])
  expect((await taken.ended()).code).toBe(1)
  expect(taken.output()).toContain(`Port ${port} is taken by another program.`)
  server.close()

  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const gitless = startProcess(['--once', '--port', '0', '--state', state], { PATH: empty })
  expect((await gitless.ended()).code).toBe(1)
  expect(gitless.output()).toContain('git is not installed')
  for (const run of [taken, gitless]) expect(run.output()).not.toMatch(/\n\s+at /)
})

test('a bad relay.yml: all its mistakes, and nothing is started', async () => {
  const config = join(folder, 'relay.yml')
  writeFileSync(config, 'version: 2\nreplicat: []\nsweep: { everyMinutes: 0 }\n')
  const run = startProcess(['--once', '--port', '0', '--state', state, '--config', config])
  expect((await run.ended()).code).toBe(1)
  for (const mistake of ['1:10 version', 'did you mean replicate?', 'sweep.everyMinutes'])
    expect(run.output()).toContain(mistake)
  expect(run.output()).not.toMatch(/serverless|\n\s+at /)
  expect(existsSync(state)).toBe(false)

  const missing = startProcess([
    '--once',
    '--port',
    '0',
    '--state',
    state,
    '--config',
    join(folder, 'no.yml'),
  ])
  expect((await missing.ended()).code).toBe(1)
  expect(missing.output()).toContain('There is no file')
})

describe('npm start -- --import', () => {
  const importOnce = async (from: string) => {
    const run = startProcess(['--once', '--json', '--port', '0', '--state', state, '--import', from])
    return { code: (await run.ended()).code, run }
  }

  test('takes a repository with branches, tags and an odd default branch', async () => {
    git('init', '--quiet', '--initial-branch=trunk', 'work')
    const inWork = (...args: string[]) => git('-C', join(folder, 'work'), ...args)
    for (const message of ['One', 'Two', 'Three']) inWork('commit', '--quiet', '--allow-empty', '-m', message)
    inWork('branch', 'ä/ö')
    inWork('tag', '-a', 'v1', '-m', 'One')
    inWork('tag', 'trunk') // the same name as the branch
    inWork('update-ref', 'refs/notes/x', 'HEAD')
    const { code, run } = await importOnce(join(folder, 'work'))
    expect({ code, ...lastLine(run.stdout()) }).toMatchObject({ code: 0, equal: true, refs: 4 })
    const heads = execFileSync(
      'find',
      [join(state), '-name', 'HEAD', '-path', '*.git/HEAD', '-exec', 'cat', '{}', ';'],
      {
        encoding: 'utf8',
      },
    )
    expect(heads.match(/refs\/heads\/trunk/g)).toHaveLength(2)
  })

  test.each<[string, () => string, RegExp]>([
    ['a folder that is no repository', () => folder, /is not a Git repository/],
    ['a path that is not there', () => join(folder, 'nothing'), /There is nothing at/],
    [
      'a repository without a commit',
      () => {
        git('init', '--quiet', 'hollow')
        return join(folder, 'hollow')
      },
      /has no branch to import/,
    ],
    [
      'a shallow clone',
      () => {
        git('init', '--quiet', 'deep')
        for (const message of ['One', 'Two'])
          git('-C', join(folder, 'deep'), 'commit', '--quiet', '--allow-empty', '-m', message)
        git('clone', '--quiet', '--depth=1', `file://${join(folder, 'deep')}`, join(folder, 'shallow'))
        return join(folder, 'shallow')
      },
      /is a shallow clone/,
    ],
  ])('says what is wrong with %s, and starts nothing', async (_name, make, message) => {
    const { code, run } = await importOnce(make())
    expect(code).toBe(1)
    expect(run.output()).toMatch(message)
    expect(existsSync(state)).toBe(false)
  })
})
