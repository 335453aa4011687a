import type { Node } from './ast.ts'
import { flatten, longest } from './facts.ts'
import { SPELLINGS_MOST, spellings } from './spellings.ts'
import { eitherTail, joinTails, NO_TAIL, type Tail, tailOf } from './tail.ts'

/** Where every match of an expression has a word that a search can look for. */
export interface Anchor {
  /** lower-cased ASCII; in every match one of them begins what `rest` matches */
  readonly words: readonly string[]
  /** the expression from the word on */
  readonly rest: Node
  /** bytes from the match's start to the word at most: of ASCII text, and of any */
  readonly before: Bytes
  /** what stands before the word */
  readonly tail: Tail
}

interface Bytes {
  readonly ascii: number
  readonly any: number
}

/** Words are made longer than a keyword up to so many bytes, and so many ways to write them. */
const LENGTH_ENOUGH = 6
const WORDS_MOST = 16
/** Of longer ones the beginning is looked for: a search that begins within a text has to look back so far. */
const LENGTH_MOST = 10
/** A match begins so many bytes before its word, or another word is looked for. */
const BEFORE_MOST = 256

/**
 * The words to look for: such as no text has by chance, each with one of the keywords (lower-cased, ASCII) in it. Undefined: a
 * keyword may lie elsewhere in the text, or this does not see that it must be inside.
 */
export const anchorOf = (node: Node, keywords: readonly string[]): Anchor | undefined => {
  const parts = flatten(node, true)
  if (parts.length === 1) return anchorInOne(parts[0] as Node, keywords) ?? spelledFrom(parts, 0, keywords)
  let best: Anchor | undefined
  let before: Bytes = { ascii: 0, any: 0 }
  let tail: Tail = NO_TAIL
  for (const [from, part] of parts.entries()) {
    const inside = anchorInOne(part, keywords)
    const later = { kind: 'concat', parts: parts.slice(from + 1) } as const
    for (const found of [
      inside && { ...inside, rest: { kind: 'concat', parts: [inside.rest, later] } as const },
      spelledFrom(parts, from, keywords),
    ]) {
      if (!found) continue
      const whole = { ...found, before: sum(before, found.before), tail: joinTails(tail, found.tail) }
      if (!best || isBetter(whole, best)) best = whole
    }
    before = sum(before, { ascii: longest(part, true), any: longest(part, false) })
    tail = joinTails(tail, tailOf(part))
  }
  return best
}

const sum = (a: Bytes, b: Bytes): Bytes => ({ ascii: a.ascii + b.ascii, any: a.any + b.any })

const lengthOf = ({ words }: Anchor): number => Math.min(LENGTH_ENOUGH, ...words.map((word) => word.length))

const isBetter = (one: Anchor, other: Anchor): boolean => {
  const [near, otherNear] = [one, other].map(({ before }) => before.any <= BEFORE_MOST)
  if (near !== otherNear) return near === true
  const [few, otherFew] = [one, other].map(({ words }) => words.length <= WORDS_MOST)
  return few === otherFew ? lengthOf(one) > lengthOf(other) : few === true
}

const anchorInOne = (node: Node, keywords: readonly string[]): Anchor | undefined => {
  if (node.kind === 'group') return anchorOf(node.of, keywords)
  if (node.kind === 'either') {
    const all: Anchor[] = []
    for (const choice of node.choices) {
      const one = anchorOf(choice, keywords)
      if (!one) return undefined
      all.push(one)
    }
    return {
      words: [...new Set(all.flatMap(({ words }) => words))],
      rest: { kind: 'either', choices: all.map(({ rest }) => rest) },
      before: {
        ascii: Math.max(...all.map(({ before }) => before.ascii)),
        any: Math.max(...all.map(({ before }) => before.any)),
      },
      tail: all.map(({ tail }) => tail).reduce(eitherTail),
    }
  }
  if (node.kind === 'repeat' && node.min > 0) {
    const inside = anchorOf(node.of, keywords)
    const again = { ...node, min: node.min - 1, max: node.max - 1 }
    return inside && { ...inside, rest: { kind: 'concat', parts: [inside.rest, again] } }
  }
  return undefined
}

/** the texts that some parts from one on stand for, all of them with a keyword in them */
const spelledFrom = (
  parts: readonly Node[],
  from: number,
  keywords: readonly string[],
): Anchor | undefined => {
  const longestKeyword = Math.max(...keywords.map((keyword) => keyword.length))
  const enough = longest(parts[from] as Node, true) + longestKeyword
  let run: readonly string[] = ['']
  let words: readonly string[] | undefined
  for (let to = from; to < parts.length; to += 1) {
    const more = spellings(parts[to] as Node)
    const least = Math.min(...run.map((text) => text.length))
    // a keyword that begins in a later part is found better from there
    if (!more || (words ? least >= LENGTH_ENOUGH : least > enough)) break
    if (run.length * more.length > (words ? WORDS_MOST : SPELLINGS_MOST)) break
    run =
      more.length === 1
        ? run.map((start) => start + more[0])
        : [...new Set(run.flatMap((start) => more.map((end) => start + end)))]
    // most runs hold none, and their first spelling says so
    if (words || run.every((text) => keywords.some((keyword) => text.includes(keyword)))) words = run
  }
  return (
    words && {
      words: [...new Set(words.map((word) => word.slice(0, LENGTH_MOST)))],
      rest: { kind: 'concat', parts: parts.slice(from) },
      before: { ascii: 0, any: 0 },
      tail: NO_TAIL,
    }
  )
}
