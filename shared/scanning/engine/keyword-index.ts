import { ANYTHING, type Around } from '../pattern/around.ts'
import { isAscii } from '../pattern/expression.ts'
import { type Automaton, automatonOf, type Layout, layoutOf } from './automaton.ts'
import type { Compiled, CompiledRule } from './compile.ts'
import { eachHit } from './hits.ts'

/** Words and what they open, as flat as the pass over a text asks for it. */
export interface KeywordIndex {
  readonly automaton: Automaton
  readonly longest: number
  /** by end (a state of the automaton from `firstEnd` on): where its openings begin */
  readonly first: Int32Array
  /** a word's length, the searcher that it opens, and where of `kinds` it has its own */
  readonly openings: Int32Array
  /** by end: where of `kinds` it has what may stand around its words for any of its openings */
  readonly around: Int32Array
  /** the four of {@link Around}, one after the other */
  readonly kinds: Int32Array
  /** searchers without keywords */
  readonly always: readonly number[]
  /** the searchers of whose rules a keyword occurs in lower-cased bytes */
  readonly named: (lower: Uint8Array) => ReadonlySet<number>
  /** keywords that are not ASCII, and the searchers that they open */
  readonly wide: readonly Wide[]
}

interface Wide {
  readonly word: string
  readonly searchers: readonly number[]
}

/** numbers of one opening */
export const OPENING = 3
/** of one {@link Around} */
const AROUND = 4

/** What of {@link KeywordIndex} a build can write. */
export interface WordTable {
  readonly layout: Layout
  readonly longest: number
  /** by end: how many openings it has */
  readonly counts: readonly number[]
  /** as the index has them, but for {@link Around}, of which the number is here: fewer digits */
  readonly openings: readonly number[]
  /** of each end that has several openings, in order: the number of the index's `around` */
  readonly joint: readonly number[]
  /** the four of {@link Around}, one after the other */
  readonly kinds: readonly number[]
  readonly always: readonly number[]
  readonly wide: readonly Wide[]
}

/** An expression and the keywords of its rule. */
interface Worded {
  readonly keywords: readonly string[]
  readonly compiled: Pick<CompiledRule, 'words' | 'around'>
}

export const wordedOf = ({ rules, expressions }: Pick<Compiled, 'rules' | 'expressions'>): Worded[] =>
  expressions.map((compiled) => ({ keywords: rules.rules[compiled.rule]?.keywords ?? [], compiled }))

/** a word's openings: searchers, and what may stand around it for each */
interface Word {
  readonly text: string
  readonly searchers: number[]
  readonly kinds: number[]
}

/** The words of some expressions, whose places are the searchers' numbers. */
export const wordTable = (expressions: readonly Worded[]): WordTable => {
  const words = new Map<string, Word>()
  const always: number[] = []
  const wide = new Map<string, Wide>()
  const kinds: number[] = []
  const numbers = new Map<string, number>()
  const kindsOf = (around: Around): number => {
    const { before, after, afterWord, afterGap } = around
    const four = [before, after, afterWord, afterGap]
    const name = four.join()
    const known = numbers.get(name) ?? kinds.push(...four) / AROUND - 1
    numbers.set(name, known)
    return known
  }
  for (const [number, { keywords, compiled }] of expressions.entries()) {
    if (keywords.length === 0 || keywords.includes('')) always.push(number)
    const own = compiled.words ?? keywords.filter((keyword) => keyword !== '').map(latin1Of)
    for (const [at, text] of own.entries()) {
      const word = words.get(text) ?? { text, searchers: [], kinds: [] }
      words.set(text, word)
      if (word.searchers.at(-1) === number) continue
      word.searchers.push(number)
      word.kinds.push(kindsOf(compiled.around?.[at] ?? ANYTHING))
      if (!compiled.words && !isAscii(text))
        wide.set(text, { word: Buffer.from(text, 'latin1').toString('utf8'), searchers: word.searchers })
    }
  }
  const all = [...words.values()]
  const { layout, ends } = layoutOf(all.map(({ text }) => text))
  const openings = ends.map((places) =>
    places.flatMap((place) => {
      const word = all[place] as Word
      return word.searchers.map((searcher, at) => [word.text.length, searcher, word.kinds[at] as number])
    }),
  )
  const joint = openings
    .filter(({ length }) => length > 1)
    .map((several) => kindsOf(several.map(([, , at]) => aroundAt(kinds, at as number)).reduce(either)))
  return {
    layout,
    longest: Math.max(0, ...all.map(({ text }) => text.length)),
    counts: openings.map(({ length }) => length),
    openings: openings.flat(2),
    joint,
    kinds,
    always,
    wide: [...wide.values()],
  }
}

const aroundAt = (kinds: readonly number[], number: number): Around => {
  const at = AROUND * number
  const [before, after, afterWord, afterGap] = kinds.slice(at, at + AROUND) as [
    number,
    number,
    number,
    number,
  ]
  return { before, after, afterWord, afterGap }
}

const either = (one: Around, other: Around): Around => ({
  before: one.before | other.before,
  after: one.after | other.after,
  afterWord: one.afterWord | other.afterWord,
  afterGap: one.afterGap | other.afterGap,
})

const latin1Of = (keyword: string): string => {
  const lower = keyword.toLowerCase()
  return /[^\0-\x7f]/.test(lower) ? Buffer.from(lower).toString('latin1') : lower
}

/**
 * Makes the words ready. Plain loops: they run once, before their code is warm.
 * @param keywords of each expression's rule
 */
export const keywordIndex = (
  table: WordTable,
  keywords: () => readonly (readonly string[])[],
): KeywordIndex => {
  const { counts, joint, longest, always, wide } = table
  const first = new Int32Array(counts.length + 1)
  const around = new Int32Array(counts.length)
  const openings = Int32Array.from(table.openings)
  let next = 0
  let several = 0
  for (let at = 2; at < openings.length; at += OPENING) (openings[at] as number) *= AROUND
  for (let end = 0; end < counts.length; end += 1) {
    const count = counts[end] as number
    around[end] = count === 1 ? (openings[next + 2] as number) : AROUND * (joint[several++] as number)
    next += count * OPENING
    first[end + 1] = next
  }
  const kinds = Int32Array.from(table.kinds)
  const automaton = automatonOf(table.layout)
  const named = namer(keywords)
  return { automaton, longest, first, openings, around, kinds, always, wide, named }
}

/** asked for few texts: made at the first */
const namer = (keywords: () => readonly (readonly string[])[]): KeywordIndex['named'] => {
  let made: { automaton: Automaton; longest: number; ends: readonly (readonly number[])[] } | undefined
  return (lower) => {
    if (!made) {
      const searchers = new Map<string, Set<number>>()
      for (const [number, own] of keywords().entries())
        for (const keyword of own.map(latin1Of)) {
          const known = searchers.get(keyword) ?? new Set()
          searchers.set(keyword, known.add(number))
        }
      const words = [...searchers.keys()]
      const { layout, ends } = layoutOf(words)
      const opened = [...searchers.values()]
      made = {
        automaton: automatonOf(layout),
        longest: Math.max(0, ...words.map((word) => word.length)),
        ends: ends.map((places) => places.flatMap((place) => [...(opened[place] as Set<number>)])),
      }
    }
    const { automaton, longest, ends } = made
    const named = new Set<number>()
    const visit = (state: number): void => {
      for (const number of ends[state - automaton.firstEnd] as readonly number[]) named.add(number)
    }
    eachHit(automaton, longest, lower, { visit })
    return named
  }
}
