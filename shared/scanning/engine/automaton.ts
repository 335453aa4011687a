/**
 * Aho-Corasick over bytes, ASCII letters of either case alike: one table look-up for each byte of the text. Rows of the table are as
 * wide as there are different bytes in the words, and a state is its row's offset.
 */
export interface Automaton {
  readonly table: Int32Array
  /** of each byte: its column */
  readonly columns: Uint8Array
  /** states from here on end at least one word */
  readonly firstEnd: number
  /** by (state − firstEnd) / width: the words that end there */
  readonly ends: readonly (readonly number[])[]
  readonly width: number
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

  const most = words.reduce((sum, word) => sum + word.length, 1)
  const next = new Int32Array(most * width)
  const endsOf: number[][] = [[]]
  let states = 1
  for (const [number, word] of words.entries()) {
    let state = 0
    for (let at = 0; at < word.length; at += 1) {
      const cell = state * width + (columns[fold(word.charCodeAt(at) & 0xff)] as number)
      if (next[cell] === 0) {
        next[cell] = states++
        endsOf.push([])
      }
      state = next[cell] as number
    }
    if (word.length > 0) endsOf[state]?.push(number)
  }

  // breadth first: a missing step is that of the longest proper suffix
  const suffix = new Int32Array(states)
  const queue = new Int32Array(states)
  let read = 0
  let written = 1
  while (read < written) {
    const state = queue[read++] as number
    for (let column = 1; column < width; column += 1) {
      const cell = state * width + column
      const child = next[cell] as number
      const fallback = state === 0 ? 0 : (next[(suffix[state] as number) * width + column] as number)
      if (child === 0) {
        next[cell] = fallback
        continue
      }
      suffix[child] = fallback
      const shorter = endsOf[fallback] as number[]
      if (shorter.length > 0) endsOf[child]?.push(...shorter)
      queue[written++] = child
    }
  }
  return renumbered(next, endsOf, states, width, columns)
}

/** states that end words last, so that one comparison tells them */
const renumbered = (
  next: Int32Array,
  endsOf: readonly (readonly number[])[],
  states: number,
  width: number,
  columns: Uint8Array,
): Automaton => {
  const place = new Int32Array(states)
  const ends: (readonly number[])[] = []
  let quiet = 0
  for (let state = 0; state < states; state += 1) if (endsOf[state]?.length === 0) place[state] = quiet++
  for (let state = 0; state < states; state += 1)
    if (endsOf[state]?.length !== 0) place[state] = quiet + ends.push(endsOf[state] as readonly number[]) - 1
  const table = new Int32Array(states * width)
  for (let state = 0; state < states; state += 1) {
    const row = (place[state] as number) * width
    for (let column = 0; column < width; column += 1)
      table[row + column] = (place[next[state * width + column] as number] as number) * width
  }
  return { table, columns, firstEnd: quiet * width, ends, width }
}

/** Whether any word occurs in a short text. */
export const hasWord = (automaton: Automaton, text: string): boolean => {
  const { table, columns, firstEnd } = automaton
  let state = 0
  for (let at = 0; at < text.length; at += 1) {
    state = table[state + (columns[text.charCodeAt(at) & 0xff] as number)] as number
    if (state >= firstEnd) return true
  }
  return false
}
