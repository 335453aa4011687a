import { type Automaton, buildAutomaton } from './automaton.ts'
import type { Searcher } from './searcher.ts'
import { lowered, type Text } from './text.ts'
import { Windows } from './windows.ts'

/** What a text's keywords open: rules to be looked for within windows, and rules that look at everything. */
export interface Opened {
  /** by searcher */
  readonly windows: readonly (Windows | undefined)[]
  /** the searchers that have windows */
  readonly windowed: readonly number[]
  readonly whole: ReadonlySet<number>
}

export interface KeywordIndex {
  /** by word: the searchers (by number) that it opens */
  readonly openedBy: readonly (readonly number[])[]
  readonly lengths: readonly number[]
  readonly longest: number
  readonly automaton: Automaton
  /** searchers without keywords */
  readonly always: readonly number[]
  /** keywords that are not ASCII, and the searchers that they open */
  readonly wide: readonly { readonly word: string; readonly searchers: readonly number[] }[]
}

export const keywordIndex = (searchers: readonly Searcher[]): KeywordIndex => {
  const numbers = new Map<string, number>()
  const openedBy: number[][] = []
  const always: number[] = []
  for (const [number, { rule }] of searchers.entries()) {
    const words = rule.keywords.filter((word) => word !== '')
    if (words.length < rule.keywords.length || words.length === 0) always.push(number)
    for (const keyword of new Set(words)) {
      const word = Buffer.from(keyword.toLowerCase()).toString('latin1')
      let at = numbers.get(word)
      if (at === undefined) {
        at = openedBy.push([]) - 1
        numbers.set(word, at)
      }
      openedBy[at]?.push(number)
    }
  }
  const words = [...numbers.keys()]
  return {
    openedBy,
    lengths: words.map((word) => word.length),
    longest: words.reduce((most, word) => Math.max(most, word.length), 0),
    automaton: buildAutomaton(words),
    always,
    wide: words.flatMap((latin1, at) => {
      const word = Buffer.from(latin1, 'latin1').toString('utf8')
      return word === latin1 ? [] : [{ word, searchers: openedBy[at] as number[] }]
    }),
  }
}

// Of non-ASCII letters expressions fold only the first two to an ASCII one. Go lowers the Kelvin sign to k and the dotted I to i.
const KELVIN = '\xe2\x84\xaa'
const LONG_S = '\xc5\xbf'
const DOTTED_I = '\xc4\xb0'
const FOLDS = [KELVIN, LONG_S, DOTTED_I]

/** One pass over the text. */
export const openedBy = (index: KeywordIndex, searchers: readonly Searcher[], text: Text): Opened => {
  const windows: (Windows | undefined)[] = new Array(searchers.length)
  const windowed: number[] = []
  const whole = new Set<number>(index.always)
  const folded = !text.ascii && FOLDS.some((fold) => text.bytes.includes(fold, 0, 'latin1'))
  const open = (at: number, number: number): void => {
    const searcher = searchers[number] as Searcher
    const reach = searcher.reach(text.ascii)
    if (!reach) {
      whole.add(number)
      return
    }
    const possible = folded ? undefined : searcher.mayMatchAt(text, at, reach)
    if (possible === false) return
    let own = windows[number]
    if (!own) {
      own = new Windows()
      windows[number] = own
      windowed.push(number)
    }
    if (!possible) own.judged = false
    own.add(at, reach, text.bytes, reach.before < 0 || reach.after < 0 ? searcher.alphabet() : undefined)
  }
  if (!text.ascii && index.wide.length > 0) {
    const lower = lowered(text.latin1)
    for (const { word, searchers: opened } of index.wide)
      if (lower.includes(word))
        for (const number of opened) if (!searchers[number]?.reach(false)) whole.add(number)
  }
  if (folded) openFolds(text, index, searchers, open)
  else
    scan(index, text.bytes, (word, end) => {
      for (const number of index.openedBy[word] as readonly number[])
        open(end - (index.lengths[word] as number), number)
    })
  return { windows, windowed, whole }
}

// shorter texts are not worth four lanes
const LANES_FROM = 1024

/**
 * The hot loop. Each step waits for the one before it, so four lanes walk through the four quarters of the text at once; a lane comes
 * to its quarter through the bytes before it that a word may begin in.
 */
const scan = (index: KeywordIndex, bytes: Uint8Array, found: (word: number, end: number) => void): void => {
  if (bytes.length < LANES_FROM + 4 * index.longest) {
    walk(index.automaton, bytes, 0, bytes.length, 0, found)
    return
  }
  const { table, shift, columns, firstEnd, ends } = index.automaton
  const quarter = bytes.length >> 2
  const two = 2 * quarter
  const three = 3 * quarter
  const states = [quarter, two, three].map((at) => lead(index, bytes, at))
  let [a, b, c, d] = [0, ...states] as [number, number, number, number]
  const later: [number[], number[], number[]] = [[], [], []]
  for (let at = 0; at < quarter; at += 1) {
    a = table[(a << shift) + (columns[bytes[at] as number] as number)] as number
    b = table[(b << shift) + (columns[bytes[at + quarter] as number] as number)] as number
    c = table[(c << shift) + (columns[bytes[at + two] as number] as number)] as number
    d = table[(d << shift) + (columns[bytes[at + three] as number] as number)] as number
    if (a >= firstEnd) for (const word of ends[a - firstEnd] as readonly number[]) found(word, at + 1)
    if (b >= firstEnd) later[0].push(b, at + quarter + 1)
    if (c >= firstEnd) later[1].push(c, at + two + 1)
    if (d >= firstEnd) later[2].push(d, at + three + 1)
  }
  for (const pairs of later)
    for (let at = 0; at < pairs.length; at += 2)
      for (const word of ends[(pairs[at] as number) - firstEnd] as readonly number[])
        found(word, pairs[at + 1] as number)
  walk(index.automaton, bytes, 4 * quarter, bytes.length, d, found)
}

/** the state that the automaton has at an offset */
const lead = ({ automaton, longest }: KeywordIndex, bytes: Uint8Array, to: number): number => {
  let state = 0
  for (let at = Math.max(to - longest, 0); at < to; at += 1)
    state = automaton.table[
      (state << automaton.shift) + (automaton.columns[bytes[at] as number] as number)
    ] as number
  return state
}

const walk = (
  { table, shift, columns, firstEnd, ends }: Automaton,
  bytes: Uint8Array,
  from: number,
  to: number,
  began: number,
  found: (word: number, end: number) => void,
): void => {
  let state = began
  for (let at = from; at < to; at += 1) {
    state = table[(state << shift) + (columns[bytes[at] as number] as number)] as number
    if (state >= firstEnd) for (const word of ends[state - firstEnd] as readonly number[]) found(word, at + 1)
  }
}

/**
 * A keyword spelled with a letter that folds is not seen by the automaton. So it walks over what Go's lowering leaves, for the rules
 * that are asked at all, and then over the text with every fold as its letter, for the places where they may match.
 */
const openFolds = (
  text: Text,
  index: KeywordIndex,
  searchers: readonly Searcher[],
  open: (at: number, number: number) => void,
): void => {
  const named = new Set<number>()
  const lower = text.latin1.replaceAll(KELVIN, 'k').replaceAll(DOTTED_I, 'i')
  scan(index, Buffer.from(lower, 'latin1'), (word) => {
    for (const number of index.openedBy[word] as readonly number[]) named.add(number)
  })
  for (const number of named) if (!searchers[number]?.reach(false)) open(0, number)
  // of each fold: where its letter stands, and how many bytes fewer there are from it on
  const at: number[] = []
  const fewer: number[] = []
  let gone = 0
  const letters = text.latin1.replace(/\xe2\x84\xaa|\xc5\xbf/g, (fold, offset: number) => {
    at.push(offset - gone)
    gone += fold.length - 1
    fewer.push(gone)
    return fold === KELVIN ? 'k' : 's'
  })
  let next = 0
  scan(index, Buffer.from(letters, 'latin1'), (word, end) => {
    const start = end - (index.lengths[word] as number)
    while (next < at.length && (at[next] as number) < start) next += 1
    while (next > 0 && (at[next - 1] as number) >= start) next -= 1
    for (const number of index.openedBy[word] as readonly number[])
      if (named.has(number)) open(start + (fewer[next - 1] ?? 0), number)
  })
}
