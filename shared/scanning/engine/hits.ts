import type { Automaton } from './automaton.ts'

// shorter texts are not worth four lanes
const LANES_FROM = 1024
/** bytes that a lane walks before what it found is told */
const LANE = 8_192

/** what each lane found, a state and where it ends; a text is walked over at one time, and nobody else while it is */
const found = [0, 1, 2, 3].map(() => new Int32Array(2 * LANE)) as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]
const counts = new Int32Array(4)

export interface HitVisitor {
  visit(state: number, end: number): void
}

/**
 * Tells every state that ends a word, in order, and the offset after the word.
 * @param longest bytes of the longest word
 * @param goOn asked every 32 KB; false: the rest is not looked at
 * @returns how far it came
 */
export const eachHit = (
  automaton: Automaton,
  longest: number,
  bytes: Uint8Array,
  visitor: HitVisitor,
  goOn: () => boolean = () => true,
): number => {
  if (longest === 0) return bytes.length
  let at = 0
  let state = 0
  while (bytes.length - at >= LANES_FROM + 4 * longest) {
    const lane = Math.min((bytes.length - at) >> 2, LANE)
    state = walkLanes(automaton, longest, bytes, at, lane, state)
    for (const [number, own] of found.entries()) {
      const count = counts[number] as number
      for (let next = 0; next < count; next += 2) visitor.visit(own[next] as number, own[next + 1] as number)
    }
    at += 4 * lane
    if (at < bytes.length && !goOn()) return at
  }
  const { table, shift, columns, firstEnd } = automaton
  for (; at < bytes.length; at += 1) {
    state = table[(state << shift) + (columns[bytes[at] as number] as number)] as number
    if (state >= firstEnd) visitor.visit(state, at + 1)
  }
  return at
}

/**
 * The hot loop. Each step waits for the one before it, so four lanes walk through four pieces of the text at once; a lane comes
 * to its piece through the bytes before it that a word may begin in. What is found is put aside: a call within would make every step slower.
 * @returns the last lane's state
 */
const walkLanes = (
  automaton: Automaton,
  longest: number,
  bytes: Uint8Array,
  from: number,
  lane: number,
  state: number,
): number => {
  const { table, shift, columns, firstEnd } = automaton
  const [ofA, ofB, ofC, ofD] = found
  const second = from + lane
  const third = second + lane
  const fourth = third + lane
  let a = state
  let b = lead(automaton, longest, bytes, second)
  let c = lead(automaton, longest, bytes, third)
  let d = lead(automaton, longest, bytes, fourth)
  let [ends, endsB, endsC, endsD] = [0, 0, 0, 0]
  for (let at = 0; at < lane; at += 1) {
    a = table[(a << shift) + (columns[bytes[from + at] as number] as number)] as number
    b = table[(b << shift) + (columns[bytes[second + at] as number] as number)] as number
    c = table[(c << shift) + (columns[bytes[third + at] as number] as number)] as number
    d = table[(d << shift) + (columns[bytes[fourth + at] as number] as number)] as number
    if (a >= firstEnd) {
      ofA[ends++] = a
      ofA[ends++] = from + at + 1
    }
    if (b >= firstEnd) {
      ofB[endsB++] = b
      ofB[endsB++] = second + at + 1
    }
    if (c >= firstEnd) {
      ofC[endsC++] = c
      ofC[endsC++] = third + at + 1
    }
    if (d >= firstEnd) {
      ofD[endsD++] = d
      ofD[endsD++] = fourth + at + 1
    }
  }
  counts.set([ends, endsB, endsC, endsD])
  return d
}

/** the state that the automaton has at an offset */
const lead = (
  { table, shift, columns }: Automaton,
  longest: number,
  bytes: Uint8Array,
  to: number,
): number => {
  let state = 0
  for (let at = Math.max(to - longest, 0); at < to; at += 1)
    state = table[(state << shift) + (columns[bytes[at] as number] as number)] as number
  return state
}
