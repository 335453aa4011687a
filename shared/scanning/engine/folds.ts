import { eachHit } from './hits.ts'
import { type KeywordIndex, OPENING } from './keyword-index.ts'
import type { Searcher } from './searcher.ts'
import type { Text } from './text.ts'

interface Fold {
  readonly char: string
  /** as UTF-8 */
  readonly bytes: Uint8Array
  /** what it is taken for */
  readonly letter: number
}
const foldOf = (char: string, letter: string): Fold => ({
  char,
  bytes: Uint8Array.from(Buffer.from(char)),
  letter: letter.charCodeAt(0),
})
// of non-ASCII letters expressions fold only the first two to an ASCII one; Go lowers the Kelvin sign to k and the dotted I to i
const KELVIN = foldOf('\u212a', 'k')
const LONG_S = foldOf('\u017f', 's')
const DOTTED_I = foldOf('\u0130', 'i')
const FOLDING = [KELVIN, LONG_S]
const LOWERED = [KELVIN, DOTTED_I]
/** that a text must have to be looked at for folds */
const FOLDS = [KELVIN, LONG_S, DOTTED_I]
/** the least byte that a fold begins with */
const FOLD_FROM = 0xc4

/** What is told of words that have a letter that folds. */
export interface FoldOpening {
  open(at: number, searcher: number): void
  /** up to which offset a searcher has a window for all that is found there */
  crowdedTo(searcher: number): number
}

/** Whether letters that fold to ASCII occur in a text. */
export const hasFolds = (text: Text): boolean =>
  !text.ascii && FOLDS.some((fold) => text.bytes.includes(fold.char))

/**
 * A word spelled with a letter that folds is not seen by the automaton. So it walks over the text with every fold as its letter, for the rules
 * of which a keyword is in what Go's lowering leaves, and opens windows at the words that have such a letter.
 * @returns how far it came
 */
export const openFolds = (
  text: Text,
  index: KeywordIndex,
  searchers: readonly Searcher[],
  opening: FoldOpening,
  goOn: () => boolean,
): number => {
  const { automaton, longest, named } = index
  // of each fold: where its letter stands, and how many bytes fewer there are from it on
  const at: number[] = []
  const fewer: number[] = []
  const letters = withLetters(text.bytes, FOLDING, (place, gone) => {
    at.push(place)
    fewer.push(gone)
  })
  let folds = 0
  // a state and its end, one after the other; opened after the walk: to ask which rules are named is a walk too
  const found: number[] = []
  const visit = (state: number, end: number): void => {
    while (folds < at.length && (at[folds] as number) < end) folds += 1
    if (folds > 0 && (at[folds - 1] as number) >= end - longest) found.push(state, end)
  }
  const to = at.length > 0 ? eachHit(automaton, longest, letters, { visit }, goOn) : letters.length
  // those without keywords look at everything anyway
  const isWhole = searchers.some(
    (searcher, number) => !searcher.reach(false) && !index.always.includes(number),
  )
  if (isWhole || found.length > 0) {
    const asked = named(withLetters(text.bytes, LOWERED, () => undefined))
    for (const number of asked) if (!searchers[number]?.reach(false)) opening.open(0, number)
    openFound(found, index, { at, fewer }, (start, number) => {
      if (!asked.has(number)) return Number.POSITIVE_INFINITY
      opening.open(start, number)
      return opening.crowdedTo(number)
    })
  }
  return to < letters.length ? to : text.bytes.length
}

/**
 * Bytes with letters in the place of folds.
 * @param visit told of each where its letter stands, and how many bytes fewer there are from it on
 */
const withLetters = (
  bytes: Buffer,
  folds: readonly Fold[],
  visit: (at: number, fewer: number) => void,
): Buffer => {
  // a Buffer as the text is: over another kind the walk would be compiled anew
  const letters = Buffer.allocUnsafe(bytes.length)
  const { length } = folds
  let to = 0
  // plain loops: every byte of a text goes through them
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    letters[to] = byte
    if (byte >= FOLD_FROM)
      for (let number = 0; number < length; number += 1) {
        const fold = folds[number] as Fold
        const own = fold.bytes
        if (byte !== own[0] || bytes[at + 1] !== own[1]) continue
        if (own.length === 3 && bytes[at + 2] !== own[2]) continue
        at += own.length - 1
        letters[to] = fold.letter
        visit(to, at - to)
        break
      }
    to += 1
  }
  return letters.subarray(0, to)
}

/** of a fold, at most */
const FOLD_BYTES = 3

/**
 * Of words that were found in a text with letters in the place of folds, those that have a fold, at their places in the text itself.
 * @param open says up to which offset there is a window
 */
const openFound = (
  found: readonly number[],
  { automaton, first, openings }: KeywordIndex,
  { at, fewer }: { readonly at: readonly number[]; readonly fewer: readonly number[] },
  open: (at: number, number: number) => number,
): void => {
  const until = new Float64Array(openings.length / OPENING)
  let folds = 0
  for (let one = 0; one < found.length; one += 2) {
    const place = (found[one] as number) - automaton.firstEnd
    const end = found[one + 1] as number
    while (folds < at.length && (at[folds] as number) < end) folds += 1
    for (let next = first[place] as number; next < (first[place + 1] as number); next += OPENING) {
      const start = end - (openings[next] as number)
      if ((at[folds - 1] as number) < start || start < (until[next / OPENING] as number)) continue
      let before = folds
      while (before > 0 && (at[before - 1] as number) >= start) before -= 1
      const from = start + (fewer[before - 1] ?? 0)
      const to = open(from, openings[next + 1] as number)
      until[next / OPENING] = start + (to - from) / FOLD_BYTES
    }
  }
}
