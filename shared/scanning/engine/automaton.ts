import { charOf, numberOf } from '../pattern/program.ts'
import { linked, trieOf } from './trie.ts'

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
}

/** An automaton as a build writes it, small and quick to read; a number is a char, as in programs. States are in the order of depth. */
export interface Layout {
  /** bytes by their columns, from 1 on */
  readonly bytes: string
  /** by state: how many children it has; they stand in the order of their parents */
  readonly children: string
  /** by state but the first: the column that leads to it */
  readonly columns: string
  /** by state: # or, where a word ends, $ */
  readonly ends: string
}

/**
 * Words as latin1 text, of which empty ones are never found.
 * @returns also the words, by their places, that end in each state that ends any, in the automaton's order
 */
export const layoutOf = (
  words: readonly string[],
): { layout: Layout; ends: readonly (readonly number[])[] } => {
  const trie = trieOf(words)
  const ends = linked(trie)
  const children = new Int32Array(trie.states)
  for (let state = 1; state < trie.states; state += 1) (children[trie.parent[state] as number] as number) += 1
  const order = [...trie.order]
  const found = order.map((state) => ends[state])
  return {
    layout: {
      bytes: trie.bytes,
      children: order.map((state) => charOf(children[state] as number)).join(''),
      columns: order
        .slice(1)
        .map((state) => charOf(trie.column[state] as number))
        .join(''),
      ends: found.map((own) => charOf(own ? 1 : 0)).join(''),
    },
    ends: found.filter((own) => own !== undefined),
  }
}

const END = charOf(1)

/**
 * States that end words come last, so that one comparison tells them; a row is that of the longest proper suffix, but for the state's
 * own children. A plain loop: it runs once, before its code is warm.
 */
export const automatonOf = ({ bytes, children, columns, ends }: Layout): Automaton => {
  const columnOf = new Uint8Array(256)
  for (let column = 0; column < bytes.length; column += 1) columnOf[bytes.charCodeAt(column)] = column + 1
  for (let byte = 0x41; byte <= 0x5a; byte += 1) columnOf[byte] = columnOf[byte + 32] as number
  const states = children.length
  const shift = 32 - Math.clz32(bytes.length)
  const row = new Int32Array(states)
  let firstEnd = 0
  for (let state = 0; state < states; state += 1) if (ends[state] !== END) row[state] = firstEnd++
  let next = firstEnd
  for (let state = 0; state < states; state += 1) if (ends[state] === END) row[state] = next++
  const table = new (states <= 0x10000 ? Uint16Array : Uint32Array)(states << shift)
  const suffix = new Int32Array(states)
  let child = 1
  for (let state = 0; state < states; state += 1) {
    const at = (row[state] as number) << shift
    if (state > 0) {
      const from = (suffix[state] as number) << shift
      table.copyWithin(at, from, from + (1 << shift))
    }
    const last = child + numberOf(children.charCodeAt(state))
    for (; child < last; child += 1) {
      const place = at + numberOf(columns.charCodeAt(child - 1))
      // until now the entry is the suffix's
      suffix[child] = state === 0 ? 0 : (table[place] as number)
      table[place] = row[child] as number
    }
  }
  return { table, shift, columns: columnOf, firstEnd }
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
