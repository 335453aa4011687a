import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { waitUntilEqual } from '../../cli/equality.ts'
import { lsRemote } from '../../cli/git.ts'
import { developerOf } from '../support/developer.ts'
import { bareRepositories, fsckFolder } from '../support/fsck.ts'
import { raiseCloud } from '../support/live-cloud.ts'
import { living, treeOf } from '../support/processes.ts'
import { startProcess } from '../support/start-process.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-kill-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Every ref of a bare repository points at an object that is there, and all it needs is there too. */
const expectWhole = async (repositories: readonly string[]) => {
  // a parking repository has no default branch, and needs none
  const unborn = 'notice: HEAD points to an unborn branch (main)'
  for (const repository of repositories)
    expect((await fsckFolder(repository)).replace(unborn, '').trim()).toBe('')
}

const MINUTES = 60_000

const BY_MIRROR = `version: 1
replicate:
  - repositories: ['*']
    to: [{ region: eu-west-1 }]
    way: mirror
`

describe('kill -9', () => {
  test(
    'of the mirror process, at different moments: it converges without help',
    async () => {
      const live = await raiseCloud({ config: BY_MIRROR })
      const nina = await developerOf(live, 'orders')
      try {
        await live.createRepository('orders')
        for (const delay of [0, 200]) {
          await nina.commit(`Before the kill after ${delay} ms`)
          await nina.git('push', '--quiet', 'origin', 'main')
          const mirror = await untilMirrorRuns(process.pid)
          await sleep(delay)
          for (const pid of [mirror]) if (alive(pid)) process.kill(pid, 'SIGKILL')
          await live.untilEqual('orders')
        }
        const proof = await live.untilEvent('Replica Updated')
        expect(proof.detail).toMatchObject({ way: 'mirror', wayReason: 'relay.yml says way: mirror' })
        await expectWhole(bareRepositories(join(live.cloud.folder, 'repositories')))
      } finally {
        nina.leave()
        await live.stop()
      }
    },
    5 * MINUTES,
  )

  test(
    'of the whole local cloud, at different moments, and a new start: it converges, nothing is broken',
    async () => {
      const state = join(folder, 'state')
      const credentialFile = join(state, 'git-credentials')
      // each start after a kill is the one that is killed next
      let run = startProcess(['--port', '0', '--state', state])
      for (const delay of [0, 400]) {
        await run.until(/It stays up/)
        const [, base = ''] = await run.until(/(http:\/\/git-codecommit\.us-east-1\S+)\/demo/)
        const work = join(folder, `work-${delay}`)
        const git = (...args: string[]) =>
          execFileSync(
            'git',
            [
              '-c',
              `credential.helper=store --file="${credentialFile}"`,
              '-c',
              'user.name=t',
              '-c',
              'user.email=t@example.com',
              ...args,
            ],
            { stdio: 'pipe' },
          )
        git('clone', '--quiet', `${base}/demo`, work)
        git('-C', work, 'commit', '--quiet', '--allow-empty', '-m', `Before the kill after ${delay} ms`)
        git('-C', work, 'push', '--quiet', 'origin', 'HEAD:main')
        const pushed = git('-C', work, 'rev-parse', 'HEAD').toString().trim()
        await sleep(delay)
        const family = treeOf(run.pid).map((line) => line.pid)
        process.kill(run.pid, 'SIGKILL')
        await run.ended()
        await untilGone(family)
        await expectWhole(bareRepositories(join(state, 'repositories')))

        run = startProcess(['--port', '0', '--state', state])
        const [, newBase = ''] = await run.until(/(http:\/\/git-codecommit\.us-east-1\S+)\/demo/)
        const side = (region: string) => ({
          url: `${newBase.replace('us-east-1', region)}/demo`,
          credentialFile,
        })
        const seen = await waitUntilEqual(
          side('us-east-1'),
          side('eu-west-1'),
          60_000,
          new AbortController().signal,
        )
        expect(seen.equal).toBe(true)
        const history =
          git('-C', work, 'fetch', '--quiet', `${newBase}/demo`, 'main') &&
          git('-C', work, 'merge-base', '--is-ancestor', pushed, 'FETCH_HEAD')
        expect(history.toString()).toBe('')
        expect((await lsRemote(side('eu-west-1').url, { credentialFile })).size).toBeGreaterThan(0)
      }
      process.kill(run.pid, 'SIGTERM')
      await run.ended()
      await expectWhole(bareRepositories(join(state, 'repositories')))
    },
    5 * MINUTES,
  )
})

const alive = (pid: number): boolean => living([pid]).length > 0

const untilMirrorRuns = async (root: number): Promise<number> => {
  for (let tries = 0; tries < 400; tries += 1) {
    const mirror = treeOf(root).find(
      (line) => /\bmain\.mjs\b/.test(line.command) && !/supervisor/.test(line.command),
    )
    if (mirror) return mirror.pid
    await sleep(10)
  }
  throw new Error('no mirror task was started')
}

const untilGone = async (pids: readonly number[]): Promise<void> => {
  for (let tries = 0; tries < 100 && living(pids).length > 0; tries += 1) await sleep(50)
  expect(living(pids)).toEqual([])
}
