import type { Table } from './table.ts'

/** Where a walk through a long list stopped, so that the next one goes on from there. */
export interface Marker {
  read(): Promise<string | undefined>
  /** undefined: the walk came to its end */
  write(at: string | undefined): Promise<void>
}

export const openMarker = (table: Table, name: string): Marker => {
  const key = { pk: 'marker', sk: name }
  return {
    read: async () => {
      const at = (await table.get(key))?.at
      return typeof at === 'string' ? at : undefined
    },
    write: async (at) => {
      if (at === undefined) await table.delete(key)
      else await table.put(key, { at })
    },
  }
}
