/** Words as a tree, a state for each beginning of one; what an automaton is made from. */
export interface Trie {
  readonly states: number
  /** the words' bytes, by their columns from 1 on */
  readonly bytes: string
  /** by state, the state of the beginning that is one byte shorter, and that byte's column */
  readonly parent: Int32Array
  readonly column: Uint8Array
  /** by {@link step}: the state that a state's column leads to */
  readonly next: ReadonlyMap<number, number>
  /** all states, shallow ones first, children in the order of their parents */
  readonly order: Int32Array
  /** by state: the words that it ends, by their places */
  readonly ends: (readonly number[] | undefined)[]
}

const step = (state: number, column: number): number => (state << 8) + column

/** Words as latin1 text, ASCII letters of either case alike. */
export const trieOf = (words: readonly string[]): Trie => {
  const lower = words.map((word) => word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))
  const bytes = [...new Set(lower.join(''))].join('')
  const most = lower.reduce((sum, word) => sum + word.length, 1)
  const parent = new Int32Array(most)
  const column = new Uint8Array(most)
  const ends: (number[] | undefined)[] = [undefined]
  const steps = new Map<number, number>()
  let states = 1
  for (const [number, word] of lower.entries()) {
    let state = 0
    for (let at = 0; at < word.length; at += 1) {
      const by = bytes.indexOf(word[at] as string) + 1
      let next = steps.get(step(state, by))
      if (next === undefined) {
        next = states++
        steps.set(step(state, by), next)
        parent[next] = state
        column[next] = by
        ends.push(undefined)
      }
      state = next
    }
    if (state === 0) continue
    const own = ends[state]
    if (own) own.push(number)
    else ends[state] = [number]
  }
  return { states, bytes, parent, column, next: steps, ends, order: breadthFirst(parent, states) }
}

const breadthFirst = (parent: Int32Array, states: number): Int32Array => {
  const children: number[][] = Array.from({ length: states }, () => [])
  for (let state = 1; state < states; state += 1) children[parent[state] as number]?.push(state)
  const order = [0]
  // grows as it is read
  for (const state of order) order.push(...(children[state] as number[]))
  return Int32Array.from(order)
}

/** By state: the words that end there, those of its suffixes too; undefined: none. */
export const linked = (trie: Trie): (readonly number[] | undefined)[] => {
  const { states, parent, column, next, order, ends } = trie
  const all = [...ends]
  const suffix = new Int32Array(states)
  for (const state of order) {
    if (state === 0) continue
    let from = parent[state] as number
    let found = 0
    while (from !== 0 && found === 0) {
      from = suffix[from] as number
      found = next.get(step(from, column[state] as number)) ?? 0
    }
    suffix[state] = found
    const shorter = all[found]
    if (shorter) all[state] = [...(all[state] ?? []), ...shorter]
  }
  return all
}
