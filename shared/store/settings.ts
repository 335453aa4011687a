import { addressText } from '../codecommit/address.ts'
import type { Pair } from './records.ts'
import type { Key, Table } from './table.ts'

/** What is remembered of a replica's settings, so that Relay takes away only what it gave, and says each thing once. */
export interface SettingsRecord {
  /** milliseconds since the epoch: when they were last looked at; absent: never */
  readonly syncedAt?: number
  /** tags that Relay gave the replica */
  readonly tags: Readonly<Record<string, string>>
  /** names of the approval rule templates that Relay linked to it */
  readonly templates: readonly string[]
  /** what could not be brought in step and has been logged */
  readonly told: readonly string[]
  /** the source's tree that was searched for Git LFS, and where it was found; people have been told of that */
  readonly lfs?: { readonly tree: string; readonly seenIn?: string }
}

export interface SettingsStore {
  get(pair: Pair): Promise<SettingsRecord>
  /** changes what is named, and leaves the rest */
  note(pair: Pair, changes: Partial<SettingsRecord>): Promise<void>
  /** all of them, by {@link settingsKey} */
  list(): Promise<ReadonlyMap<string, SettingsRecord>>
}

const PARTITION = 'settings'
const NOTHING: SettingsRecord = { tags: {}, templates: [], told: [] }

/** `source replica` */
export const settingsKey = ({ repository, replica }: Pair): string =>
  `${addressText(repository)} ${addressText(replica)}`

export const openSettings = (table: Table): SettingsStore => {
  const keyOf = (pair: Pair): Key => ({ pk: PARTITION, sk: settingsKey(pair) })
  return {
    get: async (pair) => ({ ...NOTHING, ...(await table.get(keyOf(pair))) }),
    note: async (pair, { syncedAt, tags, templates, told, lfs }) => {
      await table.update(keyOf(pair), {
        set: {
          syncedAt,
          tags: tags && { ...tags },
          templates: templates && [...templates],
          told: told && [...told],
          lfs: lfs && { ...lfs },
        },
      })
    },
    list: async () =>
      new Map((await table.query(PARTITION)).map((item) => [String(item.sk), { ...NOTHING, ...item }])),
  }
}
