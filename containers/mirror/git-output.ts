import type { RefUpdate } from '../../shared/replication/plan.ts'
import { type Code, type ErrorData, RelayError } from '../../shared/runtime/errors.ts'
import type { GitResult } from './git.ts'

/** A ref that git or the server did not move. */
export interface Refusal {
  readonly ref: string
  /** in git's or the server's words */
  readonly reason: string
  /** the replica's value was not the expected one: somebody else moved it */
  readonly moved: boolean
}

export interface PushOutcome {
  /** refs that the server itself reported as moved, or that already held the wanted value */
  readonly done: ReadonlySet<string>
  readonly refused: readonly Refusal[]
  /** why the push as a whole failed: at least one ref has neither moved nor been refused by itself */
  readonly failure?: RelayError
}

/** git-push(1), "OUTPUT": `<flag> TAB <from>:<to> TAB <summary> (<reason>)` */
const PORCELAIN = /^([ +\-*!=])\t[^\t]*:([^\t:]+)\t(.*)$/

/**
 * Words for a refused compare-and-swap: git's own, for a lease, then those of git's and JGit's receive-pack. CodeCommit's are
 * not documented; whatever they are, a refused ref is tried again.
 */
const MOVED =
  /stale info|fetch first|failed to update ref|cannot lock ref|already exists|incorrect old value|lock error/i

/** Summary of a ref whose fate the server did not tell (connection lost in the middle). */
const UNTOLD = /^\[remote failure\]/

/**
 * What became of each update of one push. A ref counts as done by its own line alone: CodeCommit's receive-pack has no
 * `atomic`, so a push may succeed in part whatever its exit status.
 * @param facts for the failure's data
 */
export const judgePush = (
  updates: readonly RefUpdate[],
  result: GitResult,
  facts: ErrorData,
): PushOutcome => {
  const lines = new Map<string, { flag: string; summary: string }>()
  for (const line of result.stdout.split('\n')) {
    const [, flag, ref, summary] = PORCELAIN.exec(line) ?? []
    if (flag !== undefined && ref !== undefined && summary !== undefined) lines.set(ref, { flag, summary })
  }
  const done = new Set<string>()
  const refused: Refusal[] = []
  let untold = 0
  for (const { ref, kind } of updates) {
    const line = lines.get(ref)
    if (!line || UNTOLD.test(line.summary)) untold += 1
    else if (line.flag === '!') refused.push(refusal(ref, line.summary))
    else if ((kind === 'delete') === (line.flag === '-')) done.add(ref)
    else untold += 1
  }
  if (untold === 0) return { done, refused }
  const failure =
    result.status === 0
      ? new RelayError('GIT_PROTOCOL', { ...facts, untold })
      : gitFailure(result, 'REPLICA_MISSING', { ...facts, untold })
  return { done, refused, failure }
}

const refusal = (ref: string, summary: string): Refusal => {
  const reason = summary.slice(0, 300)
  return { ref, reason, moved: MOVED.test(reason) }
}

/** First match speaks. Lines of the server (`remote:`) are looked at only for its own state, never for that of our disk. */
const FAILURES: readonly (readonly [Code | 'missing', RegExp])[] = [
  ['DISK_FULL', /^(?!remote:).*(?:No space left on device|Disk quota exceeded)/im],
  ['REMOTE_THROTTLED', /returned error: (?:429|503)|rate exceeded/i],
  ['REMOTE_DENIED', /returned error: (?:401|403)|Authentication failed for/i],
  ['missing', /^(?:fatal|error): repository '.*' not found/im],
  ['REMOTE_FAILED', /returned error: \d{3}|^fatal: remote error:|possible repository corruption/im],
  [
    'REMOTE_UNREACHABLE',
    /Could(?:n't| not) resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out)|Recv failure|Send failure|Empty reply|early EOF|hung up|RPC failed|Operation too slow|timed out|SSL|TLS|unexpected disconnect|transfer closed|unable to access/i,
  ],
]

/**
 * Why git failed, told from its messages in the C locale (git's remote-curl.c and http.c; errors of libcurl).
 * @param missing the code for "no such repository"
 */
export const gitFailure = (result: GitResult, missing: Code, facts: ErrorData): RelayError => {
  const [code] = FAILURES.find(([, words]) => words.test(result.stderr)) ?? ['GIT_FAILED' as const]
  return new RelayError(code === 'missing' ? missing : code, { ...facts, status: result.status ?? 'signal' })
}

/** git's upload-pack.c and pack-objects.c, of what their own repository names and does not have */
const BROKEN = /not our ref|possible repository corruption|bad object|unable to read|missing/i

/** Whether a fetch failed because the source lacks an object that it names: of other refs another fetch may go well. */
export const isBroken = ({ status, stderr }: GitResult): boolean => status !== 0 && BROKEN.test(stderr)

/** What a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd'

/**
 * Lines of `for-each-ref --format='%(objectname) %(refname)'` as refs.
 * @throws RelayError NAME_INVALID for a name that is not UTF-8: under another it would be a ref that the source does not have;
 * GIT_FAILED for ids that are not SHA-1
 */
export const parseRefs = (stdout: string): Map<string, string> =>
  new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [, oid, ref] = /^([0-9a-f]{40}) (refs\/(?:heads|tags)\/.+)$/s.exec(line) ?? []
        if (oid === undefined || ref === undefined)
          throw new RelayError('GIT_FAILED', {
            problem: /^[0-9a-f]{64} /.test(line) ? 'object format sha256' : 'for-each-ref',
          })
        if (ref.includes(REPLACEMENT)) throw new RelayError('NAME_INVALID', { problem: 'not UTF-8', ref })
        return [ref, oid] as const
      }),
  )
