import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Item } from './attributes.ts'
import type { Key, Table } from './table.ts'

/** What of a repository was searched already. */
export interface ScanMarks {
  /** full name → the tip that was searched, with all that leads to it */
  readonly tips: ReadonlyMap<string, string>
  /** tips that were searched and that no ref is at any more, newest first */
  readonly past: readonly string[]
  /** commits that the latest scans brought, newest last */
  readonly commits: ReadonlySet<string>
}

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
  /**
   * One scan of a repository at a time.
   * @param until milliseconds since the epoch: afterwards anybody may take it
   * @returns false while another has it
   */
  hold(repository: RepositoryAddress, owner: string, until: number, at: number): Promise<boolean>
  release(repository: RepositoryAddress, owner: string): Promise<void>
}

const TIP = 'tip '
const PAST = 'past '
const COMMITS = 'commits'
const CLAIM = 'claim'
/** Tips that refs have left are told to the server as known for so long: a branch may come back. */
const PAST_SECONDS = 30 * 24 * 3600
/** 20 bytes each: an event that comes late names a commit that is known. */
export const MAX_REMEMBERED_COMMITS = 4_000
/** Writes side by side: a first scan may see thousands of refs. */
const PARALLEL = 25

export const openScanMarks = (table: Table): ScanMarkStore => ({
  read: async (repository) => {
    const items = await table.query(partitionOf(repository))
    const of = (kind: string) => items.filter(({ sk }) => String(sk).startsWith(kind))
    const past = of(PAST).toSorted((a, b) => Number(b.expiresAt) - Number(a.expiresAt))
    return {
      tips: new Map(of(TIP).map(({ ref, oid }) => [String(ref), String(oid)])),
      past: past.map(({ oid }) => String(oid)),
      commits: new Set(of(COMMITS).flatMap(unpack)),
    }
  },
  note: async (repository, before, now, commits, at) => {
    const expiresAt = Math.ceil(at / 1000) + PAST_SECONDS
    const changed = [...now].filter(([ref, oid]) => before.tips.get(ref) !== oid)
    const left = new Set(changed.flatMap(([ref]) => before.tips.get(ref) ?? []))
    const pk = partitionOf(repository)
    const writes = [
      ...[...left].map((oid) => () => table.put({ pk, sk: `${PAST}${oid}` }, { oid, expiresAt })),
      ...changed.map(
        ([ref, oid]) =>
          () =>
            noteTip(table, tipKey(repository, ref), ref, before.tips.get(ref), oid),
      ),
    ]
    for (let from = 0; from < writes.length; from += PARALLEL)
      await Promise.all(writes.slice(from, from + PARALLEL).map((write) => write()))
    if (commits.length === 0) return
    const kept = [...before.commits, ...commits].slice(-MAX_REMEMBERED_COMMITS)
    await table.put({ pk, sk: COMMITS }, { packed: Buffer.from(kept.join(''), 'hex').toString('base64') })
  },
  hold: (repository, owner, until, at) =>
    table.put(
      { pk: partitionOf(repository), sk: CLAIM },
      { owner, until },
      { when: 'attribute_not_exists(#owner) OR #until < :now', values: { ':now': at } },
    ),
  release: async (repository, owner) => {
    const mine = { when: '#owner = :owner', values: { ':owner': owner } }
    await table.delete({ pk: partitionOf(repository), sk: CLAIM }, mine)
  },
})

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
