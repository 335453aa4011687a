import type { Collection } from '../state/store.ts'

/** A collection kept in memory too: reads cost no query, writes go through. Its values must not be changed in place. */
export interface Cached<T> extends Collection<T> {
  /** reads the store again: after a transaction that was rolled back */
  reload(): void
}

/**
 * @param changed called after each write
 * @param migrate brings a value of an older version up to date as it is read
 */
export const cached = <T>(
  collection: Collection<T>,
  changed: () => void = () => {},
  migrate: (value: T) => T = (value) => value,
): Cached<T> => {
  let values: Map<string, T> | undefined
  let sorted: [string, T][] | undefined
  const load = (): Map<string, T> => {
    values ??= new Map(collection.entries().map(([key, value]) => [key, migrate(value)]))
    return values
  }
  return {
    get: (key) => load().get(key),
    put: (key, value) => {
      collection.put(key, value)
      load().set(key, value)
      sorted = undefined
      changed()
    },
    delete: (key) => {
      const there = collection.delete(key)
      load().delete(key)
      sorted = undefined
      changed()
      return there
    },
    entries: (prefix = '') => {
      sorted ??= [...load()].sort(([a], [b]) => (a < b ? -1 : 1))
      return prefix === '' ? [...sorted] : sorted.filter(([key]) => key.startsWith(prefix))
    },
    reload: () => {
      values = undefined
      sorted = undefined
      changed()
    },
  }
}
