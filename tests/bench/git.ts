import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { startCloud } from '../../local/cloud.ts'
import { type Bench, paired, type Row, row } from './harness.ts'
import { httpBackend } from './http-backend.ts'

const run = promisify(execFile)

export const git: Bench = {
  name: 'git',
  means:
    'git push and git clone through the local CodeCommit (gateway, password, IAM, its Git profile, events, trail), against plain `git http-backend` behind node:http: no password, no judge, no profile. 1 is as quick as the floor; a push must stay above 0.87 (1.15 times the floor).',
  run: async (quick) => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-git-'))
    const floor = await startFloor(join(folder, 'floor'))
    const ours = await startOurs(join(folder, 'cloud'))
    try {
      const rounds = quick ? 5 : 41
      return [
        ...(await benchRepository({ folder, floor, ours, commits: quick ? 10 : 500, rounds })),
        await benchLarge({ folder, floor, ours, megabytes: quick ? 4 : 64, rounds: quick ? 1 : 5 }),
      ]
    } finally {
      await Promise.all([floor.stop(), ours.stop()])
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

interface Side {
  create(name: string): Promise<unknown>
  url(name: string): string
  stop(): Promise<void>
}

const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'b',
  GIT_AUTHOR_EMAIL: 'b@example.com',
  GIT_COMMITTER_NAME: 'b',
  GIT_COMMITTER_EMAIL: 'b@example.com',
}

const startOurs = async (folder: string): Promise<Side> => {
  const cloud = await startCloud({ folder })
  const [access] = cloud.access
  if (access === undefined) throw new Error('the cloud has no account')
  const { gitUserName = '', gitPassword = '' } = access
  const { accessKeyId, secretAccessKey } = access.credentials
  const credentials = { accessKeyId, secretAccessKey }
  const client = new CodeCommitClient({ endpoint: cloud.url, region: 'us-east-1', credentials })
  return {
    create: (repositoryName) => client.send(new CreateRepositoryCommand({ repositoryName })),
    url: (name) =>
      cloud.gitUrl('us-east-1', name).replace('://', `://${gitUserName}:${encodeURIComponent(gitPassword)}@`),
    stop: async () => {
      client.destroy()
      await cloud.stop()
    },
  }
}

const startFloor = async (root: string): Promise<Side> => {
  mkdirSync(root)
  const server = createServer(httpBackend(root))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    create: (name) => run('git', ['init', '--quiet', '--bare', join(root, name)], { env: environment }),
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

interface Work {
  readonly folder: string
  readonly floor: Side
  readonly ours: Side
  readonly rounds: number
}

/** Pushes of one commit each, in turn, then clones of what has become of it. */
const benchRepository = async (work: Work & { commits: number }): Promise<Row[]> => {
  const { folder, floor, ours, rounds, commits } = work
  await Promise.all([floor.create('small'), ours.create('small')])
  const here = join(folder, 'small')
  const git = (...args: string[]) => run('git', args, { cwd: here, env: environment })
  await run('git', ['init', '--quiet', '--initial-branch=main', here], { env: environment })
  const commit = async (text: string) => {
    writeFileSync(join(here, `file-${text.length % 7}.txt`), text)
    await git('add', '.')
    await git('commit', '--quiet', '-m', 'change')
  }
  for (let index = 0; index < commits / 10; index += 1) await commit(`${index} ${'x'.repeat(index)}`)
  for (const side of [floor, ours]) await git('push', '--quiet', side.url('small'), 'main')
  let count = 0
  const push = (side: Side) => async () => {
    count += 1
    await commit(`change ${count}\n`)
    return timed(() => git('push', '--quiet', side.url('small'), 'HEAD:main'))
  }
  const pushes = await paired(rounds, push(ours), push(floor))
  const clone = (side: Side) => async () => {
    const target = join(folder, 'clone')
    const took = await timed(() =>
      run('git', ['clone', '--quiet', '--bare', side.url('small'), target], { env: environment }),
    )
    rmSync(target, { recursive: true, force: true })
    return took
  }
  const clones = await paired(Math.ceil(rounds / 2), clone(ours), clone(floor))
  const against = 'git http-backend'
  return [
    row({ work: 'push of one commit', against, unit: 'ms', goal: 1 / 1.15, ...pushes }),
    row({ work: 'clone', against, unit: 'ms', ...clones }),
  ]
}

/** One large file that cannot be compressed, each time to a new branch. */
const benchLarge = async (work: Work & { megabytes: number }): Promise<Row> => {
  const { folder, floor, ours, rounds, megabytes } = work
  await Promise.all([floor.create('large'), ours.create('large')])
  const here = join(folder, 'large')
  const git = (...args: string[]) => run('git', args, { cwd: here, env: environment })
  await run('git', ['init', '--quiet', '--initial-branch=main', here], { env: environment })
  let count = 0
  const push = (side: Side) => async () => {
    count += 1
    writeFileSync(join(here, 'large.bin'), randomBytes(megabytes * 1024 * 1024))
    await git('add', '.')
    await git('commit', '--quiet', '--amend', '--allow-empty', '-m', 'large').catch(() =>
      git('commit', '--quiet', '-m', 'large'),
    )
    return timed(() => git('push', '--quiet', side.url('large'), `HEAD:refs/heads/b${count}`))
  }
  const times = await paired(rounds, push(ours), push(floor))
  const what = `push of ${megabytes} MB in one file`
  return row({ work: what, against: 'git http-backend', unit: 'ms', goal: 1 / 1.15, ...times })
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}
