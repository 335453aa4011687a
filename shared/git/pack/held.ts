/** What was made and may be wanted again, as much as there is room for: what was not used for the longest time goes first. */
export interface Held<Key, Value> {
  get(key: Key): Value | undefined
  /** the newest is held whatever its size */
  add(key: Key, value: Value): void
  release(key: Key): void
}

/** What an entry costs besides the bytes of a buffer that it holds: the buffer's own object, key, link and place in the Map. */
export const ENTRY_BYTES = 200

/** Neighbours by the time of use: `older` of the oldest and `newer` of the newest are undefined. */
interface Link<Key, Value> {
  readonly key: Key
  readonly value: Value
  older: Link<Key, Value> | undefined
  newer: Link<Key, Value> | undefined
}

/**
 * The order is a list of its own. A Map keeps one too, but to find its oldest V8 walks over all that was taken away before it: that
 * was 44 of the 74 seconds for a history of 100,000 commits.
 * @param most of what `sizeOf` counts
 */
export const held = <Key, Value>(most: number, sizeOf: (value: Value) => number): Held<Key, Value> => {
  const links = new Map<Key, Link<Key, Value>>()
  let oldest: Link<Key, Value> | undefined
  let newest: Link<Key, Value> | undefined
  let total = 0

  const unlink = ({ older, newer }: Link<Key, Value>): void => {
    if (older) older.newer = newer
    else oldest = newer
    if (newer) newer.older = older
    else newest = older
  }

  const append = (link: Link<Key, Value>): void => {
    link.older = newest
    link.newer = undefined
    if (newest) newest.newer = link
    else oldest = link
    newest = link
  }

  const release = (key: Key): void => {
    const link = links.get(key)
    if (!link) return
    unlink(link)
    links.delete(key)
    total -= sizeOf(link.value)
  }

  return {
    get(key) {
      const link = links.get(key)
      if (link && link !== newest) {
        unlink(link)
        append(link)
      }
      return link?.value
    },
    add(key, value) {
      release(key)
      const link = { key, value, older: undefined, newer: undefined }
      links.set(key, link)
      append(link)
      total += sizeOf(value)
      while (total > most && oldest && oldest !== link) release(oldest.key)
    },
    release,
  }
}
