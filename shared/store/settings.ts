import { addressText } from '../codecommit/address.ts'
import type { Pair } from './records.ts'
import type { Key, Table } from './table.ts'

/** What is remembered of a replica's settings, so that Relay takes away only what it gave, and says each thing once. */
export interface SettingsRecord {
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
}

const PARTITION = 'settings'
const NOTHING: SettingsRecord = { tags: {}, templates: [], told: [] }

export const openSettings = (table: Table): SettingsStore => {
  const keyOf = ({ repository, replica }: Pair): Key => ({
    pk: PARTITION,
    sk: `${addressText(repository)} ${addressText(replica)}`,
  })
  return {
    get: async (pair) => ({ ...NOTHING, ...(await table.get(keyOf(pair))) }),
    note: async (pair, { tags, templates, told, lfs }) => {
      await table.update(keyOf(pair), {
        set: {
          tags: tags && { ...tags },
          templates: templates && [...templates],
          told: told && [...told],
          lfs: lfs && { ...lfs },
        },
      })
    },
  }
}
