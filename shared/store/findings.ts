import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Item } from './attributes.ts'
import { sideBySide } from './side-by-side.ts'
import type { Key, Table } from './table.ts'

/**
 * open: it is there; allowed: somebody said that it is no secret; resolved: no branch that is looked at has it any more. In each state
 * it was pushed, and is leaked unless it is no secret.
 */
export type FindingState = 'open' | 'allowed' | 'resolved'

/** A secret at one place of a repository. The secret itself is nowhere in it. */
export interface FindingRecord {
  /** `<id of the key>:<HMAC>` of rule and secret */
  readonly fingerprint: string
  readonly repository: RepositoryAddress
  readonly place: 'file' | 'commit-message' | 'tag-message' | 'path' | 'ref-name'
  /** empty for messages; of a branch or tag its full name, masked */
  readonly path: string
  readonly rule: string
  readonly description: string
  readonly action: 'block' | 'advise'
  readonly redacted: string
  readonly note?: string
  readonly state: FindingState
  /** of what is resolved, where no push took it away: the whole repository was deleted */
  readonly how?: 'deleted'
  /** who allowed it, and by what */
  readonly allowed?: { readonly by: string; readonly why: string }
  readonly line?: number
  readonly column?: number
  /** of the file's content in which it was last seen */
  readonly blob?: string
  /** the commit or tag that brought it first */
  readonly commit?: string
  readonly author?: string
  /** full names of the refs that lead to it, as far as is known */
  readonly refs: readonly string[]
  /** ISO 8601 */
  readonly firstSeen: string
  readonly lastSeen: string
  readonly changedAt: string
  /** it was resolved or allowed, and is back */
  readonly again: boolean
  /** what people have not been told yet */
  readonly untold?: 'found' | 'resolved'
}

export interface FindingStore {
  /** all of a repository, in any state */
  list(repository: RepositoryAddress): Promise<readonly FindingRecord[]>
  save(records: readonly FindingRecord[]): Promise<void>
  remove(records: readonly FindingRecord[]): Promise<void>
  /** other repositories that hold, or held, the same secret, the first to have it first */
  elsewhere(fingerprint: string, repository: RepositoryAddress): Promise<readonly RepositoryAddress[]>
  /** what a repository has of one secret, in any state */
  of(repository: RepositoryAddress, fingerprint: string): Promise<readonly FindingRecord[]>
}

/** Whatever is kept of one repository is written by the one scan that holds it: no condition is needed. */
export const openFindings = (table: Table): FindingStore => {
  return {
    list: async (repository) => (await table.query(partitionOf(repository))).map(recordOf),
    save: async (records) => {
      await sideBySide(records, async (record) => {
        // first the link: who finds the record finds it linked
        await table.put(linkKey(record), { at: record.firstSeen })
        await table.put(keyOf(record), itemOf(record))
      })
    },
    remove: async (records) => {
      await sideBySide(records, (record) => table.delete(keyOf(record)))
    },
    elsewhere: async (fingerprint, repository) => {
      const links = await table.query(linksOf(fingerprint))
      return links
        .filter(({ sk }) => sk !== addressText(repository))
        .toSorted((a, b) => String(a.at).localeCompare(String(b.at)))
        .map(({ sk }) => addressOf(String(sk)))
    },
    of: async (repository, fingerprint) => {
      // a key begins with the fingerprint, and goes on with hex digits
      const between = { from: `${fingerprint} `, to: `${fingerprint} ~` }
      return (await table.query(partitionOf(repository), between)).map(recordOf)
    },
  }
}

/** What tells the findings of a repository apart: the secret, and where it is; a message is named by its commit. */
export const placeKey = ({
  fingerprint,
  place,
  path,
  commit,
}: Pick<FindingRecord, 'fingerprint' | 'place' | 'path' | 'commit'>): string => {
  const isMessage = place === 'commit-message' || place === 'tag-message'
  // a path may be too long for a key
  const digest = createHash('sha256').update(JSON.stringify([place, path, isMessage ? commit : '']))
  return `${fingerprint} ${digest.digest('hex').slice(0, 16)}`
}

const partitionOf = (repository: RepositoryAddress): string => `findings#${addressText(repository)}`
const keyOf = (record: FindingRecord): Key => ({ pk: partitionOf(record.repository), sk: placeKey(record) })
const linksOf = (fingerprint: string): string => `secret#${fingerprint}`
const linkKey = ({ fingerprint, repository }: FindingRecord): Key => ({
  pk: linksOf(fingerprint),
  sk: addressText(repository),
})

const addressOf = (text: string): RepositoryAddress => {
  const [account = '', region = '', name = ''] = text.split('/')
  return { account, region, name }
}

const itemOf = (record: FindingRecord): Item => {
  const { account, region, name } = record.repository
  return { ...record, repository: { account, region, name }, refs: [...record.refs] }
}

const recordOf = (item: Item): FindingRecord => {
  const { pk: _pk, sk: _sk, ...record } = item
  return record as unknown as FindingRecord
}
