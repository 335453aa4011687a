// Over the usual length: what can be told of a tree, one question after the other over the same kinds of nodes.
import type { Node } from './ast.ts'
import { asciiOf, type CodeSet, intersect, normalise, sizeOf } from './set.ts'

const INFINITE = Number.POSITIVE_INFINITY

/** bytes of the longest code point in a set */
const widest = (codes: CodeSet): number => {
  const last = codes.at(-1) ?? 0
  return last < 0x80 ? 1 : last < 0x800 ? 2 : last < 0x10000 ? 3 : 4
}

/** The longest match in bytes: of `ascii` text, or of any (a code point has up to four). */
export const longest = (node: Node, ascii: boolean): number => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0
    case 'set':
      return ascii ? 1 : widest(node.codes)
    case 'group':
      return longest(node.of, ascii)
    case 'concat':
      return node.parts.reduce((sum, part) => sum + longest(part, ascii), 0)
    case 'either':
      return Math.max(...node.choices.map((choice) => longest(choice, ascii)))
    case 'repeat': {
      const one = longest(node.of, ascii)
      return one === 0 ? 0 : one * node.max
    }
  }
}

/** The fewest code points of a match; 0: the empty text matches. */
export const shortest = (node: Node): number => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0
    case 'set':
      return 1
    case 'group':
      return shortest(node.of)
    case 'concat':
      return node.parts.reduce((sum, part) => sum + shortest(part), 0)
    case 'either':
      return Math.min(...node.choices.map(shortest))
    case 'repeat':
      return node.min * shortest(node.of)
  }
}

/** Every code point that a match can have. */
export const alphabet = (node: Node): CodeSet => {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return []
    case 'set':
      return node.codes
    case 'concat':
      return normalise(node.parts.flatMap((part) => [...alphabet(part)]))
    case 'either':
      return normalise(node.choices.flatMap((choice) => [...alphabet(choice)]))
    default:
      return alphabet(node.of)
  }
}

/** Concatenations within one another as one list; capturing groups opened too where only the text counts. */
export const flatten = (node: Node, groupsToo: boolean): readonly Node[] => {
  if (node.kind === 'concat') return node.parts.flatMap((part) => flatten(part, groupsToo))
  if (node.kind === 'group' && groupsToo) return flatten(node.of, groupsToo)
  return node.kind === 'empty' ? [] : [node]
}

/** Where a keyword lies in every match: bytes from the match's start to it at most, and from its start to the match's end. */
export interface KeywordPlace {
  readonly before: number
  readonly after: number
}

// more spellings than these are not written out
const SPELLINGS_MOST = 512

/**
 * Whether every match has one of the keywords (lower-cased, ASCII) within it, and where. Undefined: it may lie elsewhere in the
 * text, or this does not see that it must be inside.
 */
export const keywordPlace = (
  node: Node,
  keywords: readonly string[],
  ascii: boolean,
): KeywordPlace | undefined => {
  const parts = flatten(node, true)
  if (parts.length === 1) return placeInOne(parts[0] as Node, keywords, ascii)
  const texts = parts.map(spellings)
  const longestKeyword = Math.max(...keywords.map((keyword) => keyword.length))
  const sums = [0]
  for (const part of parts) sums.push((sums.at(-1) as number) + longest(part, ascii))
  const total = (from: number, to: number): number =>
    sums[from] === INFINITE
      ? parts.slice(from, to).reduce((sum, part) => sum + longest(part, ascii), 0)
      : (sums[to] as number) - (sums[from] as number)
  let best: KeywordPlace | undefined
  const consider = (place: KeywordPlace): void => {
    if (!best || place.before + place.after < best.before + best.after) best = place
  }
  for (let from = 0; from < parts.length; from += 1) {
    const inside = placeInOne(parts[from] as Node, keywords, ascii)
    if (inside)
      consider({
        before: total(0, from) + inside.before,
        after: inside.after + total(from + 1, parts.length),
      })
    let run = ['']
    let least = 0
    const enough = longest(parts[from] as Node, true) + longestKeyword
    for (let to = from; to < parts.length; to += 1) {
      const more = texts[to]
      if (!more || run.length * more.length > SPELLINGS_MOST) break
      run =
        more.length === 1
          ? run.map((start) => start + more[0])
          : run.flatMap((start) => more.map((end) => start + end))
      // a keyword that begins in a later part is found better from there
      if (least > enough) break
      least += Math.min(...more.map((text) => text.length))
      // most runs hold none, and their first spelling says so
      if (firstKeyword(run[0] as string, keywords) < 0) continue
      const offsets = run.map((text) => firstKeyword(text, keywords))
      if (offsets.every((offset) => offset >= 0)) {
        consider({
          before: total(0, from) + Math.max(...offsets) * (ascii ? 1 : 3),
          after: total(from, parts.length),
        })
        break
      }
    }
    // a fold that is not ASCII (Kelvin, long s) is spelled as its letter, but is up to three bytes
  }
  return best
}

const placeInOne = (node: Node, keywords: readonly string[], ascii: boolean): KeywordPlace | undefined => {
  if (node.kind === 'group') return keywordPlace(node.of, keywords, ascii)
  if (node.kind === 'either') {
    const places = node.choices.map((choice) => keywordPlace(choice, keywords, ascii))
    if (places.some((place) => place === undefined)) return undefined
    return {
      before: Math.max(...places.map((place) => place?.before ?? 0)),
      after: Math.max(...places.map((place) => place?.after ?? 0)),
    }
  }
  if (node.kind === 'repeat' && node.min > 0) {
    const inside = keywordPlace(node.of, keywords, ascii)
    const others = node.max === 1 ? 0 : longest(node.of, ascii) * (node.max - 1)
    return inside && { before: inside.before, after: inside.after + others }
  }
  return undefined
}

const firstKeyword = (text: string, keywords: readonly string[]): number => {
  let first = -1
  for (const keyword of keywords) {
    const at = text.indexOf(keyword)
    if (at >= 0 && (first < 0 || at < first)) first = at
  }
  return first
}

const spelled = new WeakMap<Node, string[] | 'many'>()

/** all lower-cased texts that a node stands for, when there are few and ASCII (or a letter's own folds); asked from all sides */
const spellings = (node: Node): string[] | undefined => {
  let all = spelled.get(node)
  if (all === undefined) {
    all = spell(node) ?? 'many'
    spelled.set(node, all)
  }
  return all === 'many' ? undefined : all
}

const spell = (node: Node): string[] | undefined => {
  switch (node.kind) {
    case 'assert':
    case 'empty':
      return ['']
    case 'set':
      return lettersOf(node.codes)
    case 'group':
      return spellings(node.of)
    case 'concat': {
      let all = ['']
      for (const part of node.parts) {
        const more = spellings(part)
        if (!more || all.length * more.length > SPELLINGS_MOST) return undefined
        all = all.flatMap((start) => more.map((end) => start + end))
      }
      return all
    }
    case 'either': {
      const all = new Set<string>()
      for (const choice of node.choices) {
        const more = spellings(choice)
        if (!more) return undefined
        for (const text of more) all.add(text)
      }
      return all.size > SPELLINGS_MOST ? undefined : [...all]
    }
    case 'repeat': {
      const one = node.max <= 64 ? spellings(node.of) : undefined
      if (!one || (one.length > 1 && node.max > 2)) return undefined
      let all = ['']
      const found: string[] = node.min === 0 ? [''] : []
      for (let count = 1; count <= node.max; count += 1) {
        all = all.flatMap((start) => one.map((end) => start + end))
        if (count >= node.min) found.push(...all)
      }
      return found.length > SPELLINGS_MOST ? undefined : found
    }
  }
}

const lettersOf = (codes: CodeSet): string[] | undefined => {
  const ascii = asciiOf(codes)
  const wide = sizeOf(codes) - sizeOf(ascii)
  const folds = sizeOf(intersect(codes, [0x17f, 0x17f, 0x212a, 0x212a]))
  if (wide !== folds || sizeOf(ascii) > 24 || codes.length === 0) return undefined
  const found = new Set<string>()
  for (let at = 0; at < ascii.length; at += 2)
    for (let code = ascii[at] as number; code <= (ascii[at + 1] as number); code += 1)
      found.add(String.fromCharCode(code).toLowerCase())
  return [...found]
}

/** A repeat of one class at the very beginning, lazy and bounded: `[\w.-]{0,50}?`. */
export interface LazyPrefix {
  readonly codes: CodeSet
  readonly most: number
}

/**
 * Takes the lazy repeats of one class off the expression's beginning. A search for the rest finds a match exactly where the whole
 * would, and the whole match begins as far to the left as the class, the bound and the end of the match before allow: the
 * leftmost rest at `c` gives the leftmost whole, since a later rest reaches no further to the left, and being lazy the prefix ends
 * at the first rest.
 */
export const takePrefixes = (node: Node): { prefixes: LazyPrefix[]; rest: Node } => {
  const prefixes: LazyPrefix[] = []
  let parts = [...flatten(node, false)]
  for (;;) {
    const first = parts[0]
    if (
      first?.kind !== 'repeat' ||
      first.greedy ||
      first.min !== 0 ||
      first.of.kind !== 'set' ||
      first.max === INFINITE ||
      parts.length < 2
    )
      break
    prefixes.push({ codes: first.of.codes, most: first.max })
    parts = parts.slice(1)
  }
  const rest: Node = parts.length === 1 ? (parts[0] as Node) : { kind: 'concat', parts }
  return shortest(rest) > 0 ? { prefixes, rest } : { prefixes: [], rest: node }
}
