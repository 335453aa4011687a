import { execFile } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { damageOf } from '../../../local/codecommit/damage.ts'
import { createClient, type Harness, startHarness } from './harness.ts'

const client = createClient()
afterAll(() => client.remove())
let folder: string
let cloud: Harness
let directory: string
let work: string
let count = 0
beforeEach(async () => {
  count += 1
  folder = mkdtempSync(join(tmpdir(), 'relay-damage-'))
  cloud = await startHarness({ folder })
  for (const repositoryName of ['sound', 'orchard']) await cloud.call('CreateRepository', { repositoryName })
  work = await client.work(`w${count}`)
  writeFileSync(join(work, 'file.txt'), 'text\n')
  await client.must(work, 'add', '.')
  await client.must(work, 'commit', '-q', '-m', 'file')
  for (const name of ['sound', 'orchard'])
    await client.must(work, 'push', '-q', cloud.url(name), 'main', 'main:topic')
  directory = cloud.directory('orchard')
  expect(await damageOf(directory)).toEqual([])
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** stops or kills the cloud, and starts the next one; says what it reports of `orchard` */
const reopened = async (): Promise<readonly string[]> => {
  await cloud.stop()
  cloud = await startHarness({ folder })
  const report = await cloud.codecommit.start()
  for (const { repository } of report) expect(repository).toMatch(/:orchard$/)
  // whatever became of one, the other works
  await client.must(work, 'push', '-q', '-f', cloud.url('sound'), 'main:again')
  const logged = cloud.logs.filter((log) => log.includes('a repository is damaged'))
  expect(logged.length > 0).toBe(report.length > 0)
  await cloud.stop()
  return report.flatMap(({ problems }) => problems)
}
const pack = () => {
  const name = readdirSync(join(directory, 'objects/pack')).find((file) => file.endsWith('.pack'))!
  return { name, path: join(directory, 'objects/pack', name) }
}

test('a sound folder is reported as sound', async () => {
  expect(await reopened()).toEqual([])
})

test('refs that hold no id, and a HEAD that names nothing', async () => {
  writeFileSync(join(directory, 'refs/heads/topic'), 'garbage\n')
  writeFileSync(join(directory, 'HEAD'), '')
  appendFileSync(join(directory, 'packed-refs'), '# pack-refs with: peeled\nnot a line\n')
  expect(await reopened()).toEqual([
    'HEAD names no branch',
    'refs/heads/topic holds no commit id',
    'packed-refs is broken at line 2',
  ])
})

test('a ref to an object that is not there, loose or packed', async () => {
  const missing = 'ab'.repeat(20)
  writeFileSync(join(directory, 'refs/heads/topic'), `${missing}\n`)
  appendFileSync(join(directory, 'packed-refs'), `${missing} refs/heads/packed\n`)
  expect(await reopened()).toEqual([
    `refs/heads/topic points at ${missing}, which is missing`,
    `refs/heads/packed points at ${missing}, which is missing`,
  ])
})

test('a pack that is cut', async () => {
  const { name, path } = pack()
  const { length } = readFileSync(path)
  rmSync(path)
  writeFileSync(path, Buffer.alloc(length - 10))
  const tip = await client.must(work, 'rev-parse', 'main')
  expect(await reopened()).toEqual([
    `pack ${name} is cut or changed: its checksum is not the one in its index`,
    `refs/heads/main points at ${tip}, which is missing`,
    `refs/heads/topic points at ${tip}, which is missing`,
  ])
})

test('a pack without index, an empty object', async () => {
  const { name, path } = pack()
  rmSync(path.replace(/pack$/, 'idx'))
  mkdirSync(join(directory, 'objects/ab'), { recursive: true })
  writeFileSync(join(directory, 'objects/ab', 'c'.repeat(38)), '')
  const problems = await reopened()
  expect(problems.slice(0, 2)).toEqual([
    `pack ${name} has no readable index`,
    `object ab${'c'.repeat(38)} is empty`,
  ])
})

test('a folder that is gone', async () => {
  rmSync(directory, { recursive: true })
  expect(await reopened()).toEqual(['its folder is missing'])
})

test('after a kill git looks behind the tips too', async () => {
  // loose objects, one of which is then missing
  const { path } = pack()
  const bytes = readFileSync(path)
  for (const file of readdirSync(join(directory, 'objects/pack')))
    rmSync(join(directory, 'objects/pack', file))
  await new Promise<void>((done) => {
    const child = execFile('git', ['unpack-objects', '-q'], { cwd: directory }, () => done())
    child.stdin?.end(bytes)
  })
  const blob = await client.must(work, 'rev-parse', 'main:file.txt')
  rmSync(join(directory, 'objects', blob.slice(0, 2), blob.slice(2)))
  await cloud.stop()
  writeFileSync(join(folder, 'repositories/.open'), '')
  cloud = await startHarness({ folder })
  while (!cloud.logs.some((log) => log.includes(`missing blob ${blob}`)))
    await new Promise((tick) => setTimeout(tick, 5))
  await cloud.stop()
})
