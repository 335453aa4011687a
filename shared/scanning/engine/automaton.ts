/**
 * Aho-Corasick over bytes, ASCII letters of either case alike: one table look-up for each byte of the text, at
 * `(state << shift) + column`. Two bytes for a state where they are enough: the rows that texts ask for most then lie near.
 */
export interface Automaton {
  readonly table: Uint16Array | Uint32Array
  readonly shift: number
  /** of each byte: its column */
  readonly columns: Uint8Array
  /** states from here on end at least one word */
  readonly firstEnd: number
  /** by state − firstEnd: the words that end there */
  readonly ends: readonly (readonly number[])[]
}

const fold = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte)

/** Words as latin1 text; a word's number is its place in the list. Empty words are never found. */
export const buildAutomaton = (words: readonly string[]): Automaton => {
  const columns = new Uint8Array(256)
  let width = 1
  for (let number = 0; number < words.length; number += 1) {
    const word = words[number] as string
    for (let at = 0; at < word.length; at += 1) {
      const byte = fold(word.charCodeAt(at) & 0xff)
      if (columns[byte] === 0) columns[byte] = width++
    }
  }
  for (let byte = 0x41; byte <= 0x5a; byte += 1) columns[byte] = columns[byte + 32] as number
  const shift = 32 - Math.clz32(width - 1)
  const trie = trieOf(words, columns)
  return { ...tableOf(trie, linked(trie), shift), columns }
}

/** The words as a tree, a state for each beginning of one. The loops over it are plain: they run before their code is warm. */
interface Trie {
  readonly states: number
  /** by state, the state of the beginning that is one byte shorter, and that byte's column */
  readonly parent: Int32Array
  readonly column: Uint8Array
  /** all states, shallow ones first, and by depth where they begin among them */
  readonly order: Int32Array
  readonly levels: Int32Array
  /** by state: the words that it ends, in time those of its suffixes too */
  readonly ends: (readonly number[] | undefined)[]
}

const trieOf = (words: readonly string[], columns: Uint8Array): Trie => {
  let most = 1
  let deepest = 0
  for (const { length } of words) {
    most += length
    if (length > deepest) deepest = length
  }
  const parent = new Int32Array(most)
  const column = new Uint8Array(most)
  const depth = new Int32Array(most)
  const ends: (readonly number[] | undefined)[] = [undefined]
  const path = new Int32Array(deepest + 1)
  let states = 1
  let last = ''
  // of sorted words one shares its states with the one before it
  const sorted = words.map((word, number) => ({ word: word.replace(UPPER, lower), number }))
  sorted.sort((a, b) => (a.word < b.word ? -1 : 1))
  for (let next = 0; next < sorted.length; next += 1) {
    const { word, number } = sorted[next] as { word: string; number: number }
    if (word === '') continue
    let at = 0
    while (at < last.length && last.charCodeAt(at) === word.charCodeAt(at)) at += 1
    for (; at < word.length; at += 1) {
      parent[states] = path[at] as number
      column[states] = columns[word.charCodeAt(at) & 0xff] as number
      depth[states] = at + 1
      ends.push(undefined)
      path[at + 1] = states++
    }
    const end = path[word.length] as number
    ends[end] = [...(ends[end] ?? []), number]
    last = word
  }
  return { states, parent, column, ends, ...byDepth(depth.subarray(0, states), deepest) }
}

const UPPER = /[A-Z]+/g
const lower = (letters: string): string => letters.toLowerCase()

const byDepth = (depth: Int32Array, deepest: number): Pick<Trie, 'order' | 'levels'> => {
  const levels = new Int32Array(deepest + 2)
  for (let state = 0; state < depth.length; state += 1) (levels[(depth[state] as number) + 1] as number) += 1
  for (let level = 1; level < levels.length; level += 1)
    (levels[level] as number) += levels[level - 1] as number
  const next = levels.slice()
  const order = new Int32Array(depth.length)
  for (let state = 0; state < depth.length; state += 1) {
    const level = depth[state] as number
    order[next[level] as number] = state
    ;(next[level] as number) += 1
  }
  return { order, levels }
}

/** By state: that of its longest proper suffix, whose words end with it too. */
const linked = ({ states, parent, column, order, ends }: Trie): Int32Array => {
  // children as lists, since memory that is touched for the first time is what costs here; the root has many
  const first = new Int32Array(states)
  const sibling = new Int32Array(states)
  const ofRoot = new Int32Array(256)
  for (let state = 1; state < states; state += 1) {
    const from = parent[state] as number
    sibling[state] = first[from] as number
    first[from] = state
    if (from === 0) ofRoot[column[state] as number] = state
  }
  const suffix = new Int32Array(states)
  for (let at = 1; at < states; at += 1) {
    const state = order[at] as number
    const byte = column[state] as number
    let from = parent[state] as number
    let found = 0
    while (from !== 0 && found === 0) {
      from = suffix[from] as number
      found = (from === 0 ? ofRoot[byte] : first[from]) as number
      while (found !== 0 && column[found] !== byte) found = sibling[found] as number
    }
    suffix[state] = found
    const shorter = ends[found]
    if (shorter) ends[state] = [...(ends[state] ?? []), ...shorter]
  }
  return suffix
}

/**
 * States in the order of their depth, since texts seldom get deep, but those that end words last, so that one comparison tells
 * them; a row is its suffix's, but for the state's own children.
 */
const tableOf = (trie: Trie, suffix: Int32Array, shift: number): Omit<Automaton, 'columns'> => {
  const { states, parent, column, order, levels } = trie
  const row = new Int32Array(states)
  const ends: (readonly number[])[] = []
  let firstEnd = 0
  for (let at = 0; at < states; at += 1) {
    const state = order[at] as number
    if (!trie.ends[state]) row[state] = firstEnd++
  }
  for (let at = 0; at < states; at += 1) {
    const own = trie.ends[order[at] as number]
    if (own) row[order[at] as number] = firstEnd + ends.push(own) - 1
  }
  const table = new (states <= 0x10000 ? Uint16Array : Uint32Array)(states << shift)
  for (let level = 1; level + 1 < levels.length; level += 1) {
    const to = levels[level + 1] as number
    for (let at = levels[level] as number; at < to; at += 1) {
      const state = order[at] as number
      table[((row[parent[state] as number] as number) << shift) + (column[state] as number)] = row[
        state
      ] as number
    }
    // the rows of shorter suffixes now have all their children
    for (let at = levels[level] as number; at < to; at += 1) {
      const state = order[at] as number
      const from = (row[suffix[state] as number] as number) << shift
      table.copyWithin((row[state] as number) << shift, from, from + (1 << shift))
    }
  }
  return { table, shift, firstEnd, ends }
}

/** Whether any word occurs in a short text. */
export const hasWord = (automaton: Automaton, text: string): boolean => {
  const { table, shift, columns, firstEnd } = automaton
  let state = 0
  for (let at = 0; at < text.length; at += 1) {
    state = table[(state << shift) + (columns[text.charCodeAt(at) & 0xff] as number)] as number
    if (state >= firstEnd) return true
  }
  return false
}
