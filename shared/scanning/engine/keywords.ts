import { byteKinds, EDGE, GAP_LAST, WORD_LAST } from '../pattern/byte-kinds.ts'
import { CROWD_BYTES, Crowds } from './crowds.ts'
import { hasFolds, openFolds } from './folds.ts'
import { eachHit } from './hits.ts'
import { type KeywordIndex, OPENING } from './keyword-index.ts'
import type { Searcher } from './searcher.ts'
import { lowered, type Text } from './text.ts'
import { Windows } from './windows.ts'

/** What a text's keywords open: rules to be looked for within windows, and rules that look at everything. */
export interface Opened {
  /** by searcher */
  readonly windows: ReadonlyMap<number, Windows>
  readonly whole: ReadonlySet<number>
  /** how far the text was looked at */
  readonly to: number
}

/** One pass over the text, for as long as `goOn` says so. */
export const openedBy = (
  index: KeywordIndex,
  searchers: readonly Searcher[],
  text: Text,
  goOn: () => boolean,
): Opened => {
  const opening = new Opening(index, searchers, text)
  const { windows, whole } = opening
  const folded = hasFolds(text)
  if (!text.ascii && index.wide.length > 0) {
    const lower = lowered(text.latin1)
    for (const { word, searchers: opened } of index.wide)
      if (lower.includes(word))
        for (const number of opened) if (!searchers[number]?.reach(false)) whole.add(number)
  }
  const to = new Pass(index, text.bytes, opening).over(goOn)
  if (!folded || to < text.bytes.length) return { windows, whole, to }
  opening.isSpelled = false
  opening.crowds = new Crowds()
  return { windows, whole, to: openFolds(text, index, searchers, opening, goOn) }
}

/** Collects what a text's keywords open. */
class Opening {
  readonly windows = new Map<number, Windows>()
  readonly whole: Set<number>
  crowds = new Crowds()
  /** in letters that do not fold */
  isSpelled = true
  private readonly index: KeywordIndex
  private readonly searchers: readonly Searcher[]
  private readonly text: Text

  constructor(index: KeywordIndex, searchers: readonly Searcher[], text: Text) {
    this.index = index
    this.searchers = searchers
    this.text = text
    this.whole = new Set(index.always)
  }

  /** a keyword of a searcher begins at an offset */
  open(at: number, number: number): void {
    const { crowds, text } = this
    if (crowds.some && at < (crowds.to[number] as number)) return
    const searcher = this.searchers[number] as Searcher
    const reach = searcher.reach(text.ascii)
    if (!reach) {
      this.whole.add(number)
      return
    }
    const possible = this.isSpelled ? searcher.mayMatchAt(text, at, reach) : undefined
    if (possible === false) return
    let own = this.windows.get(number)
    if (!own) {
      own = new Windows()
      this.windows.set(number, own)
    }
    if (!possible) own.judged = false
    if (reach.before < 0 || reach.after < 0) own.add(at, reach, text.bytes, searcher.alphabet())
    else if (possible) own.add(at, reach, text.bytes)
    else {
      // a longer word that ends later may begin before this one; with letters that fold it has three times as many bytes at most
      const before = reach.before + 3 * this.index.longest
      own.add(at, { ...reach, before, after: reach.after + CROWD_BYTES }, text.bytes)
      crowds.add(number, at + CROWD_BYTES, this.searchers.length)
    }
  }

  /** up to which offset a searcher has a window for all that is found there */
  crowdedTo(number: number): number {
    return this.crowds.some ? (this.crowds.to[number] as number) : 0
  }
}

/** further than this after a keyword nobody looks */
const GAP_MOST = 64
/** the kind of what stands further away */
const OPEN = 32

/** One pass over a text; most keywords are told from what stands around them to be in no match. */
class Pass {
  private readonly index: KeywordIndex
  private readonly bytes: Uint8Array
  private readonly opening: Opening
  // where the last walks over bytes of a word, and of a gap, ended: a run of keywords is walked over once
  private wordTo = 0
  private gapTo = 0

  constructor(index: KeywordIndex, bytes: Uint8Array, opening: Opening) {
    this.index = index
    this.bytes = bytes
    this.opening = opening
  }

  /** @returns how far it came */
  over(goOn: () => boolean): number {
    return eachHit(this.index.automaton, this.index.longest, this.bytes, this, goOn)
  }

  visit(state: number, end: number): void {
    const { bytes } = this
    const { automaton, first, openings, around, kinds } = this.index
    const { length } = bytes
    const place = state - automaton.firstEnd
    const behind = end < length ? (byteKinds[bytes[end] as number] as number) : EDGE
    const any = around[place] as number
    if ((((kinds[any + 1] as number) >>> behind) & 1) === 0) return
    const most = Math.min(length, end + GAP_MOST)
    let to = end
    let word = behind
    if (end < this.wordTo) to = Math.min(this.wordTo, most) - 1
    while (word <= WORD_LAST && ++to < most) word = byteKinds[bytes[to] as number] as number
    this.wordTo = Math.max(this.wordTo, to)
    const isWordOpen = to < length && word <= WORD_LAST
    if (to === length) word = EDGE
    if (!isWordOpen && (((kinds[any + 2] as number) >>> word) & 1) === 0) return
    let gap = word
    if (to < this.gapTo) to = Math.min(this.gapTo, most) - 1
    while (gap <= GAP_LAST && ++to < most) gap = byteKinds[bytes[to] as number] as number
    this.gapTo = Math.max(this.gapTo, to)
    const isGapOpen = to < length && gap <= GAP_LAST
    if (to === length) gap = EDGE
    if (!isGapOpen && (((kinds[any + 3] as number) >>> gap) & 1) === 0) return
    if (this.opening.crowds.some) {
      this.askCrowded(place, end, behind, isWordOpen ? OPEN : word, isGapOpen ? OPEN : gap)
      return
    }
    const last = first[place + 1] as number
    for (let next = first[place] as number; next < last; next += OPENING) {
      const own = openings[next + 2] as number
      if ((((kinds[own + 1] as number) >>> behind) & 1) === 0) continue
      if (!isWordOpen && (((kinds[own + 2] as number) >>> word) & 1) === 0) continue
      if (!isGapOpen && (((kinds[own + 3] as number) >>> gap) & 1) === 0) continue
      this.ask(next, end)
    }
  }

  private ask(next: number, end: number): void {
    const { bytes } = this
    const { openings, kinds } = this.index
    const at = end - (openings[next] as number)
    const ahead = at > 0 ? (byteKinds[bytes[at - 1] as number] as number) : EDGE
    const before = kinds[openings[next + 2] as number] as number
    if (((before >>> ahead) & 1) === 1) this.opening.open(at, openings[next + 1] as number)
  }

  /** the same where a text is full of keywords: of what stands there again and again, it is known what is left to be asked */
  private askCrowded(place: number, end: number, behind: number, word: number, gap: number): void {
    const { crowds } = this.opening
    const { first, openings, kinds } = this.index
    const from = first[place] as number
    const last = first[place + 1] as number
    const sign = (behind << 12) | (word << 6) | gap
    const left = crowds.left(place, sign, end)
    if (left !== undefined) {
      for (let bits = left; bits !== 0; bits &= bits - 1) this.ask(from + OPENING * lowestBit(bits), end)
      return
    }
    let until = this.bytes.length
    let uncrowded = 0
    for (let next = from; next < last; next += OPENING) {
      const own = openings[next + 2] as number
      if ((((kinds[own + 1] as number) >>> behind) & 1) === 0) continue
      if (word !== OPEN && (((kinds[own + 2] as number) >>> word) & 1) === 0) continue
      if (gap !== OPEN && (((kinds[own + 3] as number) >>> gap) & 1) === 0) continue
      this.ask(next, end)
      const to = crowds.to[openings[next + 1] as number] as number
      if (to > end) until = Math.min(until, to)
      else uncrowded |= 1 << ((next - from) / OPENING)
    }
    if (last - from <= 32 * OPENING) crowds.keep(place, sign, until, uncrowded, first.length)
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
