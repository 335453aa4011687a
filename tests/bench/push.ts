import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sameRefs } from '../../cli/git.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { type Bench, paired, type Row, row } from './harness.ts'

const run = promisify(execFile)

const byHand = (name: string): string => `${name}-by-hand`

export const push: Bench = {
  name: 'push',
  means:
    'From `git push` returning to the replica’s refs being equal, through events, queues and functions, by whichever way the push takes; against the script that people run by hand (git clone --mirror, git push --mirror) started at once by the same hand: what the way through the cloud adds. 1 is as quick as the script.',
  run: async (quick) => {
    const live = await raiseCloud()
    try {
      const rows: Row[] = []
      for (const commits of quick ? [10] : [10, 1_000])
        rows.push(await benchHistory(live, commits, quick ? 2 : 5))
      return rows
    } finally {
      await live.stop()
    }
  },
}

const benchHistory = async (live: LiveCloud, commits: number, rounds: number): Promise<Row> => {
  const name = `bench-${commits}`
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'))
  const git = (...args: string[]) => run('git', ['-C', folder, ...args], { env: live.gitEnvironment })
  try {
    await live.createRepository(name)
    await git('init', '--quiet', '--initial-branch=main')
    await fastImport(folder, commits, live.gitEnvironment)
    await git('push', '--quiet', live.url(name), 'main')
    await live.untilEqual(name)
    // the script, too, finds a replica that is there and up to date
    await live.createRepository(byHand(name), live.replicaRegion)
    await mirrorByHand(live, name)
    let count = 0
    const commitAndPush = async () => {
      count += 1
      writeFileSync(join(folder, 'change.txt'), `${count}\n`)
      await git('add', 'change.txt')
      await git(
        '-c',
        'user.name=b',
        '-c',
        'user.email=b@example.com',
        'commit',
        '--quiet',
        '-m',
        `change ${count}`,
      )
      await git('push', '--quiet', live.url(name), 'main')
    }
    const times = await paired(
      rounds,
      async () => {
        await commitAndPush()
        return live.untilEqual(name)
      },
      async () => {
        await commitAndPush()
        await live.untilEqual(name)
        return mirrorByHand(live, name)
      },
    )
    return row({
      work: `push of one commit, history of ${commits}`,
      against: 'mirror script by hand',
      unit: 'ms',
      ...times,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const fastImport = (folder: string, commits: number, env: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = execFile('git', ['-C', folder, 'fast-import', '--quiet'], { env }, (error) =>
      error ? reject(error) : resolve(),
    )
    for (let index = 1; index <= commits; index += 1) {
      const text = `file ${index}\n${'x'.repeat(2_000)}${Math.sin(index)}\n`
      child.stdin?.write(
        `commit refs/heads/main\nmark :${index}\ncommitter b <b@example.com> ${1_700_000_000 + index} +0000\ndata 2\nc\n${
          index > 1 ? `from :${index - 1}\n` : ''
        }M 644 inline file-${index % 200}.txt\ndata ${Buffer.byteLength(text)}\n${text}\n`,
      )
    }
    child.stdin?.end()
  })

/** The samples' way: clone all of it, push all of it, to a replica of its own. */
const mirrorByHand = async (live: LiveCloud, name: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-hand-'))
  const target = byHand(name)
  try {
    const started = performance.now()
    await run('git', ['clone', '--quiet', '--mirror', live.url(name), folder], { env: live.gitEnvironment })
    await run('git', ['-C', folder, 'push', '--quiet', '--mirror', live.replicaUrl(target)], {
      env: live.gitEnvironment,
    })
    const tookMs = performance.now() - started
    const [theirs, ours] = [await live.refs(live.url(name)), await live.refs(live.replicaUrl(target))]
    if (!sameRefs(theirs, ours)) throw new Error('the script did not make an equal replica')
    return tookMs
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
