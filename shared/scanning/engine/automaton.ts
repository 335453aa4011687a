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

/** An automaton as a build writes it, small and quick to read; a number is a char, from ] on, which JSON does not escape. States are in the order of depth. */
export interface Layout {
  /** bytes by their columns, from 1 on */
  readonly bytes: string
  /** by state: twice the number of its children, which stand in the order of their parents, and one more where a word ends */
  readonly states: string
  /** by state but the first: the column that leads to it */
  readonly columns: string
  readonly firstEnd: number
}

const ZERO = 0x5d

const codesOf = (text: string): Uint16Array => {
  const codes = new Uint16Array(text.length)
  Buffer.from(codes.buffer).write(text, 'utf16le')
  return codes
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
  const open = found.filter((own) => own !== undefined)
  return {
    layout: {
      bytes: trie.bytes,
      states: order
        .map((state) => String.fromCharCode(ZERO + 2 * (children[state] as number) + (ends[state] ? 1 : 0)))
        .join(''),
      columns: order
        .slice(1)
        .map((state) => String.fromCharCode(ZERO + (trie.column[state] as number)))
        .join(''),
      firstEnd: trie.states - open.length,
    },
    ends: open,
  }
}

/**
 * States that end words come last, so that one comparison tells them; a row is that of the longest proper suffix, but for the state's
 * own children. A plain loop without calls: it runs once, before its code is warm.
 */
export const automatonOf = ({ bytes, states, columns, firstEnd }: Layout): Automaton => {
  const columnOf = new Uint8Array(256)
  for (let column = 0; column < bytes.length; column += 1) columnOf[bytes.charCodeAt(column)] = column + 1
  for (let byte = 0x41; byte <= 0x5a; byte += 1) columnOf[byte] = columnOf[byte + 32] as number
  const count = states.length
  const shift = 32 - Math.clz32(bytes.length)
  const width = 1 << shift
  const table = new (count <= 0x10000 ? Uint16Array : Uint32Array)(count << shift)
  // in the order of depth: a state's row, and that of its longest proper suffix
  const row = new Int32Array(count)
  const suffix = new Int32Array(count)
  const codes = codesOf(states)
  const by = codesOf(columns)
  let inside = 1
  let end = firstEnd
  let child = 1
  for (let state = 0; state < count; state += 1) {
    const at = (row[state] as number) << shift
    const from = (suffix[state] as number) << shift
    if (from > 0) table.copyWithin(at, from, from + width)
    const last = child + (((codes[state] as number) - ZERO) >> 1)
    for (; child < last; child += 1) {
      const place = at + (by[child - 1] as number) - ZERO
      // until now the entry is the suffix's
      if (state > 0) suffix[child] = table[place] as number
      const own = (((codes[child] as number) - ZERO) & 1) === 1 ? end++ : inside++
      row[child] = own
      table[place] = own
    }
    // what most rows have: written to all of them by a few copies, each as large as all before it
    if (state === 0) for (let size = width; size < table.length; size *= 2) table.copyWithin(size, 0, size)
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
