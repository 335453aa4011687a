import type { Collection } from './store.ts'

/**
 * A collection read from memory: for what is asked for with every message or item. What was written is read from the store
 * until the running turn is over, since a transaction around it may still fail, and none outlives its turn. Values must not be changed
 * in place.
 */
export const remembered = <T>(collection: Collection<T>): Collection<T> => {
  let values: Map<string, T> | undefined
  let unsettled = false
  const load = (): Map<string, T> => {
    values ??= new Map(collection.entries())
    return values
  }
  const change = <R>(write: () => R): R => {
    values = undefined
    if (!unsettled) {
      unsettled = true
      queueMicrotask(() => {
        unsettled = false
      })
    }
    return write()
  }
  return {
    get: (key) => (unsettled ? collection.get(key) : load().get(key)),
    put: (key, value) => change(() => collection.put(key, value)),
    delete: (key) => change(() => collection.delete(key)),
    entries: (prefix = '') =>
      unsettled ? collection.entries(prefix) : [...load()].filter(([key]) => key.startsWith(prefix)),
  }
}
