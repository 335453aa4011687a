import { join } from 'node:path'
import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { addressText, type ReachableRepository } from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { CredentialServer } from './credential-server.ts'
import type { Git, GitResult } from './git.ts'
import { gitFailure, isBroken, judgePush, type PushOutcome, parseRefs } from './git-output.ts'

/** The source's clone in the work folder. */
export interface Repository {
  /**
   * Fetches the source's heads and tags.
   * @param advertised as the source names them: where it lacks an object of some, the others are fetched without these
   */
  clone(source: ReachableRepository, advertised: RefMap): Promise<Cloned>
  /** which of these objects no ref of the source reaches */
  lacking(oids: readonly string[]): Promise<ReadonlySet<string>>
  /** which of these objects are neither a tip nor, being commits, behind one; of what the clone lacks nothing is reached */
  unreached(oids: readonly string[], tips: Iterable<string>): Promise<ReadonlySet<string>>
  /** whether the clone's commit `to` has `from` behind it */
  isForward(from: string, to: string): Promise<boolean>
  /** one push; throws only when git could not be run */
  push(replica: ReachableRepository, updates: readonly RefUpdate[]): Promise<PushOutcome>
}

export interface Cloned {
  /** what was fetched */
  readonly refs: RefMap
  /** names that the source has, each with objects behind it that it lacks */
  readonly broken: readonly string[]
}

/** A signed password lives about 15 minutes; a refusal this late into a command says nothing about rights. */
const PASSWORD_TRUSTED_MS = 14 * 60_000

/** Finds up to 80 broken refs among 10,000, within minutes: where one lost object is behind them all, no halving helps. */
const MOST_HALVES = 1_000

/** The clone as a value that can be cloned into and pushed from, through the git program. */
export const createRepository = (tools: {
  readonly git: Git
  readonly credentials: CredentialServer
  readonly access: Pick<CodeCommitAccess, 'gitUrl' | 'gitPassword'>
  readonly folder: string
  /** fetches by halves; of a group that fails after them all its refs count as broken */
  readonly mostHalves?: number
  readonly now: () => number
  readonly log: Log
}): Repository => {
  const { git, credentials, access, mostHalves = MOST_HALVES, now, log } = tools
  const folder = join(tools.folder, 'source.git')

  let pushes = 0
  let halves = 0

  const talk = async (
    repository: ReachableRepository,
    subcommand: 'clone' | 'fetch' | 'push',
    argumentsFor: (url: string) => readonly string[],
    input?: string,
  ): Promise<{ result: GitResult; late: boolean }> => {
    const url = access.gitUrl(repository)
    const startedAt = now()
    const remote = { url, password: () => access.gitPassword(repository) }
    const more = subcommand === 'clone' ? {} : { gitDir: folder, ...(input !== undefined && { input }) }
    const result = await credentials.during(remote, () => git.run(subcommand, argumentsFor(url), more))
    const failure = credentials.failure()
    if (result.status !== 0 && failure) throw failure
    if (result.status !== 0) log.warn('git said', { subcommand, words: lastWords(result.stderr) })
    return { result, late: now() - startedAt > PASSWORD_TRUSTED_MS }
  }

  /** A local git command on the clone, that is not expected to fail. */
  const local = async (
    subcommand: 'cat-file' | 'for-each-ref' | 'rev-list' | 'update-ref',
    args: readonly string[],
    input = '',
  ) => {
    const result = await git.run(subcommand, args, { gitDir: folder, input })
    if (result.status !== 0) throw gitFailure(result, 'GIT_FAILED', { subcommand })
    return result.stdout
  }

  const types = async (oids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const input = oids.map((oid) => `${oid}\n`).join('')
    const said = await local('cat-file', ['--batch-check=%(objectname) %(objecttype)'], input)
    return new Map(said.split('\n').map((line) => line.split(' ', 2) as [string, string]))
  }

  /** Fetches these refs, by halves where some are broken. */
  const fetchSome = async (source: ReachableRepository, refs: readonly string[]): Promise<string[]> => {
    const facts = { subcommand: 'fetch', repository: addressText(source) }
    const args = (url: string) => ['--no-tags', '--no-write-fetch-head', '--progress', '--stdin', '--', url]
    const lines = refs.map((ref) => `${ref}:${ref}\n`).join('')
    const { result, late } = await talk(source, 'fetch', args, lines)
    if (result.status === 0) return []
    if (!isBroken(result)) throw excuseIfLate(gitFailure(result, 'SOURCE_MISSING', facts), late)
    if (refs.length === 1 || halves >= mostHalves) return [...refs]
    halves += 2
    const half = Math.ceil(refs.length / 2)
    return [...(await fetchSome(source, refs.slice(0, half))), ...(await fetchSome(source, refs.slice(half)))]
  }

  const cloneWhole = async (source: ReachableRepository): Promise<'whole' | 'broken'> => {
    const facts = { subcommand: 'clone', repository: addressText(source) }
    // `--bare` takes exactly heads and tags, name for name; `--mirror` would take every other namespace as well.
    const options = ['--bare', '--reject-shallow', '--progress', '--template=']
    const { result, late } = await talk(source, 'clone', (url) => [...options, '--', url, folder])
    if (result.status === 0) return 'whole'
    if (isBroken(result)) return 'broken'
    throw excuseIfLate(gitFailure(result, 'SOURCE_MISSING', facts), late)
  }

  return {
    async clone(source, advertised) {
      let broken: readonly string[] = []
      if ((await cloneWhole(source)) === 'broken') {
        const made = await git.run('init', ['--quiet', '--bare', '--template=', folder])
        if (made.status !== 0) throw gitFailure(made, 'GIT_FAILED', { subcommand: 'init' })
        broken = await fetchSome(source, [...advertised.keys()])
      }
      const format = '--format=%(objectname) %(refname)'
      return { refs: parseRefs(await local('for-each-ref', [format, 'refs/heads', 'refs/tags'])), broken }
    },
    async unreached(oids, tips) {
      const held = new Set(tips)
      const open = [...new Set(oids)].filter((oid) => !held.has(oid))
      if (open.length === 0) return new Set()
      const known = await types(open)
      const commits = open.filter((oid) => known.get(oid) === 'commit')
      const lines = [...commits, ...[...held].map((oid) => `^${oid}`)].map((line) => `${line}\n`)
      const walked =
        commits.length === 0 ? '' : await local('rev-list', ['--ignore-missing', '--stdin'], lines.join(''))
      const ahead = new Set(walked.split('\n'))
      return new Set(open.filter((oid) => known.get(oid) !== 'commit' || ahead.has(oid)))
    },
    async isForward(from, to) {
      const { status } = await git.run('merge-base', ['--is-ancestor', from, to], { gitDir: folder })
      return status === 0
    },
    async lacking(oids) {
      if (oids.length === 0) return new Set()
      const input = [...new Set(oids)].map((oid) => `${oid}\n`).join('')
      const said = await local('cat-file', ['--batch-check=%(objectname)'], input)
      return new Set(said.split('\n').flatMap((line) => /^(\S+) missing$/.exec(line)?.[1] ?? []))
    },
    async push(replica, updates) {
      const facts = { subcommand: 'push', repository: addressText(replica) }
      pushes += 1
      const room = `refs/push/${pushes}`
      await local('update-ref', ['--stdin', '-z'], roomCommands(room, updates))
      const { result, late } = await talk(replica, 'push', (url) => pushArguments(url, room, updates))
      const outcome = judgePush(updates, result, facts)
      return outcome.failure ? { ...outcome, failure: excuseIfLate(outcome.failure, late) } : outcome
    },
  }
}

/**
 * For `git update-ref --stdin -z`: the refs of one push, gathered below `room`, so that the push can name them by a pattern.
 * Git looks up every refspec that is spelt out in all refs of both sides: with thousands that takes longer than all the rest.
 */
const roomCommands = (room: string, updates: readonly RefUpdate[]): string =>
  updates
    .flatMap((update) =>
      update.kind === 'delete' ? [] : [`create ${update.ref.replace('refs', room)}\0${update.to}\0`],
    )
    .join('')

/**
 * Each ref goes with the value that the replica must still hold (git-push(1), `--force-with-lease=<refname>:<expect>`, empty
 * for "must not exist"). A lease that holds also permits a rewind; the `+` of a forced refspec must not be there, since it
 * would outweigh a lease that does not hold (git's remote.c, set_ref_status_for_push). `--progress` keeps git writing, so
 * that it notices when nobody reads any more. Git takes the first lease whose name a ref may be meant by, and `refs/heads/main` may
 * mean `refs/heads/refs/heads/main` (remote.c, apply_cas): the longer name goes first.
 * @param room where the refs to push are gathered
 */
export const pushArguments = (url: string, room: string, updates: readonly RefUpdate[]): string[] => {
  const sent = updates.filter(({ kind }) => kind !== 'delete')
  const patterns = ['heads', 'tags']
    .filter((kind) => sent.some(({ ref }) => ref.startsWith(`refs/${kind}/`)))
    .map((kind) => `${room}/${kind}/*:refs/${kind}/*`)
  const leases = updates
    .toSorted((a, b) => b.ref.length - a.ref.length)
    .map((update) => `--force-with-lease=${update.ref}:${update.kind === 'create' ? '' : update.from}`)
  const deletions = updates.flatMap(({ kind, ref }) => (kind === 'delete' ? [`:${ref}`] : []))
  return ['--porcelain', '--progress', '--no-verify', ...leases, '--', url, ...patterns, ...deletions]
}

const excuseIfLate = (failure: RelayError, late: boolean): RelayError =>
  late && failure.code === 'REMOTE_DENIED'
    ? new RelayError('REMOTE_FAILED', { ...failure.data, problem: 'password outlived' }, { cause: failure })
    : failure

/** The lines worth keeping of what git wrote: progress overwrites itself by carriage returns. */
const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.split('\r').at(-1) ?? '')
    .filter((line) => line !== '' && !/\d+% \(\d+\/\d+\)/.test(line))
    .slice(-12)
    .join('\n')
