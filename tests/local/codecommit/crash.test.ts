import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { processes } from '../../support/processes.ts'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'
import { basic, line, ZERO } from './raw-client.ts'

const client = createClient()
const folders: string[] = []
let work: string
let tip: string
/** a push that the server answers with half a pack still to come */
let pack: Buffer
beforeAll(async () => {
  work = await client.work('orchard')
  await writeFile(join(work, 'big.bin'), randomBytes(8_000_000))
  await client.must(work, 'add', '.')
  await client.must(work, 'commit', '-q', '-m', 'big')
  tip = await client.must(work, 'rev-parse', 'main')
  pack = await new Promise((done, fail) => {
    const child = execFile(
      'git',
      ['pack-objects', '--stdout', '--revs', '-q'],
      { cwd: work, encoding: 'buffer', maxBuffer: 1 << 28 },
      (error, stdout) => (error ? fail(error) : done(stdout)),
    )
    child.stdin?.end('main\n')
  })
})
afterAll(() => client.remove())
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-crash-'))
  folders.push(folder)
  return folder
}
const until = async (what: () => boolean | Promise<boolean>) => {
  while (!(await what())) await sleep(5)
}
const quarantined = (directory: string): boolean => {
  const objects = join(directory, 'objects')
  return existsSync(objects) && readdirSync(objects).some((name) => /^(tmp_objdir-)?incoming-/.test(name))
}
/** sends a push up to a part of its pack, and keeps the connection open */
const halfPush = (url: string, ref: string) => {
  const { hostname, port, pathname, username, password } = new URL(url)
  const call = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: `${pathname}/git-receive-pack`,
    headers: {
      Host: `${hostname}:${port}`,
      Authorization: basic(decodeURIComponent(username), password),
      'Content-Type': 'application/x-git-receive-pack-request',
    },
  })
  const ended = new Promise<string>((done) => {
    call.on('error', (error) => done(String(error)))
    call.on('response', (response) => {
      response.on('error', (error) => done(String(error)))
      response.on('close', () => done('closed'))
      response.resume()
    })
  })
  call.write(line(`${ZERO} ${tip} ${ref}\0 report-status side-band-64k`))
  call.write('0000')
  call.write(pack.subarray(0, pack.length / 2))
  return { call, ended }
}
const whole = async (cloud: Harness, expected: object) => {
  const directory = cloud.directory('orchard')
  expect(await refsOf(client, directory)).toEqual(expected)
  const { code, stdout, stderr } = await client.git(directory, 'fsck', '--full')
  expect([code, stdout, stderr.replace(/notice: .*\n/g, '')]).toEqual([0, '', ''])
  expect(quarantined(directory)).toBe(false)
}

test('a client that breaks off in the middle of its pack changes nothing', async () => {
  const cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  const { call, ended } = halfPush(cloud.url('orchard'), 'refs/heads/main')
  await until(() => quarantined(cloud.directory('orchard')))
  call.destroy()
  await ended
  await until(() => !quarantined(cloud.directory('orchard')))
  await whole(cloud, {})
  expect(cloud.events).toEqual([])
  // the same push, whole, is taken
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
  await whole(cloud, { 'refs/heads/main': tip })
  await cloud.stop()
})

test('git killed in the middle of a push changes nothing', async () => {
  const cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  const pushing = spawn('git', ['push', '-q', cloud.url('orchard'), 'main'], {
    cwd: work,
    env: client.env,
    stdio: 'ignore',
    detached: true,
  })
  const ended = new Promise((done) => pushing.on('close', done))
  await until(() => quarantined(cloud.directory('orchard')) || pushing.exitCode !== null)
  if (pushing.exitCode === null) process.kill(-pushing.pid!, 'SIGKILL')
  await ended
  await until(() => !quarantined(cloud.directory('orchard')))
  const refs = await refsOf(client, cloud.directory('orchard'))
  // killed before or after its last byte: nothing, or everything
  expect([{}, { 'refs/heads/main': tip }]).toContainEqual(refs)
  expect(cloud.events).toHaveLength(Object.keys(refs).length)
  await whole(cloud, refs)
  await cloud.stop()
})

test('kill -9 of the cloud in the middle of pushes: the next one finds whole repositories', async () => {
  const folder = temporary()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'serve.ts'), folder],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const said = await new Promise<{ url: string; directory: string }>((done) =>
    child.stdout.once('data', (text: Buffer) => done(JSON.parse(text.toString()))),
  )
  await client.must(work, 'push', '-q', said.url, 'main~1:refs/heads/main')
  const first = await client.must(work, 'rev-parse', 'main~1')
  const { ended } = halfPush(said.url, 'refs/heads/half')
  await until(() => quarantined(said.directory))
  const gone = new Promise((done) => child.on('exit', done))
  child.kill('SIGKILL')
  await Promise.all([gone, ended])
  // what git leaves when it is killed at other moments
  writeFileSync(join(said.directory, 'packed-refs.lock'), '')
  writeFileSync(join(said.directory, 'HEAD.lock'), '')
  writeFileSync(join(said.directory, 'gc.pid'), '1 host')
  writeFileSync(join(said.directory, 'refs/heads/main.lock'), '')
  mkdirSync(join(said.directory, 'objects/tmp_objdir-incoming-abc/pack'), { recursive: true })
  writeFileSync(join(said.directory, 'objects/tmp_objdir-incoming-abc/pack/tmp_pack_x'), 'PACK')
  writeFileSync(join(said.directory, 'objects/pack/tmp_pack_y'), 'PACK')
  const orphan = join(folder, 'repositories/111111111111/eu-west-1/unknown.git')
  mkdirSync(join(orphan, 'objects'), { recursive: true })

  const cloud = await startHarness({ folder })
  expect(existsSync(orphan)).toBe(false)
  expect(readdirSync(said.directory).filter((name) => /lock|gc\.pid/.test(name))).toEqual([])
  expect(existsSync(join(folder, 'repositories/.running'))).toBe(false)
  await whole(cloud, { 'refs/heads/main': first })
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main', 'main:half')
  await whole(cloud, { 'refs/heads/main': tip, 'refs/heads/half': tip })
  await cloud.stop()
})

/** the most memory that a process ever held, in MB */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
;(existsSync('/proc/self/status') ? test : test.skip)(
  'memory stays flat under a large push and clone',
  async () => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'serve.ts'), temporary()],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
    )
    const said = await new Promise<{ url: string }>((done) =>
      child.stdout.once('data', (text: Buffer) => done(JSON.parse(text.toString()))),
    )
    await client.must(work, 'push', '-q', said.url, 'main')
    const before = peakOf(child.pid!)
    const large = await client.work('large')
    // random bytes: nothing in them to deflate, nor to find alike
    await client.must(large, 'config', 'core.compression', '0')
    await client.must(large, 'config', 'core.bigFileThreshold', '1m')
    await writeFile(join(large, 'large.bin'), randomBytes(64_000_000))
    // more than a hundred objects are kept as the pack in which they came
    for (let i = 0; i < 100; i += 1) await writeFile(join(large, `small-${i}`), `${i}`)
    await client.must(large, 'add', '.')
    await client.must(large, 'commit', '-q', '-m', 'large')
    await client.must(large, 'push', '-q', said.url, 'main:large')
    await client.must(large, 'clone', '-q', '--bare', said.url, join(temporary(), 'copy'))
    const grown = peakOf(child.pid!) - before
    child.kill('SIGKILL')
    // less than the push alone would take if it were held
    expect(grown).toBeLessThan(60)
  },
)

test('stopping cuts a push that is not complete, and leaves no process', async () => {
  const cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  const directory = cloud.directory('orchard')
  const { ended } = halfPush(cloud.url('orchard'), 'refs/heads/main')
  await until(() => quarantined(directory))
  await cloud.codecommit.stop()
  await ended
  expect(await refsOf(client, directory)).toEqual({})
  expect(processes().filter(({ command, dead }) => !dead && command.includes(directory))).toEqual([])
  await cloud.stop()
})
