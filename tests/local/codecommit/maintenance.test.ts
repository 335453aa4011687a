import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { initBare, openBare } from '../../../local/codecommit/bare.ts'
import { createGit, endLeftovers, type Git } from '../../../local/codecommit/git.ts'
import { createMaintenance } from '../../../local/codecommit/maintenance.ts'
import { HIDDEN_REFS } from '../../../local/codecommit/refs.ts'

let folder: string
let git: Git
const logs: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-maintenance-'))
  git = createGit(folder)
})
afterEach(async () => {
  await git.stop()
  rmSync(folder, { recursive: true, force: true })
})
const make = async () => {
  const directory = join(folder, 'x.git')
  await initBare(git, directory)
  const bare = openBare(git, directory)
  const id = await git.must([`--git-dir=${directory}`, 'hash-object', '-w', '--stdin'], 'x')
  await bare.moveRef('refs/tags/one', undefined, id.trim())
  return bare
}

test('many moved refs are packed into one file, and still there', async () => {
  const bare = await make()
  const before = await bare.refs()
  const maintenance = createMaintenance(git, (_, text) => logs.push(text), 20)
  maintenance.pushed(bare.directory, 499)
  maintenance.pushed(bare.directory, 1)
  while (existsSync(join(bare.directory, 'refs/tags/one'))) await sleep(20)
  expect(await bare.refs()).toEqual(before)
  expect(await bare.tip('refs/tags/one')).toBe(before.get('refs/tags/one'))
  await maintenance.stop()
  expect(logs).toEqual([])
})

test('the packs of many pushes become one; a commit that no branch holds stays', async () => {
  const bare = await make()
  const at = `--git-dir=${bare.directory}`
  const tree = (await git.must([at, 'mktree'], '')).trim()
  const text = `tree ${tree}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nunreferenced\n`
  const commit = (await git.must([at, 'hash-object', '-w', '-t', 'commit', '--stdin'], text)).trim()
  await bare.moveRef(`${HIDDEN_REFS}/${commit}`, undefined, commit)
  for (let index = 0; index < 25; index += 1) {
    const id = await git.must([at, 'hash-object', '-w', '--stdin'], `x${index}`)
    await bare.moveRef(`refs/tags/t${index}`, undefined, id.trim())
    await git.must([at, 'pack-objects', '-q', `${bare.directory}/objects/pack/pack`], id)
  }
  const packs = () =>
    readdirSync(join(bare.directory, 'objects/pack')).filter((name) => name.endsWith('.pack'))
  expect(packs()).toHaveLength(25)
  const maintenance = createMaintenance(git, (_, text) => logs.push(text), 20)
  for (let index = 0; index < 50; index += 1) maintenance.pushed(bare.directory, 1)
  while (packs().length > 1) await sleep(20)
  await maintenance.stop()
  await git.must([at, 'gc', '--prune=now', '--quiet'])
  expect([...(await bare.commits([commit])).keys()]).toEqual([commit])
  expect(logs).toEqual([])
})

test('a stop while it waits starts nothing more', async () => {
  const bare = await make()
  const maintenance = createMaintenance(git, (_, text) => logs.push(text))
  maintenance.pushed(bare.directory, 500)
  await maintenance.stop()
  expect(existsSync(join(bare.directory, 'refs/tags/one'))).toBe(true)
  expect(logs).toEqual([])
})

test('git that is not there is a clear error', async () => {
  const none = createGit(folder, '/nonexistent')
  await expect(none.must(['version'])).rejects.toThrow('git could not be started')
  await none.stop()
  await expect(none.must(['version'])).rejects.toThrow('stopping')
})

test('a writer that outlived its cloud is ended, a stranger with a noted number is not', async () => {
  const bare = await make()
  const talk = git.converse(['receive-pack', '--stateless-rpc', bare.directory], { writer: true })
  const stranger = process.pid
  writeFileSync(join(folder, '.running', String(stranger)), '')
  expect(await endLeftovers(folder)).toHaveLength(1)
  expect(await talk.done).toMatchObject({ code: null })
  expect(existsSync(join(folder, '.running'))).toBe(false)
})
