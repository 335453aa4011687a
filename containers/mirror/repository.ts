import { join } from 'node:path'
import type { CodeCommitAccess } from '../../shared/codecommit/access.ts'
import { addressText, type ReachableRepository } from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import type { RefUpdate } from '../../shared/replication/plan.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { CredentialServer } from './credential-server.ts'
import type { Git, GitResult } from './git.ts'
import { gitFailure, judgePush, type PushOutcome, parseRefs } from './git-output.ts'

/** The source's clone in the work folder. */
export interface Repository {
  /** fetches the source's heads and tags; gives them */
  clone(source: ReachableRepository): Promise<RefMap>
  /** one push; throws only when git could not be run */
  push(replica: ReachableRepository, updates: readonly RefUpdate[]): Promise<PushOutcome>
}

/** A signed password lives about 15 minutes; a refusal this late into a command says nothing about rights. */
const PASSWORD_TRUSTED_MS = 14 * 60_000

/** Bytes that git sends with a length instead of in chunks: CodeCommit hangs up on a chunked fetch request. */
const FETCH_BUFFER = 16 * 1024 * 1024

/** The clone as a value that can be cloned into and pushed from, through the git program. */
export const createRepository = (tools: {
  readonly git: Git
  readonly credentials: CredentialServer
  readonly access: Pick<CodeCommitAccess, 'gitUrl' | 'gitPassword'>
  readonly folder: string
  readonly now: () => number
  readonly log: Log
}): Repository => {
  const { git, credentials, access, now, log } = tools
  const folder = join(tools.folder, 'source.git')

  const talk = async (
    repository: ReachableRepository,
    subcommand: 'clone' | 'push',
    argumentsFor: (url: string) => readonly string[],
  ): Promise<{ result: GitResult; late: boolean }> => {
    const url = access.gitUrl(repository)
    const startedAt = now()
    const remote = { url, password: () => access.gitPassword(repository) }
    const result = await credentials.during(remote, () =>
      git.run(subcommand, argumentsFor(url), subcommand === 'push' ? folder : undefined),
    )
    const failure = credentials.failure()
    if (result.status !== 0 && failure) throw failure
    if (result.status !== 0) log.warn('git said', { subcommand, words: lastWords(result.stderr) })
    return { result, late: now() - startedAt > PASSWORD_TRUSTED_MS }
  }

  return {
    async clone(source) {
      const facts = { subcommand: 'clone', repository: addressText(source) }
      // `--bare` takes exactly heads and tags, name for name; `--mirror` would take every other namespace as well.
      const { result, late } = await talk(source, 'clone', (url) => [
        '--bare',
        '--progress',
        '--template=',
        ...['-c', `http.postBuffer=${FETCH_BUFFER}`],
        '--',
        url,
        folder,
      ])
      if (result.status !== 0) throw excuseIfLate(gitFailure(result, 'SOURCE_MISSING', facts), late)
      const listed = await git.run(
        'for-each-ref',
        ['--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags'],
        folder,
      )
      if (listed.status !== 0) throw gitFailure(listed, 'GIT_FAILED', { subcommand: 'for-each-ref' })
      return parseRefs(listed.stdout)
    },
    async push(replica, updates) {
      const facts = { subcommand: 'push', repository: addressText(replica) }
      const { result, late } = await talk(replica, 'push', (url) => pushArguments(url, updates))
      const outcome = judgePush(updates, result, facts)
      return outcome.failure ? { ...outcome, failure: excuseIfLate(outcome.failure, late) } : outcome
    },
  }
}

/**
 * Full ref names and oids on both sides; each ref with the value the replica must still hold (git-push(1),
 * `--force-with-lease=<refname>:<expect>`, empty for "must not exist"). A lease that holds also permits a rewind; the `+` of
 * a forced refspec must not be there, since it would outweigh a lease that does not hold (git's remote.c,
 * set_ref_status_for_push). `--progress` keeps git writing, so that it notices when nobody reads any more.
 */
export const pushArguments = (url: string, updates: readonly RefUpdate[]): string[] => [
  '--porcelain',
  '--progress',
  '--no-verify',
  ...updates.map(
    (update) => `--force-with-lease=${update.ref}:${update.kind === 'create' ? '' : update.from}`,
  ),
  '--',
  url,
  ...updates.map((update) => (update.kind === 'delete' ? `:${update.ref}` : `${update.to}:${update.ref}`)),
]

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
