import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleMirror } from '../../../stack/build.ts'
import { type CodeCommitApi, codeCommitApi, makeRepository } from '../../support/codecommit-api.ts'
import { type GitRequest, type GitServer, startGitServer } from '../../support/git-server.ts'
import { readRefs, setRef, writeCommit, writeTree } from '../../support/loose.ts'

export const SOURCE = { account: '111111111111', region: 'us-east-1', name: 'orchard' }
export const REPLICA = { account: '111111111111', region: 'eu-west-1', name: 'orchard' }

// Made up; the token and the secret must show up nowhere.
export const keys = {
  accessKeyId: 'AKIDORCHARD01',
  secretAccessKey: ['not-a-real', 'secret+0001'].join('/'),
  sessionToken: ['FakeSession/Token+With', 'Slash=='].join('/'),
}

export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly lines: readonly Record<string, unknown>[]
}

export interface World {
  readonly server: GitServer
  readonly api: CodeCommitApi
  /** TMPDIR of the mirror: empty unless it left something */
  readonly work: string
  /** runs before git answers a request; set anew for each test */
  before: (request: GitRequest) => number | undefined | Promise<number | undefined>
  /** false: the server knows no credentials any more */
  trusted: boolean
  start(environment?: Record<string, string>, program?: string): { child: ChildProcess; ended: Promise<Run> }
  run(environment?: Record<string, string>, program?: string): Promise<Run>
  /** an empty replica */
  makeReplica(): void
  git(where: { region: string; name: string }, ...args: string[]): string
  /** `git update-ref --stdin` */
  update(where: { region: string; name: string }, commands: string): void
  /** a new commit on top of `parent`, not yet on any ref */
  commit(message: string, parent?: string): string
  /** puts a ref of the source */
  set(ref: string, oid: string): void
  refs(where: { region: string; name: string }): string
  close(): Promise<void>
}

/** The container's two programs, bundled as they are for the image. */
export const buildPrograms = async (): Promise<{ folder: string; remove(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-app-'))
  for (const [path, contents] of await bundleMirror()) writeFileSync(join(folder, path), contents)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A source with one commit on `main`, no replica, and everything around them but the mirror. */
export const newWorld = async (programs: string): Promise<World> => {
  const root = mkdtempSync(join(tmpdir(), 'mirror-test-'))
  const work = join(root, 'work')
  mkdirSync(work)
  const repositories = join(root, 'repositories')
  const api = codeCommitApi(repositories, (role) => {
    throw new Error(`nobody assumes ${role} here`)
  })
  const folderOf = ({ region, name }: { region: string; name: string }) => join(repositories, region, name)
  const children = new Set<ChildProcess>()
  const server = await startGitServer({
    root: repositories,
    secretOf: (id) => (world.trusted && id === keys.accessKeyId ? keys.secretAccessKey : undefined),
    before: (request) => world.before(request),
    otherwise: api.handle,
  })
  const world: World = {
    server,
    api,
    work,
    trusted: true,
    before: () => undefined,
    start(environment = {}, program = join(programs, 'main.mjs')) {
      const child = spawn(process.execPath, [program], {
        env: {
          ...environmentOf(server, work),
          NODE_COMPILE_CACHE: join(programs, 'compiled'),
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.add(child)
      return { child, ended: endOf(child).finally(() => children.delete(child)) }
    },
    makeReplica: () => void makeRepository(repositories, REPLICA.region, REPLICA.name),
    run: (environment, program) => world.start(environment, program).ended,
    git: (where, ...args) =>
      execFileSync('git', [`--git-dir=${folderOf(where)}`, ...IDENTITY, ...args], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        // what git says of a failure is in the error
        stdio: 'pipe',
      }).trim(),
    update: (where, input) => {
      execFileSync('git', [`--git-dir=${folderOf(where)}`, 'update-ref', '--stdin'], {
        input,
      })
    },
    commit: (message, parent) => {
      const folder = folderOf(SOURCE)
      return writeCommit(folder, writeTree(folder, []), message, parent ? [parent] : [])
    },
    set: (ref, oid) => setRef(folderOf(SOURCE), ref, oid),
    refs: (where) => {
      const folder = folderOf(where)
      if (!existsSync(folder)) throw new Error(`${folder}: not a git repository`)
      return [...readRefs(folder)].map(([ref, oid]) => `${oid} ${ref}`).join('\n')
    },
    async close() {
      for (const child of children) child.kill('SIGKILL')
      await server.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
  makeRepository(repositories, SOURCE.region, SOURCE.name)
  api.describe(SOURCE.region, SOURCE.name, 'apples and pears')
  world.set('refs/heads/main', world.commit('first'))
  return world
}

const IDENTITY = ['-c', 'user.name=n', '-c', 'user.email=n@example.org']

const environmentOf = (server: GitServer, work: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  TMPDIR: work,
  AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
  AWS_REGION: SOURCE.region,
  AWS_MAX_ATTEMPTS: '1',
  AWS_ACCESS_KEY_ID: keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  AWS_SESSION_TOKEN: keys.sessionToken,
  RELAY_REPOSITORY: JSON.stringify(SOURCE),
  RELAY_REPLICA: JSON.stringify(REPLICA),
  RELAY_DELETES: 'mirror',
  RELAY_CLAIM: 'claim-1',
  RELAY_ATTEMPT: '0',
  RELAY_REASON: 'push',
  // what is tested of both ways says so
  RELAY_WAY: 'git',
  RELAY_GIT_ENDPOINT: server.endpoint,
})

const endOf = (child: ChildProcess): Promise<Run> => {
  const pieces: Buffer[] = []
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
  child.stderr?.on('data', (piece: Buffer) => pieces.push(piece))
  return new Promise((done) =>
    child.once('close', (code, signal) => {
      const output = Buffer.concat(pieces).toString()
      const json = output.split('\n').filter((line) => line.startsWith('{'))
      done({ code, signal, output, lines: json.map((line) => JSON.parse(line)) })
    }),
  )
}
