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
  for (const word of words)
    for (let at = 0; at < word.length; at += 1) {
      const byte = fold(word.charCodeAt(at) & 0xff)
      if (columns[byte] === 0) columns[byte] = width++
    }
  for (let byte = 0x41; byte <= 0x5a; byte += 1) columns[byte] = columns[byte + 32] as number
  const trie = new Trie(words.reduce((sum, word) => sum + word.length, 1))
  for (const [number, word] of words.entries()) trie.add(word, number, columns)
  const order = trie.link()
  return { ...tableOf(trie, order, 32 - Math.clz32(width - 1)), columns }
}

/** States as first child and next sibling: few arrays, quick to make before the code is warm. */
class Trie {
  states = 1
  readonly ends: (number[] | undefined)[] = [undefined]
  readonly child: Int32Array
  readonly sibling: Int32Array
  readonly column: Uint8Array
  /** by column: the root has many children */
  readonly first = new Int32Array(256)
  /** the state of the longest proper suffix */
  readonly suffix: Int32Array

  constructor(most: number) {
    this.child = new Int32Array(most)
    this.sibling = new Int32Array(most)
    this.column = new Uint8Array(most)
    this.suffix = new Int32Array(most)
  }

  add(word: string, number: number, columns: Uint8Array): void {
    let state = 0
    for (let at = 0; at < word.length; at += 1) {
      const column = columns[fold(word.charCodeAt(at) & 0xff)] as number
      let next = this.step(state, column)
      if (next === 0) {
        next = this.states++
        this.column[next] = column
        this.sibling[next] = this.child[state] as number
        this.child[state] = next
        if (state === 0) this.first[column] = next
      }
      state = next
    }
    if (state === 0) return
    const ends = this.ends[state]
    if (ends) ends.push(number)
    else this.ends[state] = [number]
  }

  step(state: number, column: number): number {
    if (state === 0) return this.first[column] as number
    let next = this.child[state] as number
    while (next !== 0 && this.column[next] !== column) next = this.sibling[next] as number
    return next
  }

  /** Finds the suffixes, breadth first; the states in that order. */
  link(): Int32Array {
    const order = new Int32Array(this.states)
    let written = 1
    for (let read = 0; read < written; read += 1) {
      const state = order[read] as number
      for (let next = this.child[state] as number; next !== 0; next = this.sibling[next] as number) {
        order[written++] = next
        let from = state
        let suffix = 0
        while (from !== 0 && suffix === 0) {
          from = this.suffix[from] as number
          suffix = this.step(from, this.column[next] as number)
        }
        this.suffix[next] = suffix
        const shorter = this.ends[suffix]
        if (shorter) this.ends[next] = [...(this.ends[next] ?? []), ...shorter]
      }
    }
    return order
  }
}

/**
 * States in the order of their depth, since texts seldom get deep, but those that end words last, so that one comparison tells
 * them; a row is its suffix's, but for the state's own children.
 */
const tableOf = (trie: Trie, order: Int32Array, shift: number): Omit<Automaton, 'columns'> => {
  const row = new Int32Array(trie.states)
  const ends: (readonly number[])[] = []
  let firstEnd = 0
  for (const state of order) if (!trie.ends[state]) row[state] = firstEnd++
  for (const state of order) {
    const own = trie.ends[state]
    if (own) row[state] = firstEnd + ends.push(own) - 1
  }
  const table = new (trie.states <= 0x10000 ? Uint16Array : Uint32Array)(trie.states << shift)
  for (const state of order) {
    const at = (row[state] as number) << shift
    const from = (row[trie.suffix[state] as number] as number) << shift
    if (state !== 0) table.copyWithin(at, from, from + (1 << shift))
    for (let next = trie.child[state] as number; next !== 0; next = trie.sibling[next] as number)
      table[at + (trie.column[next] as number)] = row[next] as number
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
