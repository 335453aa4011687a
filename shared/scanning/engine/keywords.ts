import { type Automaton, buildAutomaton } from './automaton.ts'
import type { Searcher } from './searcher.ts'
import type { Text } from './text.ts'
import { Windows } from './windows.ts'

/** What a text's keywords open: rules to be looked for within windows, and rules that look at everything. */
export interface Opened {
  readonly windows: ReadonlyMap<number, Windows>
  readonly whole: ReadonlySet<number>
}

export interface KeywordIndex {
  /** by word: the searchers (by number) that it opens */
  readonly openedBy: readonly (readonly number[])[]
  readonly lengths: readonly number[]
  readonly automaton: Automaton
  /** searchers without keywords */
  readonly always: readonly number[]
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
    automaton: buildAutomaton(words),
    always,
  }
}

// Of non-ASCII letters only these two fold to an ASCII one. Go lowers the Kelvin sign to k, and leaves the long s.
const KELVIN = '\xe2\x84\xaa'
const FOLDS = [KELVIN, '\xc5\xbf']

/** One pass over the text. */
export const openedBy = (index: KeywordIndex, searchers: readonly Searcher[], text: Text): Opened => {
  const windows = new Map<number, Windows>()
  const whole = new Set<number>(index.always)
  const open = (at: number, number: number): void => {
    const searcher = searchers[number] as Searcher
    const reach = searcher.reach(text.ascii)
    if (!reach) {
      whole.add(number)
      return
    }
    if (whole.has(number)) return
    let own = windows.get(number)
    if (!own) {
      own = new Windows()
      windows.set(number, own)
    }
    own.add(at, reach, text.bytes, searcher.alphabet())
  }
  if (!text.ascii && FOLDS.some((fold) => text.latin1.includes(fold))) openFolds(text, index, searchers, open)
  scan(index, text.bytes, (word, end) => {
    for (const number of index.openedBy[word] as readonly number[])
      open(end - (index.lengths[word] as number), number)
  })
  return { windows, whole }
}

/** the hot loop, kept apart so that it stays small */
const scan = (index: KeywordIndex, bytes: Uint8Array, found: (word: number, end: number) => void): void => {
  const { table, columns, firstEnd, ends, width } = index.automaton
  const length = bytes.length
  let state = 0
  for (let at = 0; at < length; at += 1) {
    state = table[state + (columns[bytes[at] as number] as number)] as number
    if (state >= firstEnd)
      for (const word of ends[(state - firstEnd) / width] as readonly number[]) found(word, at + 1)
  }
}

/**
 * A keyword spelled with one of the two is not seen by the automaton: a rule whose keyword the lowered text has is looked for
 * wherever they stand.
 */
const openFolds = (
  text: Text,
  index: KeywordIndex,
  searchers: readonly Searcher[],
  open: (at: number, number: number) => void,
): void => {
  const named = new Set<number>()
  scan(index, Buffer.from(text.latin1.replaceAll(KELVIN, 'k'), 'latin1'), (word) => {
    for (const number of index.openedBy[word] as readonly number[]) named.add(number)
  })
  const places = FOLDS.flatMap((fold) => {
    const found: number[] = []
    for (let at = text.latin1.indexOf(fold); at >= 0; at = text.latin1.indexOf(fold, at + 1)) found.push(at)
    return found
  }).sort((a, b) => a - b)
  for (const number of named) {
    if (!searchers[number]?.reach(false)) open(0, number)
    else for (const at of places) open(at, number)
  }
}
