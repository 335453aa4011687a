import { addressText, type ReachableRepository } from '../../codecommit/address.ts'
import type { Advertisement } from '../../git/advertisement.ts'
import type { GitClient, GitRemote, PackStream, PushReport, RefCommand, RefResult } from '../../git/types.ts'
import { RelayError } from '../../runtime/errors.ts'

export interface BringParts {
  readonly git: GitClient
  readonly remote: (repository: ReachableRepository) => GitRemote
  /** milliseconds since the epoch */
  readonly now: () => number
}

/** What bringing may cost. */
export interface BringLimits {
  /** milliseconds since the epoch */
  readonly until?: number | undefined
  /** of the pack */
  readonly bytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface BringWork {
  readonly from: ReachableRepository
  readonly to: ReachableRepository
  /** tips of `from` whose objects `to` may lack; none: it has them all */
  readonly wants: readonly string[]
  readonly commands: readonly RefCommand[]
  /** how `to` was just advertised to a push; absent: it is asked */
  readonly there?: Advertisement | undefined
  /** tips of `to` that are most likely to share history with what is wanted, best first */
  readonly near?: readonly string[]
  /** a ref of `to` that is to follow a main branch of `from`, so that later tips find shared history; only with a pack */
  readonly anchor?: string
  readonly limits?: BringLimits
}

/** Few haves make small requests; more of them make hardly smaller packs. */
const MOST_HAVES = 32

/**
 * Moves refs of one repository to tips of another, whose objects stream along: one fetch, one push, nothing kept here.
 * @returns what `to` said of each ref
 * @throws RelayError REPLICA_MISSING, REPLICA_MOVED (a wanted tip is none any more), PUSH_REJECTED (the pack was refused),
 * GIT_LIMIT with `limit` in its data (`deadline`, `bytes`); and what the Git client throws
 */
export const bring = async (parts: BringParts, work: BringWork): Promise<ReadonlyMap<string, RefResult>> => {
  const there =
    work.there ?? (await parts.git.advertise(parts.remote(work.to), 'git-receive-pack', exchangeOf(work)))
  if (!there) throw new RelayError('REPLICA_MISSING', { repository: addressText(work.to) })
  if (work.wants.length === 0) return push(parts, work, there, work.commands)
  const source = await parts.git.advertise(parts.remote(work.from), 'git-upload-pack', exchangeOf(work))
  const tips = new Set(source?.refs.values())
  const gone = work.wants.filter((oid) => !tips.has(oid))
  if (!source || gone.length > 0) {
    throw new RelayError('REPLICA_MOVED', { repository: addressText(work.from), tips: gone.length })
  }
  const anchor = anchorOf(work, source, there)
  const commands = anchor ? [...work.commands, anchor] : work.commands
  const wants = [...new Set([...work.wants, ...(anchor ? [anchor.to] : [])])]
  const thin = !there.capabilities.includes('no-thin')
  const send = async (isThin: boolean) =>
    push(parts, work, there, commands, await packOf(parts, work, source, there, wants, isThin))
  try {
    return await send(thin)
  } catch (error) {
    const { code, data } = error instanceof RelayError ? error : {}
    // the client has learnt that this server wants the pack's length first, and gathers the next one
    if (data?.again === 'with-length') return send(thin)
    if (thin && code === 'PUSH_REJECTED') return send(false)
    throw error
  }
}

const packOf = async (
  { git, remote, now }: BringParts,
  work: BringWork,
  source: Advertisement,
  there: Advertisement,
  wants: readonly string[],
  thin: boolean,
): Promise<PackStream> => {
  const held = new Set(there.refs.values())
  const near = (work.near ?? []).filter((oid) => held.has(oid))
  const { pack } = await git.fetch(
    remote(work.from),
    {
      wants,
      haves: [...new Set([...near, ...held])].slice(0, MOST_HAVES),
      offered: source.capabilities,
      thin,
      offsetDeltas: there.capabilities.includes('ofs-delta'),
    },
    exchangeOf(work),
  )
  return metered(pack, work, now)
}

/** Ends the pack, and thereby the push, where a limit is passed. */
async function* metered(pack: PackStream, { limits, to }: BringWork, now: () => number): PackStream {
  let bytes = 0
  const exceeded = (limit: string) =>
    new RelayError('GIT_LIMIT', { limit, bytes, repository: addressText(to) })
  for await (const piece of pack) {
    bytes += piece.length
    if (limits?.bytes !== undefined && bytes > limits.bytes) throw exceeded('bytes')
    if (limits?.until !== undefined && now() > limits.until) throw exceeded('deadline')
    yield piece
  }
}

const push = async (
  { git, remote }: BringParts,
  work: BringWork,
  there: Advertisement,
  commands: readonly RefCommand[],
  pack?: PackStream,
): Promise<ReadonlyMap<string, RefResult>> => {
  const request = { commands, offered: there.capabilities, ...(pack ? { pack } : {}) }
  const report = await git.push(remote(work.to), request, exchangeOf(work))
  if (!report) return lookAgain({ git, remote }, work, commands)
  if (report.unpack !== 'ok') {
    throw new RelayError('PUSH_REJECTED', {
      repository: addressText(work.to),
      unpack: report.unpack.slice(0, 200),
    })
  }
  return toldOf(report, commands)
}

const toldOf = (report: PushReport, commands: readonly RefCommand[]): ReadonlyMap<string, RefResult> =>
  new Map(
    commands.map(({ ref }) => [ref, report.refs.get(ref) ?? { kind: 'refused', reason: 'not spoken of' }]),
  )

/** The server does not report: its refs do. */
const lookAgain = async (
  { git, remote }: Pick<BringParts, 'git' | 'remote'>,
  work: BringWork,
  commands: readonly RefCommand[],
): Promise<ReadonlyMap<string, RefResult>> => {
  const now = await git.advertise(remote(work.to), 'git-receive-pack', exchangeOf(work))
  return new Map(
    commands.map(({ ref, to }): [string, RefResult] => [
      ref,
      (now?.refs.get(ref) ?? ZERO) === to ? { kind: 'ok' } : { kind: 'refused', reason: 'not moved' },
    ]),
  )
}

const ZERO = '0'.repeat(40)

/** First of these that the repository has, else its first branch by name. */
const MAIN_BRANCHES = ['refs/heads/main', 'refs/heads/master', 'refs/heads/develop']

const anchorOf = (
  { anchor: ref }: BringWork,
  source: Advertisement,
  there: Advertisement,
): RefCommand | undefined => {
  if (ref === undefined) return undefined
  const branches = [...source.refs.keys()].filter((name) => name.startsWith('refs/heads/')).sort()
  const branch = MAIN_BRANCHES.find((name) => source.refs.has(name)) ?? branches[0]
  const to = branch === undefined ? undefined : source.refs.get(branch)
  const from = there.refs.get(ref) ?? ZERO
  return to === undefined || to === from ? undefined : { ref, from, to }
}

const exchangeOf = ({ limits }: BringWork) => (limits?.signal === undefined ? {} : { signal: limits.signal })
