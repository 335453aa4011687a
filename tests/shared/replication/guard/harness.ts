import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReachableRepository } from '../../../../shared/codecommit/address.ts'
import { gitUrl } from '../../../../shared/codecommit/endpoint.ts'
import { basicAuthorization, signGitPassword } from '../../../../shared/codecommit/git-password.ts'
import { createGitClient } from '../../../../shared/git/client.ts'
import type { GuardParts } from '../../../../shared/replication/guard/guard.ts'
import type { Target } from '../../../../shared/replication/prove.ts'
import { openOnce } from '../../../../shared/store/idempotency.ts'
import { openLeftRefs } from '../../../../shared/store/left-refs.ts'
import { openParked } from '../../../../shared/store/parked.ts'
import { makeRepository } from '../../../support/codecommit-api.ts'
import { type GitRequest, startGitServer } from '../../../support/git-server.ts'
import { readRefs, setRef, writeCommit, writeFiles } from '../../../support/loose.ts'
import { startTable } from '../../../support/table.ts'

const KEYS = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret'].join('/') }
const ACCOUNT = '111111111111'
export const DAY = 24 * 3600_000

export type Bench = Awaited<ReturnType<typeof startBench>>

/** Source and replica on a real git server, the table on a DynamoDB-compatible one, and a clock that is moved by hand. */
export const startBench = async () => {
  const root = mkdtempSync(join(tmpdir(), 'relay-guard-'))
  const hooks: { before?: (request: GitRequest) => number | undefined } = {}
  const [server, table] = await Promise.all([
    startGitServer({
      root,
      secretOf: () => KEYS.secretAccessKey,
      before: (request) => hooks.before?.(request),
    }),
    startTable(),
  ])
  const clock = { now: Date.parse('2031-05-17T09:00:00Z') }
  const events: { type: string; detail: Record<string, unknown> }[] = []
  const lines: string[] = []
  const made: { name: string; tags?: unknown; kmsKey?: unknown }[] = []
  const say = (message: string, facts: object = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const folderOf = ({ region, name }: { region: string; name: string }) => join(root, region, name)

  const parts: GuardParts = {
    git: createGitClient(),
    remote: ({ region, name }) => {
      const url = gitUrl(server.endpoint, region, name)
      const { hostname: host, pathname: path } = new URL(url)
      const sign = () => signGitPassword(KEYS, { region, host, path, now: Date.now() })
      return { url, authorization: async () => basicAuthorization(sign()) }
    },
    repositories: {
      ensureRepository: async (repository, { tags, kmsKey }) => {
        if (existsSync(folderOf(repository))) return 'present'
        makeRepository(root, repository.region, repository.name)
        made.push({ name: repository.name, tags, kmsKey })
        return 'created'
      },
    },
    parked: openParked(table.table),
    left: openLeftRefs(table.table),
    once: openOnce({ table: table.table, now: () => clock.now, id: randomUUID }).once,
    emit: async (type, detail) => void events.push({ type, detail: detail as never }),
    now: () => clock.now,
    log: { info: say, warn: say, error: say },
  }
  const git = (repository: ReachableRepository, ...args: string[]): string =>
    execFileSync('git', [`--git-dir=${folderOf(repository)}`, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'Nina',
        GIT_AUTHOR_EMAIL: 'nina@example.com',
        GIT_COMMITTER_NAME: 'Nina',
        GIT_COMMITTER_EMAIL: 'nina@example.com',
      },
    }).trim()
  return {
    remove: (repository: ReachableRepository) => rmSync(folderOf(repository), { recursive: true }),
    gitInput: (repository: ReachableRepository, input: string, ...args: string[]) =>
      void execFileSync('git', [`--git-dir=${folderOf(repository)}`, ...args], { input }),
    parts,
    clock,
    events,
    lines,
    made,
    hooks,
    git,
    folderOf,
    /** a repository under a name of its own, so that tests share the servers */
    target: (name: string): Target => {
      makeRepository(root, 'us-east-1', name)
      makeRepository(root, 'eu-west-1', name)
      const names = { account: ACCOUNT, name }
      return {
        repository: { ...names, region: 'us-east-1' },
        replica: { ...names, region: 'eu-west-1' },
        deletes: 'mirror',
      }
    },
    /** a commit of its own words; gives its oid */
    commit: (repository: ReachableRepository, words: string, ...parents: string[]): string => {
      const folder = folderOf(repository)
      return writeCommit(folder, writeFiles(folder, { file: 'apples\n' }), words, parents)
    },
    set: (repository: ReachableRepository, ref: string, oid: string): void =>
      setRef(folderOf(repository), ref, oid),
    /** all of them */
    refs: (repository: ReachableRepository): Map<string, string> => readRefs(folderOf(repository), ['refs']),
    close: async () => {
      await Promise.all([server.close(), table.close()])
      rmSync(root, { recursive: true, force: true })
    },
  }
}
