import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Item } from './attributes.ts'
import { sideBySide } from './side-by-side.ts'
import type { Key, Table } from './table.ts'

/** What of a repository was searched already. */
export interface ScanMarks {
  /** full name → the tip that was searched, with all that leads to it */
  readonly tips: ReadonlyMap<string, string>
  /** tips that were searched and that no ref is at any more, newest first */
  readonly past: readonly string[]
  /** commits that the latest scans brought, newest last */
  readonly commits: ReadonlySet<string>
  /** milliseconds since the epoch: a scan was given up, and is not asked for again before; absent: the last one ended well */
  readonly pausedUntil?: number
  /** tips that events named while somebody else was at it, and that were not looked for yet */
  readonly hinted: readonly Hint[]
  /** what is there is more than the function can do: runs of the task that failed at it */
  readonly task?: number
}

/** A tip that an event named. */
export interface Hint {
  readonly ref: string
  readonly oid: string
}

/** `after`: who had it, and died with it */
export type Hold =
  | { readonly kind: 'held'; readonly after?: Holder }
  | { readonly kind: 'busy'; readonly by: Holder }

type Holder = 'function' | 'task'

export interface ScanMarkStore {
  read(repository: RepositoryAddress): Promise<ScanMarks>
  /**
   * Notes what was searched. A tip that another scan noted meanwhile is left as it is.
   * @param now full name → tip, or undefined where the ref is gone
   * @param commits that this scan searched, newest last
   */
  note(
    repository: RepositoryAddress,
    before: ScanMarks,
    now: ReadonlyMap<string, string | undefined>,
    commits: readonly string[],
    at: number,
  ): Promise<void>
  /** a scan was given up: the next one that nobody's push asks for waits, twice as long each time, a day at most */
  giveUp(repository: RepositoryAddress, at: number): Promise<void>
  /**
   * One scan of a repository at a time.
   * @param until milliseconds since the epoch: afterwards anybody may take it
   */
  hold(repository: RepositoryAddress, owner: string, until: number, at: number): Promise<Hold>
  /** gives it to a task, which is yet to start; false: another has it meanwhile */
  pass(repository: RepositoryAddress, owner: string, task: string, until: number): Promise<boolean>
  /** false: another has it */
  extend(repository: RepositoryAddress, owner: string, until: number): Promise<boolean>
  /** undefined: nobody has it */
  holder(repository: RepositoryAddress): Promise<string | undefined>
  release(repository: RepositoryAddress, owner: string): Promise<void>
  /** keeps what events named for whoever scans next */
  hint(repository: RepositoryAddress, hints: readonly Hint[], at: number): Promise<void>
  /**
   * What is there is the task's, until something of it was searched.
   * @param failed runs that failed; absent: as was noted before
   * @returns how many that are now
   */
  noteTask(repository: RepositoryAddress, failed?: number): Promise<number>
  /** names of the repositories of which anything was noted, also where they are no more */
  known(at: Pick<RepositoryAddress, 'account' | 'region'>): Promise<readonly string[]>
  /** the repository is no more: all that was noted of it, but for the claim */
  forget(repository: RepositoryAddress): Promise<void>
}

const TIP = 'tip '
const PAST = 'past '
const COMMITS = 'commits'
const CLAIM = 'claim'
const PAUSE = 'pause'
const HINT = 'hint '
const TASK = 'task'
const FIRST_PAUSE_MS = 30 * 60_000
const LONGEST_PAUSE_MS = 24 * 3_600_000
/** Tips that refs have left are told to the server as known for so long: a branch may come back. */
const PAST_SECONDS = 30 * 24 * 3600
/** 20 bytes each: an event that comes late names a commit that is known. */
export const MAX_REMEMBERED_COMMITS = 4_000

export const openScanMarks = (table: Table): ScanMarkStore => ({
  read: async (repository) => {
    const items = await table.query(partitionOf(repository))
    const of = (kind: string) => items.filter(({ sk }) => String(sk).startsWith(kind))
    const past = of(PAST).toSorted((a, b) => Number(b.expiresAt) - Number(a.expiresAt))
    return {
      tips: new Map(of(TIP).map(({ ref, oid }) => [String(ref), String(oid)])),
      past: past.map(({ oid }) => String(oid)),
      commits: new Set(of(COMMITS).flatMap(unpack)),
      ...of(PAUSE).reduce((_, { until }) => ({ pausedUntil: Number(until) }), {}),
      hinted: of(HINT).map(({ ref, oid }) => ({ ref: String(ref), oid: String(oid) })),
      ...of(TASK).reduce((_, { failed }) => ({ task: Number(failed) }), {}),
    }
  },
  note: async (repository, before, now, commits, at) => {
    const expiresAt = Math.ceil(at / 1000) + PAST_SECONDS
    const changed = [...now].filter(([ref, oid]) => before.tips.get(ref) !== oid)
    const left = new Set(changed.flatMap(([ref]) => before.tips.get(ref) ?? []))
    const pk = partitionOf(repository)
    const writes = [
      () => list(table, repository),
      ...[...left].map((oid) => () => table.put({ pk, sk: `${PAST}${oid}` }, { oid, expiresAt })),
      ...before.hinted.map(
        ({ oid }) =>
          () =>
            table.delete({ pk, sk: `${HINT}${oid}` }),
      ),
      ...changed.map(
        ([ref, oid]) =>
          () =>
            noteTip(table, tipKey(repository, ref), ref, before.tips.get(ref), oid),
      ),
    ]
    // a first scan may see thousands of refs
    await sideBySide(writes, async (write): Promise<unknown> => write())
    if (before.pausedUntil !== undefined) await table.delete({ pk, sk: PAUSE })
    if (before.task !== undefined) await table.delete({ pk, sk: TASK })
    if (commits.length === 0) return
    const kept = [...before.commits, ...commits].slice(-MAX_REMEMBERED_COMMITS)
    await table.put({ pk, sk: COMMITS }, { packed: Buffer.from(kept.join(''), 'hex').toString('base64') })
  },
  giveUp: async (repository, at) => {
    const key = { pk: partitionOf(repository), sk: PAUSE }
    const times = Number((await table.get(key))?.times ?? 0)
    const until = at + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** times)
    await table.put(key, { times: times + 1, until })
    await list(table, repository)
  },
  hold: async (repository, owner, until, at) => {
    const key = claimOf(repository)
    const before = await table.get(key)
    const by = before?.task === true ? 'task' : 'function'
    if (before && Number(before.until) >= at) return { kind: 'busy', by }
    const vacant = before
      ? { when: '#owner = :owner AND #until < :now', values: { ':owner': String(before.owner), ':now': at } }
      : { when: 'attribute_not_exists(#owner)' }
    if (!(await table.put(key, { owner, until }, vacant))) return { kind: 'busy', by: 'function' }
    return before ? { kind: 'held', after: by } : { kind: 'held' }
  },
  pass: (repository, owner, task, until) =>
    table.put(claimOf(repository), { owner: task, until, task: true }, ownedBy(owner)),
  extend: (repository, owner, until) =>
    table.update(claimOf(repository), { set: { until }, ...ownedBy(owner) }),
  holder: async (repository) => {
    const owner = (await table.get(claimOf(repository)))?.owner
    return owner === undefined ? undefined : String(owner)
  },
  release: async (repository, owner) => {
    await table.delete(claimOf(repository), ownedBy(owner))
  },
  hint: async (repository, hints, at) => {
    const pk = partitionOf(repository)
    const expiresAt = Math.ceil(at / 1000) + PAST_SECONDS
    await Promise.all(
      hints.map(({ ref, oid }) => table.put({ pk, sk: `${HINT}${oid}` }, { ref, oid, expiresAt })),
    )
  },
  noteTask: async (repository, failed) => {
    const key = { pk: partitionOf(repository), sk: TASK }
    const now = failed ?? Number((await table.get(key))?.failed ?? 0)
    await table.put(key, { failed: now })
    return now
  },
  known: async ({ account, region }) =>
    (await table.query(listOf({ account, region }))).map(({ sk }) => String(sk)),
  forget: async (repository) => {
    const pk = partitionOf(repository)
    const noted = (await table.query(pk)).map(({ sk }) => String(sk)).filter((sk) => sk !== CLAIM)
    await sideBySide(noted, (sk) => table.delete({ pk, sk }))
    // last: who dies before is asked again
    await table.delete({ pk: listOf(repository), sk: repository.name })
  },
})

/** No event tells that a repository was deleted: it is missed where those that are there are listed. */
const list = (table: Table, repository: RepositoryAddress): Promise<boolean> =>
  table.put({ pk: listOf(repository), sk: repository.name }, {})

const listOf = ({ account, region }: Pick<RepositoryAddress, 'account' | 'region'>): string =>
  `scanned#${account}/${region}`

const claimOf = (repository: RepositoryAddress): Key => ({ pk: partitionOf(repository), sk: CLAIM })

const ownedBy = (owner: string) => ({ when: '#owner = :owner', values: { ':owner': owner } })

const noteTip = async (
  table: Table,
  key: Key,
  ref: string,
  was: string | undefined,
  oid: string | undefined,
): Promise<void> => {
  const same =
    was === undefined
      ? { when: 'attribute_not_exists(#oid)' }
      : { when: '#oid = :was', values: { ':was': was } }
  if (oid === undefined) await table.delete(key, same)
  else await table.put(key, { ref, oid }, same)
}

const partitionOf = (repository: RepositoryAddress): string => `scan#${addressText(repository)}`

/** A ref's name may be too long for a key. */
const tipKey = (repository: RepositoryAddress, ref: string): Key => ({
  pk: partitionOf(repository),
  sk: `${TIP}${createHash('sha256').update(ref).digest('hex').slice(0, 32)}`,
})

const unpack = ({ packed }: Item): readonly string[] =>
  Buffer.from(String(packed ?? ''), 'base64')
    .toString('hex')
    .match(/.{40}/g) ?? []
