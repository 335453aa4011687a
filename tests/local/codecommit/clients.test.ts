import { execFile } from 'node:child_process'
import fs, { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import git from 'isomorphic-git'
import http from 'isomorphic-git/http/node'
import { needTool, testWith } from '../../support/tools.ts'
import { createClient, type Harness, refsOf, startHarness } from './harness.ts'

// Git clients other than git: each clones, pushes a branch of its own and fetches it again, at the address that names no region.
const client = createClient()
let cloud: Harness
beforeAll(async () => {
  cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName: 'orchard' })
  const work = await client.work('orchard')
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ${Math.sin(i)}\n`)
  // similar files, so that there are deltas in what they are sent
  for (const change of ['a', 'b', 'c']) {
    writeFileSync(join(work, 'text.txt'), lines.join('') + change)
    await client.must(work, 'add', '.')
    await client.must(work, 'commit', '-q', '-m', change)
  }
  await client.must(work, 'push', '-q', cloud.url('orchard'), 'main')
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
const url = () => `http://127.0.0.1:${cloud.port}/v1/repos/orchard`
const refs = () => refsOf(client, cloud.directory('orchard'))
const here = (name: string) => join(import.meta.dirname, 'clients', name)

/** @returns the last line that the program printed: the commit that it pushed */
const run = (program: string, ...args: string[]): Promise<string> =>
  new Promise((done, fail) => {
    const all = [
      ...args,
      url(),
      cloud.olive.gitUser,
      cloud.olive.gitPassword,
      join(client.home, args.at(-1)!.replace(/.*\//, '')),
    ]
    execFile(program, all, { env: client.env }, (error, stdout) =>
      error ? fail(error) : done(stdout.trim().split('\n').at(-1)!),
    )
  })

test('isomorphic-git', async () => {
  const dir = join(client.home, 'isomorphic')
  const login = { onAuth: () => ({ username: cloud.olive.gitUser, password: cloud.olive.gitPassword }) }
  await git.clone({ fs, http, dir, url: url(), ...login })
  writeFileSync(join(dir, 'isomorphic.txt'), 'by isomorphic-git\n')
  await git.add({ fs, dir, filepath: 'isomorphic.txt' })
  const oid = await git.commit({ fs, dir, message: 'x', author: { name: 'I', email: 'i@example.com' } })
  const { ok, refs: pushed } = await git.push({
    fs,
    http,
    dir,
    url: url(),
    remoteRef: 'isomorphic',
    ...login,
  })
  expect([ok, Object.values(pushed).map((ref) => ref.ok)]).toEqual([true, [true]])
  await git.fetch({ fs, http, dir, url: url(), ...login })
  expect((await refs())['refs/heads/isomorphic']).toBe(oid)
})

const PYTHON = '/usr/bin/python3'

testWith(PYTHON, ['-c', 'import dulwich'])('dulwich: cut off while it names itself, else taken', async () => {
  const oid = await run(PYTHON, here('dulwich_client.py'))
  expect((await refs())['refs/heads/dulwich']).toBe(oid)
  expect(cloud.logs.at(-1)).toMatch(/cut off.*not offered: agent=dulwich/)
})

testWith(PYTHON, ['-c', 'import pygit2'])('libgit2', async () => {
  const oid = await run(PYTHON, here('libgit2_client.py'))
  expect((await refs())['refs/heads/libgit2']).toBe(oid)
})

const JARS = ['org.eclipse.jgit', 'slf4j-api', 'slf4j-nop', 'javaewah', 'jsch'].map(
  (name) => `/usr/share/java/${name}.jar`,
)
const jgit = needTool('java') && needTool('test', ['-f', JARS[0]!])
;(jgit ? test : test.skip)('JGit', async () => {
  const oid = await run('java', '-cp', JARS.join(':'), here('JGitClient.java'))
  expect((await refs())['refs/heads/jgit']).toBe(oid)
})
